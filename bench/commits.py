"""Small commits one after the other: do they get dearer with the number of those before?"""

import os
import signal
import statistics
import sys
import threading
import time

import psycopg
from harness import WAIT_SECONDS_MAX, Database, Project, process_cpu, verdict

COMMITS = int(os.environ.get("BENCH_COMMITS", "1000"))
EARLY = 10
# Commits whose middle stands for the one asked about: single ones say more about the machine than about Tarn.
WINDOW = 50
RATIO_MAX = 1.5
TABLES = 4


def work(uri, ended):
    """Transactions that touch every table: a new row in each, and a change of an older one."""
    with psycopg.connect(uri, autocommit=True) as connection:
        turn = 0
        while not ended.is_set():
            turn += 1
            with connection.transaction():
                for table in range(TABLES):
                    connection.execute(f"INSERT INTO small_{table} VALUES ({turn}, 0, 'row {turn}')")
                    connection.execute(f"UPDATE small_{table} SET n = n + 1 WHERE id = {turn // 2}")
            time.sleep(0.01)


def samples(project, process):
    """For each commit: its version, how long it took, and the CPU seconds of the process so far."""
    found = []
    address = project.status()["url"]
    import urllib.request, json

    started = time.monotonic()
    while not found or found[-1][0] < COMMITS + WINDOW + 5:
        if process.poll() is not None or time.monotonic() - started > WAIT_SECONDS_MAX:
            sys.exit("tarn up did not get there:\n" + (project.folder / "up.log").read_text()[-4000:])
        with urllib.request.urlopen(address + "/status") as answer:
            status = json.load(answer)
        source = status["sources"][0]
        if not found or status["lake_version"] > found[-1][0]:
            found.append((status["lake_version"], source["last_commit_ms"], process_cpu(process.pid), time.monotonic()))
        time.sleep(0.01)
    return found


def window(found, first):
    return [sample for sample in found if first <= sample[0] < first + WINDOW]


def cost(part, column):
    return (part[-1][column] - part[0][column]) / (part[-1][0] - part[0][0])


database = Database()
for table in range(TABLES):
    database.sql(f"SET client_min_messages = warning; DROP TABLE IF EXISTS small_{table}; CREATE TABLE small_{table} (id bigint PRIMARY KEY, n int, t text)")
project = Project("commits", database, ["public.small_*"], landing={"commit_interval": "20ms"})
process = project.up()
while project.newest() is None or not (project.folder / ".tarn/up.json").exists():
    if process.poll() is not None:
        sys.exit((project.folder / "up.log").read_text()[-4000:])
    time.sleep(0.05)
ended = threading.Event()
worker = threading.Thread(target=work, args=(database.uri, ended))
worker.start()
try:
    found = samples(project, process)
finally:
    ended.set()
    worker.join()
    process.send_signal(signal.SIGTERM)
    process.wait()

print(f"== commits: {TABLES} tables (bronze and silver), about {COMMITS} small commits of `landing`")
early, late = window(found, EARLY), window(found, COMMITS)
for name, part in [(EARLY, early), (COMMITS, late)]:
    print(
        f"commits {name}..{name + WINDOW - 1}: {statistics.median(s[1] for s in part):.0f} ms, "
        f"{cost(part, 2) * 1000:.1f} ms CPU, one every {cost(part, 3) * 1000:.0f} ms"
    )
duration = statistics.median(s[1] for s in late) / statistics.median(s[1] for s in early)
print(f"duration, late / early: {duration:.2f}" + verdict(duration, RATIO_MAX))
cpu = cost(late, 2) / cost(early, 2)
print(f"CPU, late / early: {cpu:.2f}" + verdict(cpu, RATIO_MAX))
project.remove()
