"""The reference runs of lesson 12: three strategies on 500 images, and a fair fraction of the ablation.

`python -m benchmarks.lesson12` measures into lib/results, run by run, and goes on where it was stopped: three
strategies on digits on photographs, 50 a class; and nine cells of `lib.fractions.PRACTICE_GRID`, a fair fraction of its
81, on blood cells, 20 a class. Three seeds each. Named alone, `strategies` or `ablation` measures one of them.
"""

import argparse
import itertools
from typing import Any

import torch

from benchmarks.recording import Recording, lacking
from lib.ablation import compare_strategies
from lib.datasets import load_task
from lib.fractions import PRACTICE_GRID, fair_fraction
from lib.grid_table import Row
from lib.results import FOLDER

COMMAND = "python -m benchmarks.lesson12"
STRATEGIES, IMAGES, SEEDS = ("extraction", "partial", "full"), 50, 3
ABLATION_IMAGES = 20


def tell(row: Row) -> None:
    """A line for a run that is done; its validation accuracy alone."""
    names = ("backbone", "strategy", "augmentation", "schedule", "seed", "validation_accuracy", "seconds")
    print(*(row[name] for name in names), flush=True)


def measure_strategies() -> None:
    """Exercise 1: 500 images, three strategies, seeds outermost."""
    path = FOLDER / "lesson12_strategies.csv"
    task = load_task("digits-on-photographs")
    compare_strategies(task, STRATEGIES, (IMAGES,), range(SEEDS), path=path, command=COMMAND, report=tell)


def measure_ablation() -> None:
    """Exercise 4: the nine cells of the fair fraction, seed after seed."""
    path, task = FOLDER / "lesson12_ablation.csv", load_task("blood-cells")
    for seed in range(SEEDS):
        for cell in fair_fraction(PRACTICE_GRID):
            options: dict[str, Any] = {f"{name}s": (cell[name],) for name in ("backbone", "augmentation", "schedule")}
            compare_strategies(
                task,
                (cell["strategy"],),
                (ABLATION_IMAGES,),
                (seed,),
                path=path,
                command=COMMAND,
                report=tell,
                **options,
            )


def missing_strategies() -> int:
    """How many runs of exercise 1 are still to be made."""
    return lacking("lesson12_strategies", ("strategy", "seed"), itertools.product(STRATEGIES, range(SEEDS)))


def missing_ablation() -> int:
    """How many runs of exercise 4 are still to be made."""
    cells = itertools.product(fair_fraction(PRACTICE_GRID), range(SEEDS))
    return lacking("lesson12_ablation", (*PRACTICE_GRID, "seed"), ((*cell.values(), seed) for cell, seed in cells))


MEASURES = {"strategies": measure_strategies, "ablation": measure_ablation}
RECORDINGS = (
    Recording("lesson12_strategies", f"{COMMAND} strategies", missing_strategies),
    Recording("lesson12_ablation", f"{COMMAND} ablation", missing_ablation),
)

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    parser.add_argument("tables", nargs="*", default=[*MEASURES], help="strategies, ablation (default: both)")
    torch.set_num_threads(1)
    for name in parser.parse_args().tables:
        MEASURES[name]()
