"""Exercise: what an ablation says."""

import itertools
import math
from typing import Any

import torch

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.exercises.lesson12 import ablation_mistakes as mistakes
from autograder.exercises.lesson12.ablation_mistakes import Factors, Rows
from autograder.probes import lesson12 as probes
from lib.ablation_summary import ablation_table
from lib.fractions import fair_fraction

_TWO: Factors = {"backbone": ["small", "large"], "augmentation": ["none", "Mixup", "CutMix"]}
_FOUR: Factors = {name: [f"{name}{level}" for level in range(3)] for name in "abcd"}
_NUMBERS: Factors = {"images": [50, 10], "rate": [0.1, 0.01]}


_WHOLE = (0, 1, 2, 3)  # the cases of which there is a table


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)
    whole = list(itertools.product(*_TWO.values()))
    fair = [tuple(cell.values()) for cell in fair_fraction(_FOUR)]
    broken = _runs(_FOUR, fair, [5, 0, 2, 1], generator)
    del broken[-2]  # the last seed lacks a cell
    few = _runs(_TWO, [cell for cell in whole if cell[1] != "CutMix"], [3], generator)
    torn = [row for row in _runs(_TWO, whole[:3], [0, 1, 2], generator) if row["augmentation"] != whole[row["seed"]][1]]
    return [
        _case("a whole grid of 2 × 3, three seeds", _runs(_TWO, whole, [0, 1, 2], generator), _TWO),
        _case("nine cells of 81, four seeds, of which one lacks a run", broken, _FOUR),
        _case("four cells of six, one seed", few, _TWO),
        _case("numbers as levels, more columns, the last run first", _turned(generator), _NUMBERS),
        _case("three cells, of which each seed lacks another", torn, _TWO, whole=False),
    ]


def _case(words: str, rows: Rows, factors: Factors, *, whole: bool = True) -> Case:
    return Case(words, {"rows": rows, "factors": factors, "whole": whole})


def _turned(generator: torch.Generator) -> Rows:
    """Two cells are equal on validation; columns and rows stand in another order than the factors and their levels."""
    rows = _runs(_NUMBERS, list(itertools.product(*_NUMBERS.values())), [0, 1], generator)
    for row in rows:
        row["validation_accuracy"] = 0.75 if (row["images"] == 50) != (row["rate"] == 0.1) else 0.5
    return [dict(reversed(({"epochs": 12} | row).items())) for row in reversed(rows)]


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


EXERCISE = Exercise(
    lesson="12_practice_exercises",
    reference=ablation_table,
    probe=probes.ablation_table,
    cases=_cases,
    properties=(
        Property(
            "The seeds that count are those with a run of every measured cell; ValueError if there is none.",
            1,
            ("seeds", "refused with a ValueError"),
        ),
        Property(
            "A main effect is the mean difference from the baseline, seed by seed; None where there is no run.",
            2,
            ("which effects", "mean effects"),
            cases=_WHOLE,
        ),
        Property("Its interval is Student's, over the seeds' differences.", 2, ("half-widths",), cases=_WHOLE),
        Property(
            "Validation chooses the cell, and the test split reports it.", 2, ("best cell", "accuracy"), cases=_WHOLE
        ),
        Property("What was not measured is named.", 1, ("missing cells",), cases=_WHOLE),
        Property("The rows are left alone.", 1, ("the rows are left alone",), cases=_WHOLE),
    ),
    misconceptions=(
        Misconception(
            "over-runs",
            mistakes.effects_with(mistakes.over_runs),
            "Your interval is over all runs. Cells are settings that were chosen, and not draws: take the mean over a "
            "seed's runs first, then the interval over the seeds' differences.",
        ),
        Misconception(
            "pairs-taken-apart",
            mistakes.effects_with(mistakes.apart),
            "You put together the intervals of two means. Runs of one seed are pairs: subtract within the seed, and "
            "what the seed has given to both falls out.",
        ),
        Misconception(
            "standard-deviation",
            mistakes.effects_with(mistakes.half_width(lambda deviation, _: deviation)),
            "Your half-width is the standard deviation of the differences: how far single seeds scatter. Asked is how "
            "far their mean can be trusted.",
        ),
        Misconception(
            "standard-error",
            mistakes.effects_with(mistakes.half_width(lambda deviation, n: deviation / math.sqrt(n))),
            "Your half-width is the standard error alone. An interval is as many of them as Student's t asks for, and "
            "with few seeds these are many.",
        ),
        Misconception(
            "normal-for-student",
            mistakes.effects_with(mistakes.half_width(lambda deviation, n: 1.96 * deviation / math.sqrt(n))),
            "Your half-width takes 1.96 standard errors, as if their size were known. It was estimated from very few "
            "seeds: that is what Student's t is for.",
        ),
        Misconception(
            "sure-of-one-seed",
            mistakes.table_with(finish=mistakes.sure_of_one_seed),
            "With one seed your half-width is 0, as if the mean were certain. One seed says nothing about the next: "
            "None.",
        ),
        Misconception(
            "others-at-baseline",
            mistakes.others_at_baseline,
            "You look only at runs in which all other factors are at their baseline. A main effect is the mean over "
            "all runs with the level, in whatever company they are.",
        ),
        Misconception(
            "unmeasured-left-out",
            mistakes.table_with(finish=mistakes.none_left_out),
            "You leave out the levels that have no run. A reader takes them for levels that nobody asked about: None "
            "stands there.",
        ),
        Misconception(
            "turned-round",
            mistakes.effects_with(lambda pair, *_: (-pair[0], pair[1])),
            "Your effects have the wrong sign: the level less the baseline, so that a gain is positive.",
        ),
        Misconception(
            "chosen-on-test",
            mistakes.chosen_by(lambda runs: sum(mistakes.accuracies(runs)) / len(runs)),
            "You choose the cell by its test accuracy and report the same number: with 81 cells, the luckiest wins. "
            "Which split may choose?",
        ),
        Misconception(
            "best-single-run",
            mistakes.chosen_by(lambda runs: max(float(run["validation_accuracy"]) for run in runs)),
            "You take the cell of the best single run. One seed may be lucky: the mean over the seeds decides.",
        ),
        Misconception(
            "last-of-equals",
            mistakes.chosen_by(mistakes.mean_validation, from_the_end=True),
            "Of cells that are equal on validation you take a later one. The first counts, in the order of the levels, "
            "wherever their runs stand in the table.",
        ),
        Misconception(
            "validation-reported",
            mistakes.chosen_by(mistakes.mean_validation, "validation_accuracy"),
            "You report the validation accuracy that the choice was made by; as the highest of many it is too high. "
            "Report the cell's test accuracy.",
        ),
        Misconception(
            "effects-on-validation",
            mistakes.table_with(table=mistakes.on_validation),
            "Your effects and your accuracy are on the validation split. It chooses; the test split reports.",
        ),
        Misconception(
            "broken-seeds-kept",
            mistakes.broken_kept,
            "You keep a seed that lacks a run. Then the levels are compared in different company: leave the whole seed "
            "out.",
        ),
        Misconception(
            "silent-about-gaps",
            mistakes.table_with(finish=mistakes.silent),
            "You say nothing about cells without a run. A reader takes such a table for the whole grid.",
        ),
        Misconception(
            "never-refused",
            mistakes.never_refused,
            "Where each seed lacks a cell you return a table all the same. No seed is left to count: say so with a "
            "ValueError.",
        ),
        Misconception(
            "sorted-in-place",
            mistakes.sorted_in_place,
            "You sort the rows in place, and whoever handed them in finds them in another order. Make a list of your "
            "own.",
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
