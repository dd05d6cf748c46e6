"""TPC-H: the 22 queries through one `tarn sql` against DuckDB on the very same files."""

import os
import re
import shutil
import subprocess
import sys

import duckdb
from harness import CORES, DIR, EXTENSIONS, TARN, Project, Side, interleave, report_ratio, report_side, run_process
from pyiceberg.catalog.sql import SqlCatalog

SCALE = float(os.environ.get("BENCH_SCALE", "1"))
MEMORY = "4GB"
TABLES = ["customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"]
CPU_RATIO_MAX = 1.10

PEER = """
import duckdb, sys
statements, threads, memory, *views = sys.argv[1:]
c = duckdb.connect(config={"threads": threads, "memory_limit": memory})
c.execute("CREATE SCHEMA tpch")
for view in views:
    c.execute(view)
for statement in open(statements).read().split(";"):
    if statement.strip():
        c.execute(statement).fetchall()
"""


def extension(connection):
    connection.load_extension(str(EXTENSIONS / "tpch.duckdb_extension"))


def qualified(query):
    """The query with the tables' namespace, which Tarn asks for."""
    name = f"(?:{'|'.join(TABLES)})"
    table = rf"{name}\b(?:\s+(?!on\b)[a-z]\w*)?"
    lists = re.compile(rf"\b(FROM|JOIN)(\s+)({table}(?:\s*,\s*{table})*)")
    return lists.sub(
        lambda match: match[1] + match[2] + re.sub(rf"(^|,\s*)({name})\b", r"\1tpch.\2", match[3]), query
    )


def make_tables():
    """Writes each table as an Iceberg table; returns its metadata file."""
    connection = duckdb.connect()
    extension(connection)
    connection.execute(f"CALL dbgen(sf = {SCALE})")
    folder = DIR / "tpch"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    catalog = SqlCatalog("bench", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}")
    catalog.create_namespace("tpch")
    written = {}
    for name in TABLES:
        rows = connection.execute(f"FROM {name}").to_arrow_table()
        table = catalog.create_table(f"tpch.{name}", schema=rows.schema)
        table.append(rows)
        written[name] = table
    return written


def views(written):
    for name, table in written.items():
        files = [task.file.file_path.removeprefix("file://") for task in table.scan().plan_files()]
        yield f"CREATE VIEW tpch.{name} AS FROM read_parquet({files})"


def statements():
    connection = duckdb.connect()
    extension(connection)
    queries = [row[0] for row in connection.execute("SELECT query FROM tpch_queries() ORDER BY query_nr").fetchall()]
    path = DIR / "tpch.sql"
    path.write_text("\n".join(qualified(query) for query in queries))
    return path


print(f"== tpch: scale factor {SCALE:g}, 22 queries in one session, {CORES} threads, {MEMORY} of memory")
written = make_tables()
project = Project("lake", None, [])
(project.folder / "tarn.yaml").write_text(f"http:\n  port: 0\nlimits:\n  memory: {MEMORY}\n  threads: {CORES}\n")
for name, table in written.items():
    command = [TARN, "register", "--project", str(project.folder), f"tpch.{name}", table.metadata_location]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
queries = statements()


def tarn():
    with queries.open() as file:
        command = [TARN, "sql", "--project", str(project.folder)]
        return run_process(command, stdin=file, stdout=subprocess.DEVNULL)


def peer():
    arguments = [str(queries), str(CORES), MEMORY, *views(written)]
    return run_process([sys.executable, "-c", PEER, *arguments])


def check(written):
    """Every query has as many rows here as there."""
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA tpch")
    for view in views(written):
        connection.execute(view)
    for number, statement in enumerate(queries.read_text().split(";")[:-1], 1):
        expected = len(connection.execute(statement).fetchall())
        found = len(project.query(statement))
        if found != expected:
            sys.exit(f"query {number} has {found} rows instead of {expected}")


def empty_tarn():
    command = [TARN, "sql", "--project", str(project.folder)]
    return run_process(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def empty_peer():
    return run_process([sys.executable, "-c", PEER, os.devnull, str(CORES), MEMORY, *views(written)])


check(written)
sides = [Side("tarn sql", tarn), Side("duckdb read_parquet", peer)]
interleave(sides)
for side in sides:
    report_side(side)
print(f"without a query: tarn {empty_tarn().client:.2f} CPU-s, duckdb {empty_peer().client:.2f} CPU-s")
report_ratio(sides[0], sides[1], lambda r: r.client, "CPU", bar=CPU_RATIO_MAX)
report_ratio(sides[0], sides[1], lambda r: r.wall, "wall")
