"""The grader against stock nbgrader: one released lesson, the same honest submissions, one machine, one run.

`python -m benchmarks.grading` prints submissions a minute, processor time, peak memory, and whether the scores are the
same; then what thousands of submissions cost. Gradebook and feedback are part of every side. Stock is slow, so it gets
the first few of the submissions; `--full` gives it all of them.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks.grading.memory import Usage
from benchmarks.grading.scale import collected, one_graded
from benchmarks.grading.sides import Run, ours, stock
from benchmarks.grading.table import comparison, equality, growth, verdicts
from lib.files import write_whole
from lib.results import origin

WORKERS, COPIES = (1, 2), (100, 1000, 10_000)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, measure and print; 0 if scores are the same everywhere."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.grading", description=__doc__.splitlines()[0])
    count = {"type": int, "metavar": "N"}
    parser.add_argument("--submissions", default=60, **count, help="for this grader (default: %(default)s)")
    parser.add_argument("--stock", default=10, **count, help="of them, for stock's graded cells (default: %(default)s)")
    parser.add_argument("--stock-all", default=4, **count, help="of them, for all cells (default: %(default)s)")
    parser.add_argument("--full", action="store_true", help="all of them for stock as well: hours")
    parser.add_argument(
        "--copies",
        type=int,
        nargs="*",
        default=[100, 1000, 10_000],
        metavar="N",
        help="simulated (default: %(default)s)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the measured numbers there as well")
    chosen = parser.parse_args(arguments)
    some, few = (chosen.submissions,) * 2 if chosen.full else (chosen.stock, chosen.stock_all)
    print(f"{machine()}\n", flush=True)
    with tempfile.TemporaryDirectory() as place:
        runs = _sides(Path(place), chosen.submissions, some, few)
        faults = equality(runs)
        print(f"\n{comparison(runs)}\n", *faults or ["Scores are the same on every side."], "", sep="\n", flush=True)
        print(*verdicts(runs), "", sep="\n", flush=True)
        sizes = _growing(Path(place), chosen.copies)
    if sizes:
        print(growth(sizes))
    if chosen.json:
        plain = {"machine": machine(), "sides": [_plain(run) for run in runs], "differences": faults}
        write_whole(chosen.json, json.dumps(plain | {"copies": {n: vars(use) for n, use in sizes.items()}}, indent=1))
    return 1 if faults else 0


def machine() -> str:
    """What this runs on: cores, how busy they are, versions."""
    cores = len(os.sched_getaffinity(0))
    versions = f"Python {sys.version.split()[0]}, nbgrader {version('nbgrader')}"
    return f"{cores} cores, load {os.getloadavg()[0]:.1f}; {versions}; {origin('')['machine']}"


def _sides(place: Path, count: int, some: int, few: int) -> list[Run]:
    def told(name: str, side: Callable[[Path], Run]) -> Run:
        (folder := place / name).mkdir()
        run = side(folder)
        print(f"{run.name}: {run.count} submissions in {run.usage.seconds:.0f} s", flush=True)
        return run

    runs = [told("all", lambda folder: stock(folder, few, graded_only=False))] if few else []
    runs.append(told("graded", lambda folder: stock(folder, some, graded_only=True)))
    return runs + [told(f"ours-{n}", lambda folder, n=n: ours(folder, count, n)) for n in WORKERS]


def _growing(place: Path, copies: Sequence[int]) -> dict[int, Usage]:
    (folder := place / "copies").mkdir()
    record = one_graded(folder / "submitted") if copies else None
    return {count: collected(folder, record, count) for count in copies}


def _plain(run: Run) -> dict[str, object]:
    return {"name": run.name, "submissions": run.count, "a minute": run.rate, **vars(run.usage) | {"output": ""}}


if __name__ == "__main__":
    sys.exit(main())
