#!/bin/sh
# Makes the virtual environment of the interoperability tests, .tarn-setup/venv, with the packages
# pinned in requirements-test.txt: other readers of our tables, a second PostgreSQL client, ShellCheck.
#
#     scripts/setup-python.sh           the environment and its packages
#     scripts/setup-python.sh empty     only the environment: its pip does set-up's downloads
set -eu
. "$(dirname "$0")/lib.sh"

VENV=$SETUP_DIR/venv
REQUIREMENTS=$ROOT/scripts/requirements-test.txt

main() {
    make_environment
    [ "${1:-all}" = empty ] || install_packages
}

# The pin of an environment is written last, so one that was interrupted is made again.
make_environment() {
    [ ! -e "$VENV/made" ] || "$VENV/bin/python" -c '' 2>/dev/null || rm -rf "$VENV" # its Python went away
    [ ! -e "$VENV/made" ] || return 0
    rm -rf "$VENV"
    mkdir -p "$SETUP_DIR"
    "$(find_python)" -m venv "$VENV" || die "the virtual environment could not be made." \
        "On Debian: apt-get install python3-venv"
    : >"$VENV/made"
}

install_packages() {
    cmp -s "$REQUIREMENTS" "$VENV/installed-requirements.txt" && return
    say "installing Python packages for the tests"
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: \
        --require-hashes --requirement "$REQUIREMENTS" ||
        die "the Python packages could not be installed." "Check that pip reaches a package index, then run make setup again."
    cp "$REQUIREMENTS" "$VENV/installed-requirements.txt.new"
    mv "$VENV/installed-requirements.txt.new" "$VENV/installed-requirements.txt"
}

main "$@"
