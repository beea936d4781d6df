"""Right answers in other styles than the reference's."""

import itertools
from types import SimpleNamespace

import numpy as np

from lib.results import mean_and_interval


def ablation_table_in_loops(rows, factors):
    names = list(factors)
    cells = [dict(zip(names, levels, strict=True)) for levels in itertools.product(*factors.values())]

    def runs_of(**wanted):
        return [row for row in rows if all(row[name] == value for name, value in wanted.items())]

    measured = [cell for cell in cells if runs_of(**cell)]
    seeds = sorted({row["seed"] for row in rows})
    seeds = [seed for seed in seeds if all(runs_of(seed=seed, **cell) for cell in measured)]
    if not seeds:
        raise ValueError("every seed lacks a cell")
    effects = {}
    for name in names:
        first, *others = factors[name]
        effects[name] = {}
        for level in others:
            if not runs_of(**{name: level}) or not runs_of(**{name: first}):
                effects[name][level] = None
                continue
            apart = []
            for seed in seeds:
                ours = [run["accuracy"] for run in runs_of(seed=seed, **{name: level})]
                theirs = [run["accuracy"] for run in runs_of(seed=seed, **{name: first})]
                apart.append(sum(ours) / len(ours) - sum(theirs) / len(theirs))
            effects[name][level] = mean_and_interval(apart) if len(apart) > 1 else (apart[0], None)
    best, highest = None, -1
    for cell in measured:
        scores = [run["validation_accuracy"] for run in runs_of(**cell) if run["seed"] in seeds]
        if sum(scores) / len(scores) > highest:
            best, highest = cell, sum(scores) / len(scores)
    tested = [run["accuracy"] for run in runs_of(**best) if run["seed"] in seeds]
    missing = [cell for cell in cells if cell not in measured]
    return SimpleNamespace(seeds=seeds, effects=effects, best=best, accuracy=sum(tested) / len(tested), missing=missing)


def ablation_table_in_arrays(rows, factors):
    """An array over seeds and all factors, nan where there is no run."""
    seeds = sorted({row["seed"] for row in rows})
    shape = (len(seeds), *(len(levels) for levels in factors.values()))
    test, validation = np.full(shape, np.nan), np.full(shape, np.nan)
    for row in rows:
        place = (seeds.index(row["seed"]), *(list(levels).index(row[name]) for name, levels in factors.items()))
        test[place], validation[place] = row["accuracy"], row["validation_accuracy"]
    measured = ~np.isnan(test).all(0)
    whole = np.array([not np.isnan(one[measured]).any() for one in test])
    if not whole.any():
        raise ValueError("every seed lacks a cell")
    test, validation = test[whole], validation[whole]
    effects = {}
    for axis, (name, levels) in enumerate(factors.items(), start=1):
        by_level = [np.take(test, position, axis).reshape(len(test), -1) for position in range(len(levels))]
        none = [bool(np.isnan(values).all()) for values in by_level]
        means = [None if empty else np.nanmean(values, 1) for values, empty in zip(by_level, none, strict=True)]
        effects[name] = {}
        for position in range(1, len(levels)):
            pair = None
            if not none[0] and not none[position]:
                apart = (means[position] - means[0]).tolist()
                pair = mean_and_interval(apart) if len(apart) > 1 else (apart[0], None)
            effects[name][levels[position]] = pair
    scores = np.where(measured, validation.mean(0), -np.inf)
    best = np.unravel_index(scores.argmax(), scores.shape)

    def cell(place):
        return {name: levels[position] for position, (name, levels) in zip(place, factors.items(), strict=True)}

    return SimpleNamespace(
        seeds=[seed for seed, kept in zip(seeds, whole, strict=True) if kept],
        effects=effects,
        best=cell(best),
        accuracy=float(test.mean(0)[best]),
        missing=[cell(place) for place in np.ndindex(scores.shape) if not measured[place]],
    )


def ablation_table_with_the_best_sorted(rows, factors):
    """By grouping; the best is the first of a stable sort."""

    def levels_of(row):
        return tuple(row[name] for name in factors)

    def average(runs, column):
        return sum(run[column] for run in runs) / len(runs)

    order = {levels: place for place, levels in enumerate(itertools.product(*factors.values()))}
    seen = {levels_of(row) for row in rows}
    count = {}
    for row in rows:
        count[row["seed"]] = count.get(row["seed"], 0) + 1
    seeds = sorted(seed for seed in count if count[seed] == len(seen))
    if not seeds:
        raise ValueError("every seed lacks a cell")
    kept = [row for row in rows if row["seed"] in seeds]
    groups = {}
    for row in kept:
        groups.setdefault(levels_of(row), []).append(row)
    ranked = sorted(groups, key=lambda levels: (-average(groups[levels], "validation_accuracy"), order[levels]))
    effects = {name: dict.fromkeys(levels[1:]) for name, levels in factors.items()}
    for name, levels in factors.items():
        for level in levels[1:]:
            parts = [
                [[row for row in kept if row["seed"] == seed and row[name] == one] for seed in seeds]
                for one in (level, levels[0])
            ]
            if all(parts[0]) and all(parts[1]):
                apart = [average(a, "accuracy") - average(b, "accuracy") for a, b in zip(*parts, strict=True)]
                effects[name][level] = tuple(mean_and_interval(apart)) if len(seeds) > 1 else (apart[0], None)
    missing = [dict(zip(factors, levels, strict=True)) for levels in order if levels not in seen]
    best = dict(zip(factors, ranked[0], strict=True))
    return SimpleNamespace(
        seeds=seeds, effects=effects, best=best, accuracy=average(groups[ranked[0]], "accuracy"), missing=missing
    )
