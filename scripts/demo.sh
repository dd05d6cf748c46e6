#!/bin/sh
# Shows Tarn at work: a PostgreSQL of its own with a web shop in it (examples/shop), customers who keep
# buying, and a lake that follows. `make demo` runs it; Ctrl-C ends it and leaves nothing behind.
#
# Settings, from the environment:
#     TARN_BIN       the program to show; required
#     DEMO_ROWS      orders in the shop at the start; default 200000
#     DEMO_RATE      transactions a second while it runs; default 50
#     DEMO_WATCH_SECONDS  how long the stream is shown; default 10
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
# How long the snapshot may take, in tenths of a second, and how long the stream is shown, in seconds.
SNAPSHOT_TENTHS_MAX=6000
WATCH_SECONDS=${DEMO_WATCH_SECONDS:-10}

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

# From a live database to an open lake that matches it.
run_tarn() {
    PROJECT=$DEMO_DIR/project
    "$TARN_BIN" init "$PROJECT" >/dev/null
    cp "$SHOP/tarn.yaml" "$PROJECT/"
    cp "$SHOP/sources/shop.yaml" "$PROJECT/sources/"
    export SHOP_URL
    tarn_in source check
    say "mirroring the shop into $PROJECT/warehouse"
    in_background "$TARN_BIN" up --project "$PROJECT" --log-level warning
    show_snapshot
    chapter "The shop goes on selling, and the lake follows"
    tarn_in status --watch --watch-seconds "$WATCH_SECONDS"
    show_queries
    prove
    [ -z "$ONCE" ] || return 0
    start_customers
    tarn_in status --watch
}

tarn_in() {
    tarn_command=$1
    shift
    "$TARN_BIN" "$tarn_command" "$@" --project "$PROJECT"
}

chapter() { printf '\n== %s ==\n' "$1"; }

# Shows how the snapshot goes until the stream begins.
show_snapshot() {
    chapter "First, everything the shop has: one snapshot, visible all at once"
    tenths=0
    until tarn_in status --output json | grep -q '"phase":"streaming"'; do
        [ "$tenths" -lt "$SNAPSHOT_TENTHS_MAX" ] || die "the snapshot did not end." "Look above for errors of tarn."
        [ $((tenths % 20)) -ne 10 ] || tarn_in status || :
        sleep 0.1
        tenths=$((tenths + 1))
    done
    tarn_in tables
}

show_queries() {
    chapter "Revenue per day, as of now"
    tarn_in query "$(revenue '')"
    chapter "The same question at the first version of the lake: the snapshot"
    tarn_in query "$(revenue ' AT (VERSION => 1)')"
    chapter "Every change is there too, with its transaction and position in the database's log"
    tarn_in query "SELECT op, count(*) AS changes, max(commit_time) AS newest FROM bronze.orders GROUP BY op ORDER BY op"
    chapter "The last commits: all tables of a transaction at once, or none"
    tarn_in commits --limit 5
}

revenue() {
    printf '%s' "SELECT CAST(o.ordered_at AS DATE) AS day, count(DISTINCT o.id) AS orders, \
sum(i.quantity * i.unit_price) AS revenue FROM silver.orders AS o$1 JOIN silver.order_items AS i$1 \
ON i.order_id = o.id GROUP BY day ORDER BY day DESC LIMIT 5"
}

prove() {
    chapter "The proof: the shop pauses, and every table is compared with the database, column by column"
    end_process "$customers"
    tarn_in verify shop
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
    customers=${started%% *}
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
