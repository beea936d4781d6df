"""The reference runs of lesson 12: three strategies on 500 images, a race of schedules, a part of the ablation.

`python -m benchmarks.lesson12` measures into lib/results, run by run, and goes on where it was stopped: three
strategies on digits on photographs, 50 a class; and nine cells of `lib.fractions.PRACTICE_GRID`, a fair fraction of its
81, on blood cells, 20 a class; and gradual unfreezing by three schedules, on 100 of the digits. Three seeds each. Named
alone, `strategies`, `ablation` or `race` measures one of them.
"""

import argparse
import functools
import itertools
from collections.abc import Callable
from typing import Any

import torch

from benchmarks.recording import Recording, Table, lacking, measure
from lib.ablation import compare_strategies
from lib.datasets import load_task
from lib.fractions import PRACTICE_GRID, fair_fraction
from lib.grid_table import Row
from lib.practice_runs import race_on
from lib.results import FOLDER

COMMAND = "python -m benchmarks.lesson12"
STRATEGIES, IMAGES, SEEDS = ("extraction", "partial", "full"), 50, 3
ABLATION_IMAGES = 20
RACE_EPOCHS = 25


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


def race_rows(seed: int) -> list[Row]:
    """Exercise 2: a row for each schedule and epoch: validation loss and accuracy, and how many stages learnt."""
    race = race_on(load_task("digits-on-photographs"), seed, RACE_EPOCHS)
    return [
        {
            "seed": seed,
            "schedule": name,
            "epoch": epoch,
            "loss": round(scores.loss, 6),
            "validation_accuracy": round(scores.accuracy, 6),
            "stages": race.learning[name][epoch - 1],
        }
        for name, run in race.scores.items()
        for epoch, scores in enumerate(run, start=1)
    ]


def race_table() -> Table:
    """A key and a job for each seed."""
    return ("seed",), lambda: (((seed,), functools.partial(race_rows, seed)) for seed in range(SEEDS))


def missing_race() -> int:
    """How many seeds of exercise 2 are still to be raced."""
    return lacking("lesson12_race", ("seed",), ((seed,) for seed in range(SEEDS)))


def missing_strategies() -> int:
    """How many runs of exercise 1 are still to be made."""
    return lacking("lesson12_strategies", ("strategy", "seed"), itertools.product(STRATEGIES, range(SEEDS)))


def missing_ablation() -> int:
    """How many runs of exercise 4 are still to be made."""
    cells = itertools.product(fair_fraction(PRACTICE_GRID), range(SEEDS))
    return lacking("lesson12_ablation", (*PRACTICE_GRID, "seed"), ((*cell.values(), seed) for cell, seed in cells))


MEASURES: dict[str, Callable[[], None]] = {
    "strategies": measure_strategies,
    "ablation": measure_ablation,
    "race": lambda: measure("lesson12_race", COMMAND, race_table()),
}
RECORDINGS = (
    Recording("lesson12_strategies", f"{COMMAND} strategies", missing_strategies),
    Recording("lesson12_ablation", f"{COMMAND} ablation", missing_ablation),
    Recording("lesson12_race", f"{COMMAND} race", missing_race),
)

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    parser.add_argument("tables", nargs="*", default=[*MEASURES], help="strategies, ablation, race (default: all)")
    torch.set_num_threads(1)
    for name in parser.parse_args().tables:
        MEASURES[name]()
