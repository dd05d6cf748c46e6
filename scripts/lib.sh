# Functions that the scripts beside this file share. Source it from a POSIX shell with `set -eu`:
#
#     . "$(dirname "$0")/lib.sh"
#
# shellcheck shell=sh disable=SC2034

# The checkout, and what set-up puts into it.
ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
SETUP_DIR=$ROOT/.tarn-setup

# Downloads and what is made from them are kept per user, so that a second checkout is quick.
TARN_CACHE=${TARN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tarn}

say() {
    printf '%s\n' "$*" >&2
}

# Ends the script. First argument: what is wrong. Further ones: what to do, one line each.
die() {
    printf 'error: %s\n' "$1" >&2
    shift
    for die_line; do
        printf '       %s\n' "$die_line" >&2
    done
    exit 1
}

# Runs the rest of this script alone: a second one started meanwhile waits for the first.
# The lock is held by file descriptor 9 and ends with the process, however that ends.
take_lock() {
    mkdir -p "$1"
    exec 9>"$1/.lock"
    if command -v flock >/dev/null; then
        flock -n 9 || {
            say "waiting for another set-up that is using $1"
            flock 9
        }
    fi
}

# A new empty folder inside "$1", on the same file system, so that a rename from it is atomic.
# What an interrupted run left behind is removed: the caller holds the lock.
fresh_temporary() {
    rm -rf "$1"/.tmp.*
    mktemp -d "$1/.tmp.XXXXXX"
}

verify_sha256() {
    printf '%s  %s\n' "$1" "$2" | sha256sum --check --status || die "$2 does not have the sha256 $1." \
        "The file was changed on the way or at its origin. Nothing of it was used."
}

# Puts file "$1" at "$2": as a hard link where possible, else as a copy, and never half written.
place() {
    mkdir -p "$(dirname "$2")"
    rm -f "$2.new"
    ln "$1" "$2.new" 2>/dev/null || cp "$1" "$2.new"
    mv -f "$2.new" "$2"
}

# Prints a Python of version 3.11 or newer. A name on the path is not enough: version managers put
# stubs there that only print an error.
find_python() {
    for find_python_name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3; do
        if "$find_python_name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$find_python_name"
            return
        fi
    done
    die "Python 3.11 or newer was not found." "Install one, or name it: PYTHON=/path/to/python3 make setup"
}
