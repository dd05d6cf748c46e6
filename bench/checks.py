"""Checks: 20 checks that `tarn checks run` evaluates, against one statement that is fused by hand, on the same files."""

import os
import statistics
import subprocess
import sys

import check_peers
from harness import CORES, DIR, ROOT, TARN, Project, Side, interleave, report_ratio, report_side, run_process, verdict

ROWS = int(os.environ.get("BENCH_CHECK_ROWS", "10000000"))
MEMORY = "4GB"
TABLES = ["orders", "customers"]
# They take long, and are not what the bar is about.
PEER_ROUNDS = 3
PEERS_PYTHON = os.environ.get("BENCH_PEERS", sys.executable)
CPU_RATIO_MAX = 1.20
PEAK_MB_MAX = 800
# The statements for checks over a table of this shape, which a test keeps in step with the code.
STATEMENTS = ROOT / "Tests" / "ChecksTests" / "Golden" / "bench.sql"

CHECKS = ROOT / "bench" / "checks.yaml"

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


def make_project():
    """A lake with the table, and the files that hold its rows."""
    project = Project("checks", None, [])
    with (project.folder / "tarn.yaml").open("a") as settings:
        settings.write(f"limits:\n  memory: {MEMORY}\n  query_timeout: 1h\n")
    (project.folder / "checks").mkdir()
    (project.folder / "checks" / "orders.yaml").write_text("table: shop.orders\n" + CHECKS.read_text())
    project.query(f"CREATE TABLE shop.orders AS {ORDERS.format(rows=ROWS)}")
    project.query("CREATE TABLE shop.customers AS SELECT i AS id FROM range(1000000) t(i)")
    return project, [project.folder / "warehouse" / "shop" / f"{name}-*" / "data" / "*.parquet" for name in TABLES]


def email_pattern(statements):
    """Both sides use one definition of an address."""
    after = statements.split('regexp_full_match("email", \'', 1)[1]
    return after.split("')", 1)[0]


def by_hand():
    path = DIR / "checks-by-hand.sql"
    path.write_text(BY_HAND.format(email=email_pattern(STATEMENTS.read_text())))
    return path


def peer(files):
    arguments = [sys.executable, "-c", RUN, *map(str, files), str(CORES), MEMORY, str(by_hand())]
    return Side("fused by hand", lambda: run_process(arguments))


def run_quietly(arguments):
    return run_process(arguments, env=check_peers.quiet(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def ours(project):
    arguments = [TARN, "checks", "run", "shop.orders", "--project", str(project.folder)]
    return Side("tarn checks run", lambda: run_process(arguments, stdout=subprocess.DEVNULL))


print(f"== checks: 20 checks on {ROWS} rows of 10 columns, {CORES} threads, {MEMORY} of memory")
project, files = make_project()
sides = [ours(project), peer(files)]
interleave(sides)
for one in sides:
    report_side(one)
report_ratio(sides[0], sides[1], lambda r: r.client, "CPU", bar=CPU_RATIO_MAX)
report_ratio(sides[0], sides[1], lambda r: r.wall, "wall")
peak = max(result.peak_mb for result in sides[0].results)
print(f"tarn checks run, peak memory: {peak:.0f} MB" + verdict(peak, PEAK_MB_MAX))

peers = []
if check_peers.has(PEERS_PYTHON, "soda_core"):
    arguments = check_peers.soda_arguments(PEERS_PYTHON, files, DIR)
    peers.append(Side("soda", lambda: run_quietly(arguments)))
if check_peers.has(PEERS_PYTHON, "great_expectations"):
    peers.append(
        Side("great_expectations", lambda: run_quietly(check_peers.great_expectations_arguments(PEERS_PYTHON, files)))
    )
if not peers:
    print("not measured: soda and great_expectations are not installed (BENCH_PEERS names a Python that has them)")
interleave(peers, PEER_ROUNDS)
for one in peers:
    report_side(one)
    cpu = statistics.median(result.client for result in one.results)
    mine = statistics.median(result.client for result in sides[0].results)
    print(f"{one.name} / tarn checks run, CPU: {cpu / mine:.2f}")
