"""The first copy of a table: Tarn (bronze, silver and key index) against DuckDB's scanner and plain COPY."""

import subprocess
import sys

from harness import CORES, DIR, EXTENSIONS, ROWS, Database, Project, Side, interleave, report_ratio, report_side
from harness import run_process

SCAN = """
import duckdb, sys
uri, extension, target, threads = sys.argv[1:]
c = duckdb.connect(config={"threads": threads, "memory_limit": "1GB"})
c.load_extension(extension)
c.execute("SET enable_progress_bar = false")
c.execute(f"COPY (SELECT * FROM postgres_scan('{uri}', 'public', 'orders')) "
          f"TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
"""

database = Database()
database.make_table("orders", ROWS)


def tarn():
    project = Project("snapshot", database, ["public.orders"])
    result = database.measure(lambda: project.run_until(lambda record: record is not None))
    if not tarn.is_checked:
        counts = [project.query(f"SELECT count(*) FROM {layer}.orders")[0] for layer in ("bronze", "silver")]
        if counts != [str(ROWS)] * 2:
            sys.exit(f"the lake holds {counts} rows instead of {ROWS}")
        tarn.is_checked = True
    project.remove()
    return result


tarn.is_checked = False


def scanner():
    target = DIR / "scanned.parquet"
    arguments = [database.uri, str(EXTENSIONS / "postgres_scanner.duckdb_extension"), str(target), str(CORES)]
    result = database.measure(lambda: run_process([sys.executable, "-c", SCAN, *arguments]))
    target.unlink()
    return result


def copy():
    command = ["psql", "--no-psqlrc", "-q", database.uri, "-c", "COPY orders TO STDOUT (FORMAT binary)"]
    return database.measure(lambda: run_process(command, stdout=subprocess.DEVNULL))


print(f"== snapshot: {ROWS} rows of 12 columns")
sides = [Side("tarn", tarn), Side("duckdb postgres_scanner, zstd", scanner), Side("psql COPY binary", copy)]
interleave(sides)
for side in sides:
    report_side(side)
for peer in sides[1:]:
    report_ratio(sides[0], peer, lambda r: r.client, "client CPU")
    report_ratio(sides[0], peer, lambda r: r.total, "total CPU")
report_ratio(sides[0], sides[1], lambda r: r.wall, "wall")
report_ratio(sides[0], sides[2], lambda r: r.wall, "wall", bar=1 / 0.6)
