"""Exercise: what an ablation says."""

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson12 as probes
from lib.ablation_summary import Ablation, ablation_table
from lib.fractions import fair_fraction
from lib.results import mean_and_interval

Rows = list[dict[str, Any]]
Factors = dict[str, list[Any]]
_TWO: Factors = {"backbone": ["small", "large"], "augmentation": ["none", "Mixup", "CutMix"]}
_FOUR: Factors = {name: [f"{name}{level}" for level in range(3)] for name in "abcd"}


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)
    whole = list(itertools.product(*_TWO.values()))
    fair = [tuple(cell.values()) for cell in fair_fraction(_FOUR)]
    broken = _runs(_FOUR, fair, [5, 0, 2, 1], generator)
    del broken[-2]  # the last seed lacks a cell
    few = _runs(_TWO, [cell for cell in whole if cell[1] != "CutMix"], [3], generator)
    return [
        Case("a whole grid of 2 × 3, three seeds", {"rows": _runs(_TWO, whole, [0, 1, 2], generator), "factors": _TWO}),
        Case("nine cells of 81, four seeds, of which one lacks a run", {"rows": broken, "factors": _FOUR}),
        Case("four cells of six, one seed", {"rows": few, "factors": _TWO}),
    ]


def _runs(factors: Factors, cells: list[tuple[Any, ...]], seeds: list[int], generator: torch.Generator) -> Rows:
    """Runs of every cell: the first is the best on validation, the second on test, the third once very lucky.

    The last seed is another world: there all are far better, and the last cell by most.
    """
    rows = []
    for seed, (place, cell) in itertools.product(seeds, enumerate(cells)):
        noise, luck = (0.08 * torch.rand(2, generator=generator, dtype=torch.float64) - 0.04).tolist()
        shift = 0.05 * (seed % 3)
        row = dict(zip(factors, cell, strict=True)) | {"seed": seed, "accuracy": 0.5 + shift + noise + 0.03 * place}
        row["validation_accuracy"] = 0.45 + shift + luck
        if place == 0:
            row["validation_accuracy"] += 0.2
        if place == 1:
            row["accuracy"] += 0.3
        if place == 2 and seed == max(seeds) and len(seeds) > 1:
            row["validation_accuracy"] = 0.98 if len(seeds) > 3 else 0.92
        rows.append(row)
    return rows


# ---- misconceptions -----------------------------------------------------------------------------------------------


def _with(
    *,
    table: Callable[[Rows, Factors], Rows] = lambda rows, _: rows,
    finish: Callable[[Ablation, Rows, Factors], Ablation] = lambda found, *_: found,
) -> Callable[[Rows, Factors], Ablation]:
    """The right table of rows made wrong, or a right table with a field made wrong."""

    def summed_up(rows: Rows, factors: Factors) -> Ablation:
        return finish(ablation_table(table(rows, factors), factors), rows, factors)

    return summed_up


def _effects(change: Callable[..., Any]) -> Callable[[Rows, Factors], Ablation]:
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

    return _with(finish=finish)


def _accuracies(runs: Rows) -> list[float]:
    return [float(run["accuracy"]) for run in runs]


def _interval(values: list[float]) -> tuple[float, float]:
    return mean_and_interval(values) if len(values) > 1 else (values[0], 0.0)


def _over_runs(pair: Any, ours: Rows, theirs: Rows) -> Any:
    apart = [a - b for a, b in zip(_accuracies(ours), _accuracies(theirs), strict=True)]
    return pair[0], None if pair[1] is None else _interval(apart)[1]


def _by_seed(runs: Rows) -> list[float]:
    seeds = sorted({run["seed"] for run in runs})
    groups = [_accuracies([run for run in runs if run["seed"] == seed]) for seed in seeds]
    return [sum(group) / len(group) for group in groups]


def _apart(pair: Any, ours: Rows, theirs: Rows) -> Any:
    if pair[1] is None:
        return pair
    return pair[0], math.hypot(_interval(_by_seed(ours))[1], _interval(_by_seed(theirs))[1])


def _deviation(pair: Any, ours: Rows, theirs: Rows) -> Any:
    apart = torch.tensor(_by_seed(ours), dtype=torch.float64) - torch.tensor(_by_seed(theirs), dtype=torch.float64)
    return pair[0], None if pair[1] is None else float(apart.std())


