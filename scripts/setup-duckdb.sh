#!/bin/sh
# Puts DuckDB 1.5 into .tarn-setup: lib/libduckdb.so, include/duckdb.h, lib/pkgconfig/duckdb.pc, and
# the named extensions as extensions/NAME.duckdb_extension.
#
#     scripts/setup-duckdb.sh [library] [iceberg] [avro] [postgres_scanner] [tpch]
#
# A DuckDB 1.5 that pkg-config knows is taken as it is. Else library and header come from the
# Python packages of the same release, which every pip can fetch: building a whole engine takes too long.
# All files are pinned by sha256.
set -eu
. "$(dirname "$0")/lib.sh"

VERSION=1.5.5
WHEEL=duckdb-$VERSION-cp311-cp311-manylinux_2_26_x86_64.manylinux_2_28_x86_64.whl
WHEEL_SHA256=b9b6f86ed85d4ef5e0211eaebf75d057bd8bb520bba438a95dd0f4e42234bbfe
SOURCE=duckdb-$VERSION.tar.gz
SOURCE_SHA256=72f33ee57ca7595b23957671a2cc7f7fe2be0ecc2d68f63abedcfcaa3a5c1238
HEADER_SHA256=48e716b9ce96ca8fead9cb35693fdc0343ac0fc1f6e7db5561fa0f44b674153d
CACHE=$TARN_CACHE/duckdb-$VERSION

main() {
    for part; do
        case $part in
        library) setup_library ;;
        *) setup_extension "$part" ;;
        esac
    done
}

# Of the wheels "duckdb_extension_NAME". What is in them is signed by DuckDB, which checks it at LOAD.
extension_sha256() {
    case $1 in
    iceberg) echo cb7d238d733dff8047771be11f75d21aa417152c992e26ed7688d0d334285bb4 ;;
    avro) echo 9b7b37455a8e9ae498b0fa97404831c15c412aa5fd2c969c032e1d8231a43049 ;;
    postgres_scanner) echo fea9413d1b5bded7ead650aff91b3d7578c5149d832f666100b362f64404bf18 ;;
    tpch) echo e734f284fd94971f1241718281111add95457b3c35ec3f19ce39770e654a21e7 ;;
    *) die "no extension $1 is pinned in $0." ;;
    esac
}

setup_library() {
    library=$SETUP_DIR/lib/libduckdb.so
    [ ! -e "$library" ] || [ ! -e "$SETUP_DIR/lib/pkgconfig/duckdb.pc" ] || return 0
    if installed=$(pkg-config --modversion duckdb 2>/dev/null) && [ "${installed#1.5.}" != "$installed" ]; then
        use_installed_library "$installed"
    else
        make_library
    fi
}

# Only links to the system's own files, so that builds and `make install` need to know one place.
use_installed_library() {
    say "using DuckDB $1 of this system"
    mkdir -p "$SETUP_DIR/lib" "$SETUP_DIR/include"
    ln -sfn "$(pkg-config --variable=libdir duckdb)/libduckdb.so" "$SETUP_DIR/lib/libduckdb.so"
    ln -sfn "$(pkg-config --variable=includedir duckdb)/duckdb.h" "$SETUP_DIR/include/duckdb.h"
    write_pkgconfig "$1"
}

make_library() {
    require_x86_64
    take_lock "$CACHE"
    if [ ! -e "$CACHE/libduckdb.so" ] || [ ! -e "$CACHE/duckdb.h" ]; then
        say "fetching DuckDB $VERSION (40 MB)"
        temporary=$(fresh_temporary "$CACHE")
        make_library_file "$temporary"
        make_header_file "$temporary"
        mv -f "$temporary/libduckdb.so" "$temporary/duckdb.h" "$CACHE/"
        rm -rf "$temporary"
    fi
    place "$CACHE/libduckdb.so" "$SETUP_DIR/lib/libduckdb.so"
    place "$CACHE/duckdb.h" "$SETUP_DIR/include/duckdb.h"
    write_pkgconfig "$VERSION"
}

