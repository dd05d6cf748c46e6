"""What the benchmarks share: processes and their CPU time, a database, a project, and the report of pairs."""

import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARN = os.environ["TARN_BIN"]
DIR = Path(os.environ["BENCH_DIR"])
EXTENSIONS = Path(os.environ["BENCH_EXTENSIONS"])
ROWS = int(os.environ.get("BENCH_ROWS", "1000000"))
PAIRS = int(os.environ.get("BENCH_PAIRS", "7"))
TICK = os.sysconf("SC_CLK_TCK")
CORES = os.cpu_count() or 1
WAIT_SECONDS_MAX = 1800
# Until the server has taken in what its ended processes used.
SETTLE_SECONDS = 0.5

TABLE = """
    id bigint PRIMARY KEY, customer_id int, store_id int, quantity smallint, amount numeric(12,2),
    status varchar(16), note text, created_at timestamptz, ship_date date, is_gift bool, ref uuid, attrs jsonb
"""

# The rows `first` to `last`; a note is missing in every fourth.
ROWS_SQL = """
    SELECT g, g % 100000, g % 500, (g % 90 + 1)::smallint, ((g * 7919 % 1000000)::numeric / 100)::numeric(12,2),
        (ARRAY['new','paid','packed','shipped','returned'])[g % 5 + 1],
        CASE WHEN g % 4 = 0 THEN NULL ELSE 'note ' || md5(g::text) || ' for order ' || g END,
        timestamptz '2024-01-01' + g * interval '7 seconds', date '2024-01-02' + (g % 700)::int, g % 11 = 0,
        md5((g * 3)::text)::uuid, jsonb_build_object('channel', g % 7, 'code', 'c' || g % 1000)
    FROM generate_series({first}::bigint, {last}::bigint) g
"""


@dataclass
class Measured:
    """CPU seconds of our or the peer's process and of the database server, and the time on the clock."""

    client: float
    server: float = 0.0
    wall: float = 0.0
    peak_mb: float = 0.0

    @property
    def total(self):
        return self.client + self.server


@dataclass
class Side:
    name: str
    run: callable
    results: list = field(default_factory=list)


def interleave(sides, pairs=PAIRS):
    """Runs the sides in turn, so that a busy spell of the machine falls on all of them."""
    for number in range(pairs):
        for side in sides if number % 2 == 0 else reversed(sides):
            side.results.append(side.run())
            print(f"  {number + 1}/{pairs} {side.name}: {text(side.results[-1])}", file=sys.stderr, flush=True)


def text(result):
    return f"client {result.client:.2f} server {result.server:.2f} CPU-s, wall {result.wall:.2f} s"


def report_side(side):
    def middle(pick):
        values = [pick(result) for result in side.results]
        return f"{statistics.median(values):.2f} ({min(values):.2f}..{max(values):.2f})"

    line = f"{side.name}: client {middle(lambda r: r.client)} CPU-s, server {middle(lambda r: r.server)} CPU-s"
    line += f", wall {middle(lambda r: r.wall)} s"
    if any(result.peak_mb for result in side.results):
        line += f", peak {middle(lambda r: r.peak_mb)} MB"
    print(line)


def report_ratio(ours, peer, pick, what, bar=None):
    """Prints the median of the pairs' ratios and, where there is one, whether the bar (at most) is met."""
    ratios = [pick(a) / pick(b) for a, b in zip(ours.results, peer.results) if pick(b) > 0]
    if not ratios:
        return
    middle = statistics.median(ratios)
    line = f"{ours.name} / {peer.name}, {what}: {middle:.2f} ({min(ratios):.2f}..{max(ratios):.2f})"
    print(line + verdict(middle, bar))


def verdict(value, bar):
    if bar is None:
        return ""
    return f"  bar: at most {bar:g}: {'met' if value <= bar else 'NOT MET'}"


def run_process(arguments, **options):
    """Runs a process to its end and takes its CPU time, its children's included."""
    started = time.monotonic()
    process = subprocess.Popen(arguments, **options)
    return finish(process, started)


def finish(process, started):
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{process.args[0]} ended with {process.returncode}")
    return Measured(
        client=usage.ru_utime + usage.ru_stime, wall=time.monotonic() - started, peak_mb=usage.ru_maxrss / 1024
    )


