"""Strategies of fine-tuning measured: accuracy, time, memory and trainable share over sizes and seeds.

`python -m benchmarks.strategies` prints a small grid on blood cells: 5 and 20 images a class, two seeds.
`python -m benchmarks.strategies --record` measures 5, 20 and 50 images a class and five seeds into lib/results;
`--ablation` runs every backbone × strategy × augmentation × schedule there, at `--sizes` and `--seeds`;
`--rates` tries three learning rates for each strategy and prints validation accuracies alone, on a seed that is used
for nothing else. Each goes on where it was stopped, if it writes a file.
"""

import argparse
import functools
import itertools
from dataclasses import replace
from pathlib import Path

from benchmarks.recording import Recording, lacking
from lib.ablation import ablation_grid, compare_strategies
from lib.comparison_summary import in_markdown, summary
from lib.datasets import load_task
from lib.grid_table import Row
from lib.results import FOLDER, Recorded
from lib.strategies import STRATEGIES, Strategy

COMMAND = "python -m benchmarks.strategies"
SMALL, RECORDED = ((5, 20), 2), ((5, 20, 50), 5)  # images a class; how many seeds
RATES = dict.fromkeys(STRATEGIES, (3e-4, 1e-3, 3e-3)) | {"extraction": (3e-3, 1e-2, 3e-2)}
RATE_SIZES, RATE_SEEDS = (20,), (100,)


def candidates() -> dict[str, Strategy]:
    """Every strategy at each of its rates."""
    named = ((name, rate) for name, rates in RATES.items() for rate in rates)
    return {f"{name} at {rate:.0e}": replace(STRATEGIES[name], rate=rate) for name, rate in named}


def try_rates(path: Path | None) -> str:
    """Mean validation accuracy of every candidate, a line each."""
    task = load_task("blood-cells")
    table = compare_strategies(task, candidates(), RATE_SIZES, RATE_SEEDS, path=path, report=tell)
    scores = {name: table.values("validation_accuracy", strategy=name) for name in table.distinct("strategy")}
    return "\n".join(f"{sum(found) / len(found):.3f}  {name}" for name, found in scores.items())


def tell(row: Row) -> None:
    """A line for a run that is done; its validation accuracy alone, so that nobody chooses by the test."""
    factors = ("backbone", "strategy", "augmentation", "schedule")
    named = ", ".join(str(row[name]) for name in factors)
    size, seed = row["images_per_class"], row["seed"]
    print(f"{row['validation_accuracy']:.3f}  {named}, {size} a class, seed {seed}, {row['seconds']} s", flush=True)


def measure(options: argparse.Namespace) -> Recorded:
    """The table that the command line asks for."""
    sizes, seeds = RECORDED if options.record else SMALL
    name = "ablation" if options.ablation else "strategies"
    path = options.path or (FOLDER / f"{name}.csv" if options.record or options.ablation else None)
    if options.ablation:
        run, sizes, seeds = ablation_grid, (200,), 1
    else:
        run = functools.partial(compare_strategies, load_task("blood-cells"))
    command = f"{COMMAND}{' --ablation' if options.ablation else ' --record'}"
    seeds = range(options.seeds or seeds)
    return run(sizes=options.sizes or sizes, seeds=seeds, path=path, command=command, report=tell)


def missing() -> int:
    """How many runs `--record` has still to make."""
    sizes, seeds = RECORDED
    key = ("strategy", "images_per_class", "seed")
    return lacking("strategies", key, itertools.product(STRATEGIES, sizes, range(seeds)))


def main() -> None:
    """Read the command line, measure, and print."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--record", action="store_true", help="all sizes and seeds, written to lib/results")
    what.add_argument("--ablation", action="store_true", help="every combination of all factors, written likewise")
    what.add_argument("--rates", action="store_true", help="try learning rates on validation images")
    parser.add_argument("--sizes", type=int, nargs="+", help="images a class")
    parser.add_argument("--seeds", type=int, help="how many, from 0")
    parser.add_argument("--path", type=Path, help="a CSV file to write, and to go on from")
    options = parser.parse_args()
    if options.rates:
        print(try_rates(options.path))
    else:
        print(in_markdown(summary(measure(options), baseline="full")))


RECORDINGS = (Recording("strategies", f"{COMMAND} --record", missing),)

if __name__ == "__main__":
    main()
