#!/bin/sh
# Checks the compiler, the system libraries and the tools; installs the missing ones on Debian and Ubuntu.
set -eu
. "$(dirname "$0")/lib.sh"

SWIFT_MINIMUM=6.3

main() {
    has_command swift || die "swift was not found." \
        "Install Swift $SWIFT_MINIMUM or newer from swift.org and put its usr/bin on the PATH."
    missing=$(missing_packages)
    if [ -n "$missing" ]; then
        install "$missing"
        missing=$(missing_packages)
        [ -z "$missing" ] || die "still missing after the installation:$missing"
    fi
    check_swift
}

# What is needed is looked for by what it provides, not by package name, so that a library or a
# PostgreSQL of another origin counts too. Prints the Debian packages of what was not found.
missing_packages() {
    # The probe of a library goes through pkg-config itself, therefore that comes first.
    has_command pkg-config || printf ' pkg-config'
    has_library libpq || printf ' libpq-dev'
    has_library sqlite3 || printf ' libsqlite3-dev'
    has_library lmdb || printf ' liblmdb-dev'
    has_library libedit || printf ' libedit-dev'
    has_library zlib || printf ' zlib1g-dev'
    has_postgres || printf ' postgresql'
    has_command git || printf ' git'
    has_command make || printf ' make'
    has_command unzip || printf ' unzip'
    [ -e "$SETUP_DIR/venv/bin/python" ] || has_venv || printf ' python3-venv'
}

has_command() {
    command -v "$1" >/dev/null
}

has_library() {
    pkg-config --exists "$1" 2>/dev/null
}

has_venv() {
    has_venv_python=$(find_python 2>/dev/null) && "$has_venv_python" -c 'import venv, ensurepip' 2>/dev/null
}

# The server, for tests and the demo; Debian keeps its programs out of the path.
has_postgres() {
    has_command initdb && has_command pgbench && return
    for has_postgres_file in /usr/lib/postgresql/*/bin/initdb; do
        [ -x "$has_postgres_file" ] && return
    done
    return 1
}

install() {
    command="apt-get install -y --no-install-recommends$1"
    if ! has_command apt-get; then
        die "missing, by the names of Debian's packages:$1" "Install them with this system's package manager."
    elif [ "$(id -u)" -eq 0 ]; then
        run_apt "$1"
    elif has_command sudo && sudo -n true 2>/dev/null; then
        run_apt "$1" sudo -n
    else
        die "missing:$1" "Run this as an administrator, then 'make setup' again:" \
            "sudo apt-get update && sudo $command"
    fi
}

# First argument: the packages. Further ones: the command prefix that makes us root.
run_apt() {
    packages=$1
    shift
    say "installing$packages"
    # shellcheck disable=SC2086  # a list of names, to be split
    if ! apt-get install --simulate -qq --no-install-recommends $packages >/dev/null 2>&1; then
        "$@" apt-get update -qq # no package lists yet, or old ones
    fi
    # shellcheck disable=SC2086
    "$@" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >&2 ||
        { "$@" apt-get update -qq && # the lists named files that are gone
            "$@" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >&2; } ||
        die "the packages could not be installed:$packages" "apt says why above." \
            "Check that this machine reaches its Debian mirror, then run 'make setup' again."
}

# Asking the compiler costs more than all other checks together: its answer is kept until it changes.
check_swift() {
    compiler=$(readlink -f "$(command -v swift)")
    stamp="$SETUP_DIR/swift-checked"
    identity="$compiler $(stat -c '%Y %s' "$compiler")"
    [ "$(cat "$stamp" 2>/dev/null)" != "$identity" ] || return 0
    swift --version >/dev/null || die "swift at $compiler does not start; what it says is above." \
        "Install the packages that swift.org lists for this system."
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1)
    [ "$(printf '%s\n' "$SWIFT_MINIMUM" "${version:-0}" | sort -V | head -n 1)" = "$SWIFT_MINIMUM" ] ||
        die "swift at $compiler is version ${version:-unknown}; Tarn needs $SWIFT_MINIMUM or newer." \
            "Install it from swift.org and put its usr/bin before the old one on the PATH."
    mkdir -p "$SETUP_DIR"
    printf '%s\n' "$identity" >"$stamp"
}

main
