"""Lesson 4 measured: how much of the network should learn, and in which order, with ten images a class.

`python -m benchmarks.lesson04` measures every strategy on digits on photographs, five seeds, and writes
lib/results/fine_tuning_strategies.csv; stopped and started again, it goes on where it was. `--sizes 10 50` adds 50
images a class, which takes five times as long.
`python -m benchmarks.lesson04 --rates` tries a third of each strategy's rate, the rate, and three times it, on a seed
that is used for nothing else, and prints validation accuracies alone.
"""

import argparse
import itertools
from dataclasses import replace
from functools import partial

from benchmarks.recording import Recording, lacking
from lib.ablation import compare_strategies
from lib.datasets import load_task
from lib.grid_table import Row
from lib.plan import Phase
from lib.results import FOLDER, Recorded, mean_and_interval
from lib.strategies import Run, Strategy, everything, head_alone, one_by_one, probe_then_all

COMMAND = "python -m benchmarks.lesson04"
NAME = "fine_tuning_strategies"
TASK, SIZES, SEEDS = "digits-on-photographs", (10,), 5
FACTORS, RATE_SEED = (1 / 3, 1.0, 3.0), 100


def last(count: int, run: Run) -> tuple[Phase, ...]:
    """The last `count` stages learn, the head among them, from the first epoch to the last."""
    return (Phase(run.epochs, run.rate, stages=count),)


HEAD_RATE, RATE = 1e-2, 1e-3  # the head's: where it learns alone, and where features move with it
STRATEGIES = {
    "extraction": Strategy(head_alone, HEAD_RATE),
    "last two": Strategy(partial(last, 2), RATE),
    "full": Strategy(everything, RATE),
    "gradual": Strategy(one_by_one, RATE),
    "LP-FT": Strategy(probe_then_all, RATE),
}


def measure(sizes: tuple[int, ...] = SIZES, seeds: int = SEEDS) -> Recorded:
    """Every strategy, size and seed, from the file where they are in it."""
    where = {"path": FOLDER / f"{NAME}.csv", "command": COMMAND}
    return compare_strategies(load_task(TASK), STRATEGIES, sizes, range(seeds), report=tell, **where)


def missing() -> int:
    """How many runs are still to be recorded."""
    return lacking(NAME, ("images_per_class", "strategy", "seed"), itertools.product(SIZES, STRATEGIES, range(SEEDS)))


def try_rates() -> str:
    """The validation accuracy of every strategy at each rate, ten images a class, a line each."""
    tried = {
        f"{name} at {factor * strategy.rate:.1e}": replace(strategy, rate=factor * strategy.rate)
        for name, strategy in STRATEGIES.items()
        for factor in FACTORS
    }
    table = compare_strategies(load_task(TASK), tried, SIZES, (RATE_SEED,))
    return "\n".join(f"{row['validation_accuracy']:.3f}  {row['strategy']}" for row in table.rows)


def tell(row: Row) -> None:
    """A line for a run that is done."""
    named = f"{row['strategy']}, {row['images_per_class']} a class, seed {row['seed']}"
    print(f"{row['accuracy']:.3f}  {named}, {row['seconds']} s", flush=True)


def in_lines(table: Recorded) -> str:
    """A line for each strategy and size: the mean test accuracy over seeds, and its 95 % interval."""
    lines = []
    for size in table.distinct("images_per_class"):
        for name in table.distinct("strategy"):
            mean, half = mean_and_interval(table.values("accuracy", strategy=name, images_per_class=size))
            lines.append(f"{100 * mean:5.1f} ± {100 * half:4.1f} %  {name}, {size:g} a class")
    return "\n".join(lines)


def main() -> None:
    """Read the command line, measure, and print."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="images a class (default: 10)")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many (default: %(default)s)")
    parser.add_argument("--rates", action="store_true", help="try learning rates on validation images")
    options = parser.parse_args()
    print(try_rates() if options.rates else in_lines(measure(tuple(options.sizes), options.seeds)))


RECORDINGS = (Recording(NAME, COMMAND, missing),)

if __name__ == "__main__":
    main()
