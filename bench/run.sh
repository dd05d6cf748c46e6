#!/bin/sh
# Measures Tarn against its peers and prints ratios. `make bench` runs it; docs/benchmarks.md explains the figures.
#
#     bench/run.sh                     everything
#     bench/run.sh snapshot drain      only these of: start snapshot drain commits tpch checks compile publish
#
# Settings, from the environment:
#     TARN_BIN         the program to measure, an optimised build; required
#     BENCH_ROWS       rows of the snapshot and changes of the drain; default 1000000
#     BENCH_PAIRS      how often each side of a comparison runs, taking turns; default 7
#     BENCH_COMMITS    commits of the longest history; default 1000
#     BENCH_SCALE      scale factor of TPC-H; default 1
#     BENCH_CHECK_ROWS rows of the table that is checked; default 10000000
#     BENCH_PEERS      a Python with soda-duckdb and great_expectations, to measure checks beside them
#     BENCH_ASSETS     assets of the project that is compiled; default 1000
#     BENCH_DIR        where the database and the lakes go; default a new folder in /tmp, removed at the end
#
# A quick look: BENCH_PAIRS=1 BENCH_ROWS=100000 BENCH_COMMITS=100 BENCH_SCALE=0.1 make bench
set -eu
. "$(dirname "$0")/../scripts/lib.sh"

TARN_BIN=${TARN_BIN:?names the program to measure}
export TARN_BIN BENCH_EXTENSIONS="$SETUP_DIR/extensions"
PYTHON=$SETUP_DIR/venv/bin/python

main() {
    [ -x "$TARN_BIN" ] || die "there is no program at $TARN_BIN." "Run 'make bench', which builds it."
    [ -x "$PYTHON" ] || die "the Python of the benchmarks is missing." "Run 'make setup'."
    [ $# -gt 0 ] || set -- start snapshot drain commits tpch checks compile publish
    kept=${BENCH_DIR:-}
    BENCH_DIR=${kept:-$(mktemp -d /tmp/tarn-bench.XXXXXX)}
    export BENCH_DIR
    mkdir -p "$BENCH_DIR"
    chmod 711 "$BENCH_DIR" # the user of the database server has to get through
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP

    describe_machine
    for part; do
        "$PYTHON" "$ROOT/bench/$part.py"
    done
}

describe_machine() {
    printf 'machine: %s, %s cores, %s kB of memory, load %s\n' \
        "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" \
        "$(sed -n 's/^MemTotal: *\([0-9]*\).*/\1/p' /proc/meminfo)" "$(cut -d' ' -f1 /proc/loadavg)"
    "$TARN_BIN" --version
}

clean_up() {
    status=$?
    trap - EXIT
    trap '' INT TERM HUP
    [ ! -e "$BENCH_DIR/postgres/made-by-tarn" ] || "$ROOT/scripts/postgres.sh" stop "$BENCH_DIR/postgres" || status=1
    [ -n "$kept" ] || rm -rf "$BENCH_DIR"
    exit "$status"
}

main "$@"
