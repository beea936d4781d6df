"""Exercise: the most accurate network that a budget affords."""

import math
from collections.abc import Callable
from typing import Any

import torch

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson02 as probes
from lib.architectures import choose_backbone

Rows = list[Any]
Rank = Callable[[Any], Any]


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)
    order = torch.randperm(7, generator=generator).tolist()
    rows = [
        [5e6, 0.4, 0.77],
        [6e6, 0.41, 0.8],
        [8e6, 0.7, 0.81],
        [12e6, 1.8, 0.82],
        [19e6, 4.4, 0.83],
        [3e6, 9.0, 0.84],
        [60e6, 0.3, 0.85],
    ]
    rows = [rows[i] for i in order]
    tied = [[9.0, 3.0, 0.8], [1.0, 2.0, 0.8], [5.0, 1.0, 0.8], [4.0, 1.0, 0.8], [4.0, 1.0, 0.8], [1.0, 0.5, 0.7]]
    cases = {
        "at most 20 million parameters and 5 GFLOP": (rows, {"max_parameters": 20e6, "max_gflops": 5.0}),
        "at most 10 million parameters": (rows, {"max_parameters": 10e6}),
        "at most 1 GFLOP": (rows, {"max_gflops": 1.0}),
        "no limit": (rows, {}),
        "limits that one candidate meets exactly": (rows, {"max_parameters": 12e6, "max_gflops": 1.8}),
        "five of equal accuracy": (tied, {}),
        "a budget that nothing fits": (rows, {"max_parameters": 1e6}),
        "no candidates": ([], {}),
        "a limit of 0": (rows, {"max_gflops": 0.0}),
        "a limit that is no number": (rows, {"max_parameters": math.nan}),
    }
    return [Case(words, {"rows": table, "budget": budget}) for words, (table, budget) in cases.items()]


# ---- misconceptions: the reference, with one thing wrong ------------------------------------------------------------


def _rank(row: Any) -> Any:
    return -row.accuracy, row.gflops, row.parameters


def _within(row: Any, parameters: float, gflops: float) -> bool:
    return row.parameters <= parameters and row.gflops <= gflops


def _chooser(
    rank: Rank = _rank,
    fits: Callable[[Any, float, float], bool] = _within,
    pick: Callable[[Rows, Rows, Rank], Any] = lambda fitting, _rows, rank: min(fitting, key=rank),
    *,
    strict: bool = True,
) -> Callable[..., Any]:
    def choose(candidates: Rows, max_parameters: float = math.inf, max_gflops: float = math.inf) -> Any:
        if strict and not (max_parameters > 0 and max_gflops > 0):
            raise ValueError("limits")
        rows = list(candidates)
        fitting = [row for row in rows if fits(row, max_parameters, max_gflops)]
        return pick(fitting, rows, rank)

    return choose


def _none(fitting: Rows, _rows: Rows, rank: Rank) -> Any:
    return min(fitting, key=rank, default=None)


def _smallest(fitting: Rows, rows: Rows, rank: Rank) -> Any:
    return min(fitting, key=rank) if fitting else min(rows, key=lambda row: row.parameters)


def _name(fitting: Rows, _rows: Rows, rank: Rank) -> str:
    return min(fitting, key=rank).name


def _last_of_equals(fitting: Rows, _rows: Rows, _rank: Rank) -> Any:
    return max(fitting[::-1], key=lambda row: row.accuracy)


EXERCISE = Exercise(
    lesson="02_pretrained_models",
    reference=choose_backbone,
    probe=probes.choose_backbone,
    cases=_cases,
    properties=(
        Property("It chooses the most accurate candidate within both limits.", 2, ("chosen",), cases=(0, 3)),
        Property("Each limit holds by itself, and may be left out.", 1, ("chosen",), cases=(1, 2)),
        Property("A candidate that meets a limit exactly is within it.", 1, ("chosen",), cases=(4,)),
        Property(
            "Equal accuracies are decided by GFLOP, then by parameters, then by order.", 1, ("chosen",), cases=(5,)
        ),
        Property(
            "Where nothing fits, and for a limit that is not above 0, there is a ValueError.",
            1,
            ("chosen",),
            cases=(6, 7, 8, 9),
        ),
    ),
    misconceptions=(
        Misconception(
            "below-the-limit",
            _chooser(fits=lambda row, parameters, gflops: row.parameters < parameters and row.gflops < gflops),
            "A budget of 12 million buys 12 million: the limits are included.",
        ),
        Misconception(
            "either-limit",
            _chooser(fits=lambda row, parameters, gflops: row.parameters <= parameters or row.gflops <= gflops),
            "You accept what meets one of the limits. A network that fits into memory and takes a minute an image is "
            "not within the budget: both limits hold at once.",
        ),
        Misconception(
            "operations-forgotten",
            _chooser(fits=lambda row, parameters, _: row.parameters <= parameters),
            "max_gflops changes nothing yet. Few parameters can still mean many operations.",
        ),
        Misconception(
            "cheapest",
            _chooser(rank=lambda row: (row.gflops, row.parameters)),
            "You choose the cheapest that fits. The budget may be spent: take the most accurate.",
        ),
        Misconception(
            "largest",
            _chooser(rank=lambda row: (-row.parameters, -row.accuracy)),
            "You choose the largest network that fits. More parameters are a price, not a merit: compare accuracies.",
        ),
        Misconception(
            "best-value",
            _chooser(rank=lambda row: -row.accuracy / row.gflops),
            "You choose by accuracy per GFLOP. Within the budget operations cost nothing more: accuracy alone decides.",
        ),
        Misconception(
            "ties-by-order",
            _chooser(rank=lambda row: -row.accuracy),
            "Of equally accurate candidates you take the first. Take the one of fewest GFLOP, then of fewest "
            "parameters.",
        ),
        Misconception(
            "ties-by-parameters",
            _chooser(rank=lambda row: (-row.accuracy, row.parameters, row.gflops)),
            "Of equally accurate candidates you take the one of fewest parameters. Operations are compared first.",
        ),
        Misconception(
            "last-of-equals",
            _chooser(pick=_last_of_equals),
            "Of equally accurate candidates the last one wins with you. Operations decide, then parameters, then the "
            "order.",
        ),
        Misconception(
            "none-where-nothing-fits",
            _chooser(pick=_none),
            "Where nothing fits you return None, and the error comes later, where nobody knows why. Raise ValueError.",
        ),
        Misconception(
            "smallest-where-nothing-fits",
            _chooser(pick=_smallest),
            "Where nothing fits you return the smallest. That breaks the budget silently: raise a ValueError.",
        ),
        Misconception(
            "limits-unchecked",
            _chooser(strict=False, pick=_none),
            "A limit of 0, or one that is no number, goes through, and so does a budget that nothing fits. Each is a "
            "ValueError.",
        ),
        Misconception("its-name", _chooser(pick=_name), "This is the candidate's name. Return the candidate itself."),
    ),
    difficulty=1,
    minutes=10,
    hints=(
        "First keep those that meet both limits. Then one comparison has to decide by three numbers, in order.",
        "min(fitting, key=lambda one: (-one.accuracy, one.gflops, one.parameters)): tuples are compared from the left, "
        "and min keeps the first of equals. `not limit > 0` is also true for nan.",
    ),
)
