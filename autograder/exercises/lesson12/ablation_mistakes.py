"""Misconceptions of an ablation's table: a right table of rows made wrong, or with one of its fields made wrong."""

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from statistics import fmean, stdev
from typing import Any

from lib.ablation_summary import Ablation, Effect, ablation_table
from lib.results import mean_and_interval

Rows = list[dict[str, Any]]
Factors = dict[str, list[Any]]
Effects = dict[str, dict[Any, Effect | None]]


def table_with(
    *,
    table: Callable[[Rows, Factors], Rows] = lambda rows, _: rows,
    finish: Callable[[Ablation, Rows, Factors], Ablation] = lambda found, *_: found,
) -> Callable[[Rows, Factors], Ablation]:
    """The right table of rows made wrong, or a right table with a field made wrong."""

    def summed_up(rows: Rows, factors: Factors) -> Ablation:
        return finish(ablation_table(table(rows, factors), factors), rows, factors)

    return summed_up


def effects_with(change: Callable[..., Any]) -> Callable[[Rows, Factors], Ablation]:
    """change: (pair, runs with the level, runs with the baseline) → another pair."""

    def finish(found: Ablation, rows: Rows, factors: Factors) -> Ablation:
        whole = [row for row in rows if row["seed"] in found.seeds]
        effects = {
            name: {
                level: pair
                and change(
                    pair,
                    [row for row in whole if row[name] == level],
                    [row for row in whole if row[name] == factors[name][0]],
                )
                for level, pair in levels.items()
            }
            for name, levels in found.effects.items()
        }
        return replace(found, effects=effects)

    return table_with(finish=finish)


def accuracies(runs: Rows) -> list[float]:
    """On the test split."""
    return [float(run["accuracy"]) for run in runs]


def _interval(values: list[float]) -> tuple[float, float]:
    return mean_and_interval(values) if len(values) > 1 else (values[0], 0.0)


def over_runs(pair: Any, ours: Rows, theirs: Rows) -> Any:
    """The interval over all runs."""
    apart = [a - b for a, b in zip(accuracies(ours), accuracies(theirs), strict=True)]
    return pair[0], None if pair[1] is None else _interval(apart)[1]


def _by_seed(runs: Rows) -> list[float]:
    seeds = sorted({run["seed"] for run in runs})
    groups = [accuracies([run for run in runs if run["seed"] == seed]) for seed in seeds]
    return [sum(group) / len(group) for group in groups]


def apart(pair: Any, ours: Rows, theirs: Rows) -> Any:
    """The two means' own intervals put together."""
    if pair[1] is None:
        return pair
    return pair[0], math.hypot(_interval(_by_seed(ours))[1], _interval(_by_seed(theirs))[1])


def half_width(times: Callable[[float, int], float]) -> Callable[[Any, Rows, Rows], Any]:
    """times: from the standard deviation of the seeds' differences and their number to a half-width."""

    def changed(pair: Any, ours: Rows, theirs: Rows) -> Any:
        apart = [a - b for a, b in zip(_by_seed(ours), _by_seed(theirs), strict=True)]
        return pair[0], None if pair[1] is None else times(stdev(apart), len(apart))

    return changed


def chosen_by(
    score: Callable[[Rows], float], reported: str = "accuracy", *, from_the_end: bool = False
) -> Callable[[Rows, Factors], Ablation]:
    """The cell with the highest score of its runs; from_the_end: of equals the last."""

    def finish(found: Ablation, rows: Rows, factors: Factors) -> Ablation:
        cells: dict[tuple[Any, ...], Rows] = {}
        for row in rows:
            if row["seed"] in found.seeds:
                cells.setdefault(tuple(row[name] for name in factors), []).append(row)
        in_order = [cell for cell in itertools.product(*factors.values()) if cell in cells]
        best = max(in_order[::-1] if from_the_end else in_order, key=lambda cell: score(cells[cell]))
        accuracy = sum(row[reported] for row in cells[best]) / len(cells[best])
        return replace(found, best=dict(zip(factors, best, strict=True)), accuracy=accuracy)

    return table_with(finish=finish)


def mean_validation(runs: Rows) -> float:
    """Over the runs."""
    return fmean(float(run["validation_accuracy"]) for run in runs)


def broken_kept(rows: Rows, factors: Factors) -> Ablation:
    """Each seed with what it has: the missing run is simply not in the mean."""
    found = ablation_table(rows, factors)
    effects: dict[str, dict[Any, Any]] = {}
    for name, levels in factors.items():
        for level in levels[1:]:
            ours, theirs = (_by_seed([row for row in rows if row[name] == value]) for value in (level, levels[0]))
            apart = [a - b for a, b in zip(ours, theirs, strict=False)]
            pair = None if not apart else mean_and_interval(apart) if len(apart) > 1 else (apart[0], None)
            effects.setdefault(name, {})[level] = pair
    return replace(found, seeds=sorted({row["seed"] for row in rows}), effects=effects)


def on_validation(rows: Rows, _: Factors) -> Rows:
    """The validation accuracy in the test accuracy's place."""
    return [row | {"accuracy": row["validation_accuracy"]} for row in rows]


def others_at_baseline(rows: Rows, factors: Factors) -> Ablation:
    """An effect from the runs alone in which all other factors are at their baseline."""
    found = ablation_table(rows, factors)
    effects: dict[str, dict[Any, Any]] = {name: {} for name in factors}
    for name, levels in factors.items():
        plain = [
            row
            for row in rows
            if row["seed"] in found.seeds and all(row[other] == factors[other][0] for other in factors if other != name)
        ]
        for level in levels[1:]:
            ours, theirs = (_by_seed([row for row in plain if row[name] == value]) for value in (level, levels[0]))
            apart = [a - b for a, b in zip(ours, theirs, strict=False)]
            effects[name][level] = None if not apart else mean_and_interval(apart) if apart[1:] else (apart[0], None)
    return replace(found, effects=effects)


def silent(found: Ablation, *_: Any) -> Ablation:
    """No word of the missing cells."""
    return replace(found, missing=[])


def none_left_out(found: Ablation, *_: Any) -> Ablation:
    """No word of a level that has no run."""
    effects: Effects = {name: {level: pair for level, pair in of.items() if pair} for name, of in found.effects.items()}
    return replace(found, effects=effects)


def sure_of_one_seed(found: Ablation, *_: Any) -> Ablation:
    """A half-width of 0 where there is one seed."""
    effects: Effects = {
        name: {level: pair and (pair[0], pair[1] or 0.0) for level, pair in of.items()}
        for name, of in found.effects.items()
    }
    return replace(found, effects=effects)


def never_refused(rows: Rows, factors: Factors) -> Ablation:
    """An empty table where no seed is whole."""
    try:
        return ablation_table(rows, factors)
    except ValueError:
        return Ablation([], {}, {}, 0.0, [])


def sorted_in_place(rows: Rows, factors: Factors) -> Ablation:
    """The rows themselves are sorted by seed."""
    rows.sort(key=lambda row: row["seed"])
    return ablation_table(rows, factors)
