"""Checks: the statements that Tarn makes of 20 checks against one that is fused by hand, on the same Parquet file."""

import importlib.util
import os
import sys

import duckdb
from harness import CORES, DIR, ROOT, Side, interleave, report_ratio, report_side, run_process, verdict

ROWS = int(os.environ.get("BENCH_CHECK_ROWS", "10000000"))
MEMORY = "4GB"
CPU_RATIO_MAX = 1.20
PEAK_MB_MAX = 800
# What a test keeps in step with the code, for checks over a table of this shape and these ranges of keys.
OURS = ROOT / "Tests" / "ChecksTests" / "Golden" / "bench.sql"

ORDERS = """
    SELECT i AS id, (hash(i * 7) % 1000000)::BIGINT AS customer_id, (i // 3)::BIGINT AS order_id,
        (i % 3)::INTEGER AS line,
        'user' || (hash(i * 3) % 2000000) || '@example.' || (['com', 'org', 'net'])[1 + i % 3] AS email,
        (['new', 'paid', 'packed', 'shipped', 'returned'])[1 + (hash(i * 11) % 5)::INT] AS status,
        ((hash(i * 13) % 1000000) / 100.0)::DECIMAL(12, 2) AS amount, (1 + hash(i * 17) % 50)::INTEGER AS quantity,
        TIMESTAMPTZ '2024-01-01 00:00:00+00' + to_seconds(i * 3) AS ordered_at,
        'SKU-' || lpad((hash(i * 5) % 100000)::VARCHAR, 6, '0') AS sku
    FROM range({rows}) t(i)
"""

# The same 20 checks, as somebody would write them who knows DuckDB and wants one statement.
BY_HAND = r"""
SELECT
    count(*) AS row_count,
    count(*) - count(id) AS id_missing,
    count(id) - count(DISTINCT id) AS id_twice,
    count(*) - count(customer_id) AS customer_missing,
    (SELECT count(*) FROM shop.orders o
     WHERE o.customer_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM shop.customers c WHERE c.id = o.customer_id)) AS orphans,
    count(*) - count(email) AS email_missing,
    count(*) FILTER (WHERE NOT regexp_full_match(email, '{email}')) AS email_invalid,
    count(*) FILTER (WHERE length(email) NOT BETWEEN 6 AND 64) AS email_length,
    count(*) - count(status) AS status_missing,
    count(*) FILTER (WHERE status NOT IN ('new', 'paid', 'packed', 'shipped', 'returned')) AS status_invalid,
    count(*) - count(amount) AS amount_missing,
    count(*) FILTER (WHERE amount NOT BETWEEN 0 AND 10000) AS amount_range,
    avg(amount) AS amount_average,
    sum(amount) AS amount_sum,
    count(*) FILTER (WHERE quantity <= 0) AS quantity_not_positive,
    max(quantity) AS quantity_max,
    count(*) FILTER (WHERE NOT regexp_matches(sku, '^SKU-[0-9]{{6}}$')) AS sku_pattern,
    max(epoch_us(ordered_at)) AS newest,
    (SELECT count(*) FROM (SELECT 1 FROM shop.orders WHERE order_id IS NOT NULL AND line IS NOT NULL
     GROUP BY order_id, line HAVING count(*) > 1)) AS line_twice,
    count(*) FILTER (WHERE NOT (amount >= 0 OR status = 'returned')) AS expression
FROM shop.orders
"""

RUN = """
import duckdb, sys
orders, customers, threads, memory, statements = sys.argv[1:]
c = duckdb.connect(config={"threads": threads, "memory_limit": memory})
c.execute("SET enable_progress_bar = false; CREATE SCHEMA shop")
c.execute(f"CREATE VIEW shop.orders AS FROM read_parquet('{orders}')")
c.execute(f"CREATE VIEW shop.customers AS FROM read_parquet('{customers}')")
for statement in open(statements).read().split(";\\n"):
    if statement.strip():
        # Fetched as Arrow: moments as Python's own objects need a package more.
        c.execute(statement).to_arrow_reader().read_all()
"""


def make_files():
    orders, customers = DIR / "check-orders.parquet", DIR / "check-customers.parquet"
    if not orders.exists():
        connection = duckdb.connect(config={"memory_limit": MEMORY})
        connection.execute("SET enable_progress_bar = false")
        options = "(FORMAT parquet, COMPRESSION zstd)"
        connection.execute(f"COPY ({ORDERS.format(rows=ROWS)}) TO '{orders}' {options}")
        connection.execute(f"COPY (SELECT i AS id FROM range(1000000) t(i)) TO '{customers}' {options}")
    return orders, customers


def email_pattern(ours):
    """Both sides use one definition of an address."""
    after = ours.split('regexp_full_match("email", \'', 1)[1]
    return after.split("')", 1)[0]


def by_hand(ours):
    path = DIR / "checks-by-hand.sql"
    path.write_text(BY_HAND.format(email=email_pattern(ours)))
    return path


def side(name, statements, files):
    arguments = [sys.executable, "-c", RUN, *map(str, files), str(CORES), MEMORY, str(statements)]
    return Side(name, lambda: run_process(arguments))


def check_answers(files, ours):
    """The bounds in the emitted statements are those of this table."""
    connection = duckdb.connect(config={"memory_limit": MEMORY})
    connection.execute("SET enable_progress_bar = false; CREATE SCHEMA shop")
    for name, file in zip(["orders", "customers"], files):
        connection.execute(f"CREATE VIEW shop.{name} AS FROM read_parquet('{file}')")
    bitmap = next(statement for statement in ours.split(";\n") if "bitstring_agg" in statement)
    if connection.execute(bitmap).fetchone()[0] != ROWS:
        sys.exit("the bitmap does not count the keys")


print(f"== checks: 20 checks on {ROWS} rows of 10 columns, {CORES} threads, {MEMORY} of memory")
ours = OURS.read_text()
files = make_files()
check_answers(files, ours)
sides = [side("tarn's statements", OURS, files), side("fused by hand", by_hand(ours), files)]
interleave(sides)
for one in sides:
    report_side(one)
report_ratio(sides[0], sides[1], lambda r: r.client, "CPU", bar=CPU_RATIO_MAX)
report_ratio(sides[0], sides[1], lambda r: r.wall, "wall")
peak = max(result.peak_mb for result in sides[0].results)
print(f"tarn's statements, peak memory: {peak:.0f} MB" + verdict(peak, PEAK_MB_MAX))
for peer in ["soda", "great_expectations"]:
    if importlib.util.find_spec(peer) is None:
        print(f"not measured: {peer} is not installed")
