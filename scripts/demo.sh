#!/bin/sh
# Shows Tarn at work: a PostgreSQL of its own with a web shop in it (examples/shop), customers who keep
# buying, and a lake that follows. `make demo` runs it; Ctrl-C ends it and leaves nothing behind.
#
# Settings, from the environment:
#     TARN_BIN       the program to show; required
#     DEMO_ROWS      orders in the shop at the start; default 200000
#     DEMO_RATE      transactions a second while it runs; default 50
#     ONCE=1         end by itself as soon as everything was shown, with a failure if anything failed
#     KEEP=1         keep the folder with the database and the lake
set -eu
. "$(dirname "$0")/lib.sh"

TARN_BIN=${TARN_BIN:?names the program to show}
DEMO_ROWS=${DEMO_ROWS:-200000}
DEMO_RATE=${DEMO_RATE:-50}
ONCE=${ONCE:-}
SHOP=$ROOT/examples/shop

# How long a process may take to end when asked to, in tenths of a second.
END_TENTHS_MAX=100

main() {
    [ -x "$TARN_BIN" ] || die "there is no program at $TARN_BIN." "Run 'make demo', which builds it."
    DEMO_DIR=$(mktemp -d "${TMPDIR:-/tmp}/tarn-demo.XXXXXX")
    chmod 711 "$DEMO_DIR" # the user of the database server has to get through
    started=
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP

    start_shop
    start_customers
    run_tarn
}

# The part that shows something. What it may use:
#     $TARN_BIN      the program
#     $SHOP_URL      the shop's database, where customers are buying
#     $DEMO_DIR      an empty place for the lake; removed at the end
#     $ONCE          if not empty: return when all was shown; else: go on until Ctrl-C
#     in_background  for a process that must end with the demo
run_tarn() {
    "$TARN_BIN" --version
}

start_shop() {
    say "starting PostgreSQL and making a shop with $DEMO_ROWS orders"
    SHOP_URL=$("$ROOT/scripts/postgres.sh" start "$DEMO_DIR/postgres")
    psql_shop --file "$SHOP/schema.sql"
    psql_shop --variable "rows=$DEMO_ROWS" --file "$SHOP/generate.sql"
    say "the shop is at $SHOP_URL"
}

psql_shop() {
    "$ROOT/scripts/postgres.sh" psql "$DEMO_DIR/postgres" --quiet --variable ON_ERROR_STOP=1 "$@"
}

# The same seed each time: the same customers buy the same things.
start_customers() {
    in_background "$ROOT/scripts/postgres.sh" pgbench "$DEMO_DIR/postgres" --no-vacuum --file "$SHOP/workload.sql" \
        --client 4 --rate "$DEMO_RATE" --time 86400 --random-seed 1 >"$DEMO_DIR/workload.log" 2>&1
}

# Starts a command that is to end with the demo.
in_background() {
    "$@" &
    started="$! $started"
}

# Ends what in_background started, the newest first, and the database: only those, by their numbers.
clean_up() {
    status=$?
    trap - EXIT
    trap '' INT TERM HUP # once is enough
    for process in $started; do
        end_process "$process"
    done
    [ ! -e "$DEMO_DIR/postgres/made-by-tarn" ] || "$ROOT/scripts/postgres.sh" stop "$DEMO_DIR/postgres" || status=1
    if [ -n "${KEEP:-}" ]; then
        say "kept: $DEMO_DIR"
    else
        rm -rf "$DEMO_DIR"
    fi
    exit "$status"
}

end_process() {
    kill "$1" 2>/dev/null || return 0
    tenths=0
    while kill -0 "$1" 2>/dev/null; do
        if [ "$tenths" -ge "$END_TENTHS_MAX" ]; then
            kill -9 "$1" 2>/dev/null
            break
        fi
        sleep 0.1
        tenths=$((tenths + 1))
    done
    wait "$1" 2>/dev/null || :
}

main
