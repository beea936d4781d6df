"""Recipes for `lib.comparison`, each with one rate or penalty changed, tried on the validation split.

`python -m benchmarks.recipes` prints the accuracy of one seed at 10 and 50 images a class. The test split
is not looked at.
"""

import argparse
from dataclasses import replace

from lib.comparison import RECIPES, Recipe, compare
from lib.datasets import load_task

SIZES, SEEDS = (10, 50), 1


def candidates() -> list[tuple[str, Recipe]]:
    """What is tried for each technique: the recipe it has, with one thing changed."""
    tried: list[tuple[str, Recipe]] = []
    for name in ("random", "frozen"):
        tried += [(name, replace(RECIPES[name], penalty=penalty)) for penalty in (1e-3, 1e-2, 3e-2, 1e-1, 3e-1)]
    tried += [("scratch", replace(RECIPES["scratch"], rate=rate, head_rate=rate)) for rate in (1e-3, 3e-3, 1e-2)]
    tried += [("fine-tuned", replace(RECIPES["fine-tuned"], rate=rate)) for rate in (1e-4, 3e-4, 1e-3)]
    return tried


def main() -> None:
    """Try every candidate and print a line for each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recipes", description=__doc__.splitlines()[0])
    parser.add_argument("techniques", nargs="*", default=list(RECIPES), help="which (default: all)")
    wanted = parser.parse_args().techniques
    task = load_task("digits-on-photographs")
    for name, recipe in candidates():
        if name not in wanted:
            continue
        means = []
        for size in SIZES:
            runs = [compare(name, task, size, seed, recipe=recipe, on="validation") for seed in range(SEEDS)]
            means.append(sum(run.accuracy for run in runs) / SEEDS)
        print(f"{' '.join(f'{mean:.3f}' for mean in means)}  {name} {recipe}", flush=True)


if __name__ == "__main__":
    main()