def stat_times(pid):
    """Own and reaped children's ticks of a process, and its parent."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return [int(value) for value in fields[11:15]], int(fields[1])


def process_cpu(pid):
    times, _ = stat_times(pid)
    return (times[0] + times[1]) / TICK


def peak_mb(pid):
    return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024


class Database:
    """A private PostgreSQL. Its CPU time is that of all its processes, ended ones included."""

    def __init__(self):
        self.folder = DIR / "postgres"
        self.uri = self._script("start").strip()
        self.sql("ALTER SYSTEM SET autovacuum = off; SELECT pg_reload_conf()")
        self.postmaster = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def _script(self, action):
        command = [str(ROOT / "scripts/postgres.sh"), action, str(self.folder)]
        return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout

    def sql(self, statements):
        """Runs statements one by one; returns the last one's output, rows on lines."""
        command = ["psql", "--no-psqlrc", "-qAt", "-v", "ON_ERROR_STOP=1", self.uri]
        done = subprocess.run(command, input=statements, check=True, text=True, stdout=subprocess.PIPE)
        return done.stdout.strip()

    def cpu(self):
        own, _ = stat_times(self.postmaster)
        ticks = sum(own)
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                times, parent = stat_times(entry.name)
            except (FileNotFoundError, ProcessLookupError):
                continue
            if parent == self.postmaster:
                ticks += times[0] + times[1]
        return ticks / TICK

    def measure(self, body):
        before = self.cpu()
        result = body()
        time.sleep(SETTLE_SECONDS)
        result.server = self.cpu() - before
        return result

    def make_table(self, name, rows):
        self.sql(f"SET client_min_messages = warning; DROP TABLE IF EXISTS {name}; CREATE TABLE {name} ({TABLE})")
        if rows:
            self.sql(f"INSERT INTO {name} {ROWS_SQL.format(first=1, last=rows)}; ANALYZE {name}")
        self.sql("CHECKPOINT")


class Project:
    """A Tarn project with one source."""

    def __init__(self, name, database, tables, landing=None):
        self.folder = DIR / name
        self.slot = f"tarn_{name}"
        self.database = database
        shutil.rmtree(self.folder, ignore_errors=True)
        subprocess.run([TARN, "init", str(self.folder)], check=True, stdout=subprocess.DEVNULL)
        settings = "".join(f"\n  {key}: {value}" for key, value in (landing or {}).items())
        (self.folder / "tarn.yaml").write_text(
            "http:\n  port: 0\n" + (f"landing:{settings}\n" if settings else "")
        )
        if database:
            listed = ", ".join(f'"{table}"' for table in tables)
            (self.folder / "sources" / "bench.yaml").write_text(
                f'type: postgres\nconnection: "{database.uri}"\ntables: [{listed}]\n'
                f"slot: {self.slot}\npublication: {self.slot}\n"
            )

    def up(self):
        log = (self.folder / "up.log").open("ab")
        return subprocess.Popen([TARN, "up", "--exit-on-failure", "--project", str(self.folder)], stdout=log, stderr=log)

    def run_until(self, is_reached):
        """`tarn up` until the newest commit satisfies the condition, then a proper end. The CPU time is the whole
        process's; the wall time ends with the commit."""
        started = time.monotonic()
        process = self.up()
        while not is_reached(self.newest()):
            if process.poll() is not None or time.monotonic() - started > WAIT_SECONDS_MAX:
                sys.exit("tarn up did not get there:\n" + (self.folder / "up.log").read_text()[-4000:])
            time.sleep(0.02)
        wall = time.monotonic() - started
        peak = peak_mb(process.pid)
        process.send_signal(signal.SIGTERM)
        result = finish(process, started)
        result.wall = wall
        result.peak_mb = peak
        return result

    def log_files(self):
        folder = self.folder / "warehouse" / "_tarn" / "log"
        if not folder.exists():
            return []
        return sorted(path for path in folder.iterdir() if re.fullmatch(r"\d+\.json", path.name))

    def newest(self):
        """The newest record of the commit log; nil before the first."""
        files = self.log_files()
        return json.loads(files[-1].read_text()) if files else None

    def status(self):
        done = subprocess.run(
            [TARN, "status", "--output", "json", "--project", str(self.folder)],
            check=True, text=True, stdout=subprocess.PIPE,
        )
        return json.loads(done.stdout)

    def query(self, statement):
        """The lines of the answer, without the header."""
        done = subprocess.run(
            [TARN, "query", "--format", "csv", "--project", str(self.folder), statement],
            check=True, text=True, stdout=subprocess.PIPE,
        )
        return done.stdout.splitlines()[1:]

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.drop_slot(self.slot)

    def drop_slot(self, slot):
        self.database.sql(
            f"SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '{slot}'"
        )


def position(record):
    """The source position, as a number, that a log record has reached."""
    for commit in reversed(record["commits"]) if record else []:
        for state in commit["sources"].values():
            return int(state["position"].replace("/", ""), 16) if state else 0
    return 0


def number(lsn):
    high, low = lsn.split("/")
    return (int(high, 16) << 32) + int(low, 16)
