"""Exercise: the strength of the reversal over the training."""

import math
from collections.abc import Callable

from autograder.exercise import Case, Exercise, Misconception, Property
from autograder.probes import lesson06 as probes
from lib.gradient_reversal import reversal_strength


def _cases(seed: int) -> list[Case]:
    start = (0.02, 0.03, 0.04)[seed % 3]
    gamma = (4.0, 2.5, 6.0)[seed % 3]

    def case(words: str, progress: list[float], gamma: float | None = None) -> Case:
        return Case(words, {"progress": progress, "gamma": gamma})

    return [
        case("the very beginning", [0.0]),
        case(f"shares of {start}, 0.1, 0.25 and 0.5 of the training", [start, 0.1, 0.25, 0.5]),
        case("the end", [0.9, 1.0]),
        case(f"0, 0.1, 0.4 and 1 with gamma = {gamma:g}", [0.0, 0.1, 0.4, 1.0], gamma),
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------


def _with(formula: Callable[[float], float]) -> Callable[..., float]:
    """The strength as another function of γ·p."""
    return lambda progress, gamma=10.0: formula(gamma * progress)


def _right(z: float) -> float:
    return 2 / (1 + math.exp(-z)) - 1


def _always_ten(progress: float, gamma: float = 10.0) -> float:
    return _right(10 * progress)


def _straight(progress: float, gamma: float = 10.0) -> float:
    return progress


def _straight_down(progress: float, gamma: float = 10.0) -> float:
    return 1 - progress


EXERCISE = Exercise(
    lesson="06_domain_adaptation",
    reference=reversal_strength,
    probe=probes.reversal_strength,
    cases=_cases,
    properties=(
        Property(
            "It begins at exactly 0 and follows the formula.", 1, ("strengths",), cases=(0, 1), relative=1e-4,
            absolute=1e-7,
        ),
        Property("Gamma sets how steeply it rises.", 1, ("strengths",), cases=(3,)),
        Property("It ends near 1.", 1, ("strengths",), cases=(2,)),
    ),
    misconceptions=(
        Misconception(
            "sigmoid",
            _with(lambda z: 1 / (1 + math.exp(-z))),
            "That is the sigmoid: it begins at one half, when the discriminator knows nothing yet. Stretched by 2 and "
            "lowered by 1 it begins at 0.",
        ),
        Misconception(
            "not-lowered",
            _with(lambda z: 2 / (1 + math.exp(-z))),
            "The −1 at the end is missing: yours goes from 1 to 2.",
        ),
        Misconception(
            "precedence",
            _with(lambda z: 2 / (1 + math.exp(-z) - 1)),
            "Your −1 stands below the fraction line, where it takes the 1 away again.",
        ),
        Misconception(
            "precedence-above",
            _with(lambda z: 2 / 1 + math.exp(-z) - 1),
            "Yours falls from 2 to 1: without parentheses, 2 is divided by the 1 alone. Put the whole sum 1 + e^(−γp) "
            "in parentheses.",
        ),
        Misconception(
            "falling",
            lambda progress, gamma=10.0: _right(gamma * (1 - progress)),
            "Yours falls from near 1 to 0: you put in 1 − p, what is left of the training. p is what is done.",
        ),
        Misconception(
            "lowered-from-one",
            _with(lambda z: 1 - _right(z)),
            "Yours falls from 1 to 0: you take the formula away from 1. λ begins at 0, and rises.",
        ),
        Misconception(
            "straight-down",
            _straight_down,
            "Yours falls in a straight line from 1 to 0. λ begins at 0 and rises, steeply at first.",
        ),
        Misconception(
            "gamma-of-one",
            lambda progress, gamma=1.0: _right(gamma * progress),
            "Where no gamma is given, yours is 1. The contract has 10.",
        ),
        Misconception(
            "sign-of-the-exponent",
            _with(lambda z: 2 / (1 + math.exp(z)) - 1),
            "Yours falls from 0 to −1: the exponent has lost its minus. A negative λ would help the discriminator.",
        ),
        Misconception(
            "gamma-ignored",
            _always_ten,
            "Your steepness is always 10; it is the argument gamma.",
        ),
        Misconception(
            "whole-tanh",
            _with(math.tanh),
            "The formula is a tanh, but of half as much: yours rises twice as fast.",
        ),
        Misconception(
            "linear",
            _straight,
            "Yours rises in a straight line. The paper's is steep at first, and flat from half of the training on.",
        ),
        Misconception(
            "one-minus-exponential",
            _with(lambda z: 1 - math.exp(-z)),
            "1 − e^(−γp) begins and ends where it should, and lies above the formula in between.",
        ),
        Misconception(
            "one-at-the-end",
            _with(lambda z: 1.0 if z >= 9 else _right(z)),
            "You set the end to 1. The formula comes close to 1 and never is: at p = 1, 0.9999.",
        ),
    ),
    difficulty=1,
    minutes=4,
    hints=(
        "One line. Compute it by hand at p = 0 first: e⁰ is 1.",
        "math.exp(−gamma · progress) is e^(−γp). Put the sum 1 + e^(−γp) in parentheses, divide 2 by it, and take 1 "
        "away from the quotient.",
    ),
)  # fmt: skip
