"""The reference library against what a user would otherwise write or install, as ratios of times.

`python -m benchmarks.library` prints a table: how many times as fast ours is in one run on one machine, the peak of new
memory on each side, and the accuracy where the sides train to an end. Where another library is not installed, its row
says so. `pip install -c constraints.txt -e .[benchmarks]` brings four of them. pytorch-adapt asks for a torchmetrics
that current setuptools broke; `pip install --no-deps pytorch-adapt pytorch-metric-learning` after the others brings it.
"""

import argparse
import os
import warnings

from benchmarks.library import arithmetic, device, prefix, runs
from benchmarks.library.measuring import HEADER, line
from lib.results import origin

ROWS = [*prefix.ROWS, *arithmetic.ROWS, *runs.ROWS, *device.ROWS]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.library", description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="only comparisons whose name has one of these")
    words = parser.parse_args().words
    warnings.simplefilter("ignore")  # other libraries' use of what is deprecated
    os.environ["KINETO_LOG_LEVEL"] = "99"  # or torch's profiler writes on standard error
    print(f"{origin('')['machine']}\n\n{HEADER}")
    for row in ROWS:
        if not words or any(word.lower() in row.name.lower() for word in words):
            print(line(row), flush=True)


if __name__ == "__main__":
    main()
