#!/bin/sh
# Shows Tarn at work: a PostgreSQL of its own with a web shop in it (examples/shop), customers who keep
# buying, a lake that follows, and a revenue report that bad data cannot get into. `make demo` runs it;
# Ctrl-C ends it and leaves nothing behind.
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
# How long the snapshot and how long gold may take, in tenths of a second, and how long the stream is shown, in
# seconds.
SNAPSHOT_TENTHS_MAX=6000
GOLD_TENTHS_MAX=1200
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

# From a live database to a report that can be trusted.
run_tarn() {
    PROJECT=$DEMO_DIR/project
    "$TARN_BIN" init "$PROJECT" >/dev/null
    for part in tarn.yaml sources assets tests; do cp -R "$SHOP/$part" "$PROJECT/"; done
    export SHOP_URL
    tarn_in source check
    chapter "Before anything runs: the assets compile on the shop's tables, and their tests pass"
    tarn_in compile
    tarn_in test
    say "mirroring the shop into $PROJECT/warehouse"
    in_background "$TARN_BIN" up --project "$PROJECT" --log-level error
    show_snapshot
    chapter "The shop goes on selling, and the lake follows"
    tarn_in status --watch --watch-seconds "$WATCH_SECONDS"
    show_history
    act_one
    act_two
    act_three
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

show_history() {
    chapter "Every change is there, with its transaction and position in the database's log"
    tarn_in query "SELECT op, count(*) AS changes, max(commit_time) AS newest FROM bronze.orders GROUP BY op ORDER BY op"
    chapter "The lake as it was at its first version: the snapshot"
    tarn_in query "SELECT count(*) AS orders, (SELECT count(*) FROM silver.orders) AS orders_now \
FROM silver.orders AT (VERSION => 1)"
}

act_one() {
    chapter "Act 1: gold is built from silver, checked, and published in one commit"
    until_assets '"name":"gold.revenue_daily","state":"published"' "gold was not built."
    tarn_in query "FROM gold.revenue_daily ORDER BY day DESC LIMIT 5"
    tarn_in query "SELECT * REPLACE (round(share, 3) AS share) FROM gold.revenue_by_category ORDER BY ALL DESC LIMIT 4"
    chapter "Why the report shows what it shows, and where a column comes from"
    tarn_in why-built gold.revenue_daily
    tarn_in lineage gold.revenue_by_category.revenue --up | sed -n '1,7p'
}

# An order line of a negative price: the shop's own constraints let it pass.
act_two() {
    chapter "Act 2: a bad order comes in"
    bad_order=$(psql_shop --tuples-only --no-align --command "WITH bad AS (
            INSERT INTO orders (customer_id, status, total) SELECT min(id), 'returned', -4990 FROM customers RETURNING id
        )
        INSERT INTO order_items (order_id, line_number, product_id, quantity, unit_price)
            SELECT bad.id, 1, (SELECT min(id) FROM products), 100, -49.90 FROM bad
        RETURNING order_id")
    say "order $bad_order has a line of -4990.00"
    until_assets '"name":"gold.joined_orders","state":"not published"' "the bad order was not noticed."
    say "it is in silver, as it is in the shop; a check keeps it, and all that would be made of it, out of gold"
    tarn_in checks list --bad
    tarn_in status | sed -n '/^assets/,$p'
    say "readers still see the last good version"
    tarn_in query "SELECT (SELECT count(*) FROM silver.order_items WHERE unit_price < 0) AS bad_lines_in_silver, \
(SELECT count(*) FROM gold.joined_orders WHERE amount < 0) AS bad_lines_in_gold"
}

act_three() {
    chapter "Act 3: the order is corrected at the source, and gold catches up by itself"
    psql_shop --command "UPDATE order_items SET unit_price = 49.90 WHERE order_id = $bad_order"
    until_assets '"name":"gold.joined_orders","state":"published"' "gold did not catch up."
    tarn_in query "SELECT order_id, line_number, amount FROM gold.joined_orders WHERE order_id = $bad_order"
    chapter "The proof: the shop pauses, and every table is compared with the database, column by column"
    end_process "$customers"
    tarn_in verify shop
    prove_report
}

# What the report should say, from the shop's database itself.
prove_report() {
    say "the report is compared with what the database answers"
    psql_shop --csv --file "$SHOP/revenue_daily.sql" >"$DEMO_DIR/expected.csv"
    tenths=0
    # Lines of CSV end as RFC 4180 says, psql's do not.
    until tarn_in query --format csv "FROM gold.revenue_daily ORDER BY day" | tr -d '\r' >"$DEMO_DIR/report.csv" &&
        cmp -s "$DEMO_DIR/expected.csv" "$DEMO_DIR/report.csv"; do
        if [ "$tenths" -ge "$GOLD_TENTHS_MAX" ]; then
            diff "$DEMO_DIR/expected.csv" "$DEMO_DIR/report.csv" >&2 || :
            die "gold.revenue_daily is not what the database says." "Look at the lines above: < database, > gold."
        fi
        sleep 0.5
        tenths=$((tenths + 5))
    done
    say "gold.revenue_daily: match, $(($(wc -l <"$DEMO_DIR/report.csv") - 1)) days"
}

# Waits until the status of the assets shows a text.
until_assets() {
    tenths=0
    until tarn_in status --output json | grep -qF "$1"; do
        [ "$tenths" -lt "$GOLD_TENTHS_MAX" ] || die "$2" "Look above for errors of tarn; 'tarn checks' and 'tarn runs' say more."
        sleep 0.5
        tenths=$((tenths + 5))
    done
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
