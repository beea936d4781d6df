"""What an ablation says: the main effect of each factor, the cell to take, and what was not measured.

A run belongs to a cell, one level of each factor, and to a seed. Runs of one seed saw the same images, so levels are
compared within a seed, and the interval is over seeds: cells are settings that somebody chose, not draws.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from lib.results import Value, mean_and_interval

Effect = tuple[float, float | None]
Setting = dict[str, Value]


@dataclass(frozen=True)
class Ablation:
    """What `ablation_table` returns; its fields are explained there."""

    seeds: list[int]
    effects: dict[str, dict[Value, Effect | None]]
    best: Setting
    accuracy: float
    missing: list[Setting]


def ablation_table(rows: Sequence[Mapping[str, Value]], factors: Mapping[str, Sequence[Value]]) -> Ablation:
    """The main effect of each factor by pairs, the best cell by validation, its test accuracy, and the missing cells.

    rows: a mapping for each run, in any order: a level of each factor, "seed", "accuracy" (on the test split) and
    "validation_accuracy"; other columns may stand there too. At least one; none twice. factors: factor → its levels, at
    least two; the first is the baseline. A *cell* is one level of each factor; a cell is measured if any seed has a run
    of it.

    Returns `Ablation(seeds, effects, best, accuracy, missing)`:
    seeds: a list of those with a run of every measured cell, in rising order. All else counts the runs of these seeds
    alone. effects: factor → level, but for the baseline → (mean, half). For each seed, take the mean "accuracy" of all
    its runs with the level, less that of all its runs with the baseline: seeds are the pairs. mean and half are those
    of `mean_and_interval` over the seeds' differences, half is None for one seed. Where the level or the baseline has
    no run, None stands instead of the pair. best: the cell, a dictionary factor → level, with the highest mean
    "validation_accuracy" over seeds; the first of equals, in the order of `itertools.product` over the levels.
    accuracy: the mean "accuracy" of that cell. missing: a list of the cells that no seed has a run of, as dictionaries,
    in the same order. Nothing is changed. Raises ValueError where no seed has every measured cell.

    Example:
        >>> runs = [("a", 0.6, 0.7), ("b", 0.7, 0.8)]
        >>> rows = [{"net": n, "seed": 0, "accuracy": x, "validation_accuracy": y} for n, x, y in runs]
        >>> table = ablation_table(rows, {"net": ["a", "b", "c"]})
        >>> table.best, table.accuracy, table.missing, table.effects["net"]["c"]
        ({'net': 'b'}, 0.7, [{'net': 'c'}], None)
    """
    grid = list(itertools.product(*factors.values()))
    runs: dict[int, dict[tuple[Value, ...], Mapping[str, Value]]] = {}  # seed → cell → run
    for row in rows:
        runs.setdefault(int(row["seed"]), {})[tuple(row[name] for name in factors)] = row
    measured = [cell for cell in grid if any(cell in found for found in runs.values())]
    seeds = sorted(seed for seed, found in runs.items() if all(cell in found for cell in measured))
    if not seeds:
        raise ValueError("rows: expected a seed with a run of every measured cell, got none")

    def means(column: str, cells: Iterable[tuple[Value, ...]]) -> list[float]:
        return [fmean([float(runs[seed][cell][column]) for cell in cells]) for seed in seeds]

    def effect(place: int, level: Value, baseline: Value) -> Effect | None:
        ours, theirs = ([cell for cell in measured if cell[place] == value] for value in (level, baseline))
        if not ours or not theirs:
            return None
        apart = [a - b for a, b in zip(means("accuracy", ours), means("accuracy", theirs), strict=True)]
        return mean_and_interval(apart) if len(apart) > 1 else (apart[0], None)

    effects = {
        name: {level: effect(place, level, levels[0]) for level in levels[1:]}
        for place, (name, levels) in enumerate(factors.items())
    }
    best = max(measured, key=lambda cell: fmean(means("validation_accuracy", [cell])))
    missing = [dict(zip(factors, cell, strict=True)) for cell in grid if cell not in measured]
    return Ablation(seeds, effects, dict(zip(factors, best, strict=True)), fmean(means("accuracy", [best])), missing)
