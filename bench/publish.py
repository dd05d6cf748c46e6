"""Publishing: what a run of assets takes from its last check to its commit, against the bare syncs of the same files."""

import json
import os
import statistics
import subprocess
import time

from harness import DIR, PAIRS, TARN, Project, verdict

ASSETS = 20
OVERHEAD_MS_MAX = 10


def make_project():
    project = Project("publish", None, [])
    project.query("CREATE TABLE raw.numbers AS SELECT i FROM range(1000) t(i)")
    folder = project.folder / "assets" / "gold"
    folder.mkdir(parents=True)
    for number in range(ASSETS):
        (folder / f"a{number}.sql").write_text(
            "/* ---\nchecks: [row_count > 0, {unique: i}]\n--- */\n" + f"SELECT i + {number} AS i FROM raw.numbers\n"
        )
    return project


def materialize(project):
    """Milliseconds of the publishing, and the sizes of the files that it made: the results of the checks, their
    metadata, and the log's record."""
    done = subprocess.run(
        [TARN, "materialize", "--output", "json", "--project", str(project.folder)],
        check=True, text=True, stdout=subprocess.PIPE,
    )
    warehouse = project.folder / "warehouse"
    results = next((warehouse / "tarn").glob("check_results-*"))
    newest = lambda folder, pattern: max(folder.glob(pattern), key=lambda path: path.stat().st_mtime_ns)
    made = [
        newest(results / "data", "*.parquet"), newest(results / "metadata", "*-m0.avro"),
        newest(results / "metadata", "snap-*.avro"), newest(results / "metadata", "*.metadata.json"),
        project.log_files()[-1],
    ]
    return json.loads(done.stdout)["publish_seconds"] * 1000, [path.stat().st_size for path in made]


def bare(sizes):
    """Milliseconds for files of these sizes, one after the other as each names the one before: written, synced, given
    its name, and the folder synced."""
    folder = DIR / "bare"
    folder.mkdir(exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    started = time.monotonic()
    for number, size in enumerate(sizes):
        draft = folder / f"{number}.tmp"
        with draft.open("wb") as file:
            file.write(os.urandom(size))
            file.flush()
            os.fsync(file.fileno())
        draft.rename(folder / f"{number}-{time.monotonic_ns()}")
        os.fsync(descriptor)
    milliseconds = (time.monotonic() - started) * 1000
    os.close(descriptor)
    return milliseconds


print(f"== publish: {ASSETS} assets with {2 * ASSETS} checks, from the last check to the commit")
project = make_project()
ours, peer = [], []
for number in range(max(PAIRS, 7) + 1):
    milliseconds, sizes = materialize(project)
    if number == 0:
        continue  # the first makes the table of results
    ours.append(milliseconds)
    peer.append(bare(sizes))
over = [a - b for a, b in zip(ours, peer)]
print(f"publishing: {statistics.median(ours):.1f} ms ({min(ours):.1f}..{max(ours):.1f})")
print(f"bare syncs: {statistics.median(peer):.1f} ms ({min(peer):.1f}..{max(peer):.1f})")
middle = statistics.median(over)
print(f"over the syncs: {middle:.1f} ms ({min(over):.1f}..{max(over):.1f})" + verdict(middle, OVERHEAD_MS_MAX))
