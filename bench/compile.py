"""What `tarn compile` costs in a project of many assets: without a cache, with one, and after one file changed.

`python bench/compile.py generate FOLDER [ASSETS]` only writes such a project.
"""

import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

SOURCES = 20
CHAINS = 100
COMPILE_SECONDS_MAX = 3.0
CHANGE_SECONDS_MAX = 0.150


def source(number):
    """The statement of one of the tables that everything is made of: 8 to 15 columns."""
    more = ", ".join(f"CAST({k} AS decimal(12, 2)) AS amount_{k}" for k in range(3 + number % 8))
    return (
        f"CREATE TABLE base.t{number} AS SELECT CAST(1 AS bigint) AS id, CAST(2 AS bigint) AS customer_id, "
        f"'new' AS status, now() AS at, DATE '2026-01-01' AS day, {more}"
    )


def asset(number):
    """One file of a hundred chains: each link reads a table, the link before it and one of another chain."""
    chain, link = number % CHAINS, number // CHAINS
    base = number % SOURCES
    header = f"""/* ---
description: Step {link} of chain {chain}.
owner: team_{chain % 7}
tags: [chain_{chain % 10}, step_{link}]
materialized: full
columns:
  - name: id
    description: The key.
    checks: [not_null, unique]
  - name: total
    checks: [not_null]
  - name: status
    checks:
      - accepted_values: [new, paid, packed, shipped]
checks:
  - row_count > 0
  - expression: total >= 0 OR status = 'paid'
  - sum(total) between 0 and 1_000_000_000
--- */
"""
    amounts = ",\n    ".join(f"sum(b.amount_{k}) AS amount_{k}" for k in range(3 + base % 8))
    if link == 0:
        return header + f"""SELECT
    b.id,
    max(b.status) AS status,
    date_trunc('month', b.day) AS month,
    count(*) AS orders,
    {amounts},
    sum(b.amount_0 + b.amount_1) AS total
FROM base.t{base} AS b
WHERE b.status <> 'cancelled' AND b.at > TIMESTAMPTZ '2020-01-01'
GROUP BY b.id, month
"""
    before = number - CHAINS
    other = (link - 1) * CHAINS + (chain * 7 + 3) % CHAINS
    return header + f"""WITH sold AS (
    SELECT b.id, {amounts.replace(chr(10) + "    ", " ")}, max(b.day) AS last_day
    FROM base.t{base} AS b
    GROUP BY b.id
),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY status ORDER BY total DESC) AS place
    FROM mart.a{other:04}
)
SELECT
    p.id,
    p.status,
    coalesce(sold.amount_0, 0) AS amount_0,
    coalesce(sold.amount_1, 0) AS amount_1,
    sold.last_day,
    CASE WHEN ranked.place <= 10 THEN 'top' ELSE 'rest' END AS class,
    p.total + coalesce(ranked.total, 0) AS total
FROM mart.a{before:04} AS p
LEFT JOIN sold ON sold.id = p.id
LEFT JOIN ranked ON ranked.id = p.id AND ranked.status = p.status
"""


def generate(folder, assets, tarn):
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([tarn, "init", str(folder)], check=True, stdout=subprocess.DEVNULL)
    statements = ";\n".join(source(number) for number in range(SOURCES))
    for statement in statements.split(";\n"):
        subprocess.run([tarn, "query", "--project", str(folder), statement], check=True, stdout=subprocess.DEVNULL)
    files = folder / "assets" / "mart"
    files.mkdir(parents=True, exist_ok=True)
    for number in range(assets):
        (files / f"a{number:04}.sql").write_text(asset(number))


def main():
    from harness import DIR, PAIRS, TARN, Side, report_side, run_process, verdict

    assets = int(os.environ.get("BENCH_ASSETS", "1000"))
    folder = DIR / "compile"
    cache = folder / ".tarn" / "cache"
    changed = folder / "assets" / "mart" / f"a{assets // 2:04}.sql"
    generate(folder, assets, TARN)

    def compile_once():
        return run_process([TARN, "compile", "--project", str(folder)], stdout=subprocess.DEVNULL)

    def cold():
        shutil.rmtree(cache, ignore_errors=True)
        return compile_once()

    edits = iter(range(1_000_000))

    def edited():
        text = changed.read_text().split("\n-- edit")[0]
        changed.write_text(f"{text}\n-- edit {next(edits)}\n")
        return compile_once()

    def column():
        """Every asset behind the changed one has another input."""
        text = changed.read_text().split("\n-- edit")[0]
        new = text.replace("'top' ELSE", "1 ELSE").replace("'rest' END", "0 END") if "'top'" in text else text.replace(
            "1 ELSE", "'top' ELSE").replace("0 END", "'rest' END")
        changed.write_text(new)
        return compile_once()

    print(f"== compile: {assets} assets over {SOURCES} tables")
    sides = [
        Side("compile without a cache", cold),
        Side("compile, nothing changed", compile_once),
        Side("compile, one statement changed", edited),
        Side("compile, the type of a column changed", column),
    ]
    interleave_in_order(sides, PAIRS)
    for side in sides:
        report_side(side)
    for side, bar in [(sides[0], COMPILE_SECONDS_MAX), (sides[2], CHANGE_SECONDS_MAX)]:
        wall = statistics.median(result.wall for result in side.results)
        print(f"{side.name}: {wall:.3f} s on the clock{verdict(wall, bar)}")
    shutil.rmtree(folder, ignore_errors=True)


def interleave_in_order(sides, pairs):
    """In turn, but always from the first to the last: each needs the cache that the one before left."""
    from harness import text

    for number in range(pairs):
        for side in sides:
            side.results.append(side.run())
            print(f"  {number + 1}/{pairs} {side.name}: {text(side.results[-1])}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["generate"]:
        generate(Path(sys.argv[2]), int((sys.argv[3:] or ["1000"])[0]), os.environ["TARN_BIN"])
    else:
        main()