make_library_file() {
    fetch_wheel duckdb "$WHEEL" "$WHEEL_SHA256" "$1"
    unzip -qo "$1/$WHEEL" '_duckdb*.so' -d "$1"
    "$(find_python)" "$ROOT/scripts/make_libduckdb.py" "$1"/_duckdb*.so "$1/libduckdb.so"
}

make_header_file() {
    pip_python
    "$PIP_PYTHON" "$ROOT/scripts/fetch_sdist.py" duckdb "$SOURCE" "$1" || die "$SOURCE could not be fetched." \
        "Check that pip reaches a package index, or install DuckDB $VERSION so that 'pkg-config duckdb' finds it."
    verify_sha256 "$SOURCE_SHA256" "$1/$SOURCE"
    tar -xzf "$1/$SOURCE" -O "duckdb-$VERSION/external/duckdb/src/include/duckdb.h" >"$1/duckdb.h"
    verify_sha256 "$HEADER_SHA256" "$1/duckdb.h"
}

# Written last: setup_library takes its presence for "all is there".
write_pkgconfig() {
    mkdir -p "$SETUP_DIR/lib/pkgconfig"
    cat >"$SETUP_DIR/lib/pkgconfig/duckdb.pc.new" <<END
prefix=\${pcfiledir}/../..
includedir=\${prefix}/include
libdir=\${prefix}/lib

Name: duckdb
Description: In-process analytical SQL database
Version: $1
Cflags: -I"\${includedir}"
Libs: -L"\${libdir}" -lduckdb
END
    mv -f "$SETUP_DIR/lib/pkgconfig/duckdb.pc.new" "$SETUP_DIR/lib/pkgconfig/duckdb.pc"
}

setup_extension() {
    file=$1.duckdb_extension
    [ ! -e "$SETUP_DIR/extensions/$file" ] || return 0
    require_x86_64
    sha256=$(extension_sha256 "$1")
    take_lock "$CACHE"
    if [ ! -e "$CACHE/extensions/$file" ]; then
        say "fetching the DuckDB extension $1"
        mkdir -p "$CACHE/extensions"
        temporary=$(fresh_temporary "$CACHE")
        wheel=duckdb_extension_$1-$VERSION-py3-none-manylinux2014_x86_64.whl
        fetch_wheel "duckdb-extension-$(echo "$1" | tr _ -)" "$wheel" "$sha256" "$temporary"
        unzip -qoj "$temporary/$wheel" "*/$file" -d "$temporary"
        mv -f "$temporary/$file" "$CACHE/extensions/"
        rm -rf "$temporary"
    fi
    place "$CACHE/extensions/$file" "$SETUP_DIR/extensions/$file"
}

# fetch_wheel PROJECT FILE SHA256 FOLDER. pip itself refuses a file of another sha256. The platform is
# named because the Python at hand may be of another version than the one the wheel was made for.
fetch_wheel() {
    pip_python
    echo "$1==$VERSION --hash=sha256:$3" >"$4/requirement.txt"
    "$PIP_PYTHON" -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: \
        --platform manylinux_2_28_x86_64 --platform manylinux2014_x86_64 \
        --python-version 3.11 --implementation cp --abi cp311 --abi none \
        --dest "$4" --requirement "$4/requirement.txt" || die "$2 could not be fetched." \
        "Check that pip reaches a package index, or install DuckDB $VERSION so that 'pkg-config duckdb' finds it."
    verify_sha256 "$3" "$4/$2"
}

# A system's Python may come without pip; one in a virtual environment never does.
pip_python() {
    "$ROOT/scripts/setup-python.sh" empty
    PIP_PYTHON=$SETUP_DIR/venv/bin/python
}

require_x86_64() {
    [ "$(uname -sm)" = "Linux x86_64" ] || die "the pinned DuckDB files are for Linux on x86-64; this is $(uname -sm)." \
        "Install DuckDB $VERSION so that 'pkg-config duckdb' finds it, and run make setup again."
}

main "$@"
