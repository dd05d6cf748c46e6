"""Changes that wait in the source's log: Tarn lands them, pg_recvlogical throws the same ones away."""

import shutil
import statistics
import sys

from harness import DIR, ROWS, ROWS_SQL, Database, Project, Side, interleave, number, position, report_ratio
from harness import report_side, run_process, verdict

TRANSACTION_ROWS = 1000
CLIENT_SECONDS_PER_MILLION_MAX = 10

database = Database()
database.make_table("events", 0)
project = Project("drain", database, ["public.events"])
# The project after an empty snapshot, and its slot, are kept aside: each run starts from the same place in the log.
project.run_until(lambda record: record is not None)
kept = DIR / "drain-kept"
shutil.rmtree(kept, ignore_errors=True)
shutil.copytree(project.folder, kept)
project.drop_slot("bench_base")
database.sql(f"SELECT pg_copy_logical_replication_slot('{project.slot}', 'bench_base')")
database.sql(
    f"""
    SET synchronous_commit = off;
    CREATE OR REPLACE PROCEDURE bench_fill() LANGUAGE plpgsql AS $$
    BEGIN
        FOR part IN 0..{ROWS // TRANSACTION_ROWS - 1} LOOP
            INSERT INTO events {ROWS_SQL.format(
                first=f"(part * {TRANSACTION_ROWS} + 1)", last=f"((part + 1) * {TRANSACTION_ROWS})")};
            COMMIT;
        END LOOP;
    END $$;
    CALL bench_fill();
    """
)
# Whoever has come beyond this has seen the last transaction.
end = database.sql("SELECT pg_current_wal_insert_lsn()")
database.sql(f"INSERT INTO events {ROWS_SQL.format(first=-1, last=-1)}; CHECKPOINT")


def renewed_slot(name):
    project.drop_slot(name)
    database.sql(f"SELECT pg_copy_logical_replication_slot('bench_base', '{name}')")


def tarn():
    shutil.rmtree(project.folder)
    shutil.copytree(kept, project.folder)
    renewed_slot(project.slot)
    result = database.measure(lambda: project.run_until(lambda record: position(record) > number(end)))
    if not tarn.is_checked:
        counts = [project.query(f"SELECT count(*) FROM {layer}.events")[0] for layer in ("bronze", "silver")]
        if counts != [str(ROWS + 1)] * 2:
            sys.exit(f"the lake holds {counts} rows instead of {ROWS + 1}")
        print(f"commits: {len(project.log_files()) - 1}")
        tarn.is_checked = True
    return result


tarn.is_checked = False


def receive():
    renewed_slot("bench_receive")
    options = ["proto_version=1", f"publication_names={project.slot}", "binary=true"]
    command = ["pg_recvlogical", "-d", database.uri, "-S", "bench_receive", "--start", "-f", "/dev/null"]
    command += ["--fsync-interval=0", "--no-loop", f"--endpos={end}"]
    for option in options:
        command += ["-o", option]
    return database.measure(lambda: run_process(command))


print(f"== drain: {ROWS} inserts in transactions of {TRANSACTION_ROWS}")
sides = [Side("tarn", tarn), Side("pg_recvlogical to /dev/null", receive)]
interleave(sides)
for side in sides:
    report_side(side)
per_million = statistics.median(result.client for result in sides[0].results) * 1e6 / ROWS
print(
    f"tarn, client CPU-s per 1 M changes: {per_million:.2f}" + verdict(per_million, CLIENT_SECONDS_PER_MILLION_MAX)
)
for pick, what in [
    (lambda r: r.client, "client CPU"), (lambda r: r.server, "server CPU"), (lambda r: r.wall, "wall")
]:
    report_ratio(sides[0], sides[1], pick, what)
project.remove()
for slot in ("bench_base", "bench_receive"):
    project.drop_slot(slot)
shutil.rmtree(kept)
