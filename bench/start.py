"""What calling the program costs by itself."""

import statistics
import subprocess

from harness import PAIRS, TARN, run_process, verdict

CPU_SECONDS_MAX = 0.100

print("== start: CPU seconds of `tarn --version` and `tarn --help`")
for option in ["--version", "--help"]:
    results = [run_process([TARN, option], stdout=subprocess.DEVNULL) for _ in range(max(PAIRS, 5))]
    values = [result.client for result in results]
    middle = statistics.median(values)
    print(
        f"tarn {option}: {middle * 1000:.0f} ms ({min(values) * 1000:.0f}..{max(values) * 1000:.0f}) CPU"
        + verdict(middle, CPU_SECONDS_MAX)
    )