def _chosen_by(score: Callable[[Rows], float], reported: str = "accuracy") -> Callable[[Rows, Factors], Ablation]:
    def finish(found: Ablation, rows: Rows, factors: Factors) -> Ablation:
        cells: dict[tuple[Any, ...], Rows] = {}
        for row in rows:
            if row["seed"] in found.seeds:
                cells.setdefault(tuple(row[name] for name in factors), []).append(row)
        best = max(cells, key=lambda cell: score(cells[cell]))
        accuracy = sum(row[reported] for row in cells[best]) / len(cells[best])
        return replace(found, best=dict(zip(factors, best, strict=True)), accuracy=accuracy)

    return _with(finish=finish)


def _mean_validation(runs: Rows) -> float:
    return sum(float(run["validation_accuracy"]) for run in runs) / len(runs)


def _broken_kept(rows: Rows, factors: Factors) -> Ablation:
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


def _on_validation(rows: Rows, _: Factors) -> Rows:
    return [row | {"accuracy": row["validation_accuracy"]} for row in rows]


EXERCISE = Exercise(
    lesson="12_practice_exercises",
    reference=ablation_table,
    probe=probes.ablation_table,
    cases=_cases,
    properties=(
        Property("The seeds that count are those with a run of every measured cell.", 1, ("seeds",)),
        Property(
            "A main effect is the mean difference from the baseline, seed by seed; None where there is no run.",
            2,
            ("which effects", "mean effects"),
        ),
        Property("Its interval is Student's, over the seeds' differences.", 2, ("half-widths",)),
        Property("Validation chooses the cell, and the test split reports it.", 2, ("best cell", "accuracy")),
        Property("What was not measured is named.", 1, ("missing cells",)),
        Property("The rows are left alone.", 1, ("the rows are left alone", "seeds"), cases=(0,)),
    ),
    misconceptions=(
        Misconception(
            "over-runs",
            _effects(_over_runs),
            "Your interval is over all runs. Cells are settings that were chosen, and not draws: take the mean over a "
            "seed's runs first, then the interval over the seeds' differences.",
        ),
        Misconception(
            "pairs-taken-apart",
            _effects(_apart),
            "You put together the intervals of two means. Runs of one seed are pairs: subtract within the seed, and "
            "what the seed has given to both falls out.",
        ),
        Misconception(
            "standard-deviation",
            _effects(_deviation),
            "Your half-width is the standard deviation of the differences: how far single seeds scatter. Asked is how "
            "far their mean can be trusted.",
        ),
        Misconception(
            "turned-round",
            _effects(lambda pair, *_: (-pair[0], pair[1])),
            "Your effects have the wrong sign: the level less the baseline, so that a gain is positive.",
        ),
        Misconception(
            "chosen-on-test",
            _chosen_by(lambda runs: sum(_accuracies(runs)) / len(runs)),
            "You choose the cell by its test accuracy and report the same number: with 81 cells, the luckiest wins. "
            "Which split may choose?",
        ),
        Misconception(
            "best-single-run",
            _chosen_by(lambda runs: max(float(run["validation_accuracy"]) for run in runs)),
            "You take the cell of the best single run. One seed may be lucky: the mean over the seeds decides.",
        ),
        Misconception(
            "validation-reported",
            _chosen_by(_mean_validation, "validation_accuracy"),
            "You report the validation accuracy that the choice was made by; as the highest of many it is too high. "
            "Report the cell's test accuracy.",
        ),
        Misconception(
            "effects-on-validation",
            _with(table=_on_validation),
            "Your effects and your accuracy are on the validation split. It chooses; the test split reports.",
        ),
        Misconception(
            "broken-seeds-kept",
            _broken_kept,
            "You keep a seed that lacks a run. Then the levels are compared in different company: leave the whole seed "
            "out.",
        ),
        Misconception(
            "silent-about-gaps",
            _with(finish=lambda found, *_: replace(found, missing=[])),
            "You say nothing about cells without a run. A reader takes such a table for the whole grid.",
        ),
    ),
    difficulty=3,
    minutes=40,
    hints=(
        "Sort the runs first: a dictionary seed → cell → run, where a cell is the tuple of its levels. Then every "
        "question is about cells: which are measured, which seeds have all of them, which have a level.",
        "itertools.product(*factors.values()) is the grid in order. For an effect: within each seed, the mean over the "
        "cells with the level less the mean over those with the first level; then mean_and_interval of these "
        "differences. max over the measured cells, by mean validation accuracy, keeps the first of equals.",
    ),
)
