#!/bin/sh
# Installs what building and testing Tarn needs, as far as it is missing. `make setup` runs it.
#
#     scripts/setup.sh            everything but what only benchmarks need
#     scripts/setup.sh build      only what compiling needs
#     scripts/setup.sh bench      also the DuckDB extensions of the benchmarks
#
# It can be run again at any time, is quick when nothing is missing, and can be interrupted.
# Results are in .tarn-setup/ of the checkout, downloads in $TARN_CACHE (default: ~/.cache/tarn).
set -eu
. "$(dirname "$0")/lib.sh"

main() {
    take_lock "$SETUP_DIR"
    "$ROOT/scripts/setup-system.sh"
    case ${1:-all} in
    build) "$ROOT/scripts/setup-duckdb.sh" library ;;
    all)
        "$ROOT/scripts/setup-duckdb.sh" library iceberg avro
        "$ROOT/scripts/setup-python.sh"
        ;;
    bench) "$ROOT/scripts/setup-duckdb.sh" library iceberg avro postgres_scanner tpch ;;
    *) die "unknown part: $1" "Use one of: build, all, bench." ;;
    esac
}

main "$@"
