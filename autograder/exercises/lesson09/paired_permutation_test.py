"""Exercise: a permutation test for runs in pairs."""

import itertools
from collections.abc import Callable
from typing import Any

import torch
from scipy import stats
from torch import Tensor

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson09 as probes
from lib.statistics import paired_permutation_test


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)
    luck = 0.7 + 0.05 * torch.randn(40, generator=generator, dtype=torch.float64)
    gains = 0.01 + 0.002 * torch.rand(40, generator=generator, dtype=torch.float64)
    shift = 0.1 * float(torch.rand(1, generator=generator, dtype=torch.float64))
    mixed = torch.tensor([3.0, -1.0, 4.0, 2.0, 1.5, -2.0], dtype=torch.float64) + 2 * shift
    many = torch.tensor([5.0, -3.0, 4.0, 1.0, -2.0, 3.0, 2.0, -4.0] * 2, dtype=torch.float64) + shift

    def case(words: str, differences: Tensor, **options: Any) -> Case:
        b = luck[: len(differences)]
        return Case(words, {"a": (b + differences).tolist(), "b": b.tolist(), "seed": seed} | options)

    a = [0.1, 0.2, 0.8, 0.1, 0.1, 0.3, 0.6]  # in whatever order it is added up, rounding parts sums that are equal
    tenths = {"a": a, "b": [0.4, 0.3, 0.9, 0.4, 0.3, 0.1, 0.5], "seed": seed}
    return [
        case("five seeds, each of which gains", gains[:5]),
        case("five seeds, each of which loses", -gains[:5]),
        case("six differences of both signs", mixed / 100),
        Case("differences of 0.1, 0.2 and 0.3, of both signs, where sums tie", tenths),
        case("40 pairs, all gaining, 99 resamples", gains, resamples=99),
        case("16 differences of both signs, 4,000 resamples", many / 100, resamples=4000),
        case("one pair", gains[:1]),
        case("five seeds, each of which gains, and 32 resamples", gains[:5], resamples=32),
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------

Extreme = Callable[[Tensor, Tensor], Tensor]
"""Which sums, shape (patterns,), count, given the differences."""


def _least(differences: Tensor) -> float:
    return abs(float(differences.sum())) - 1e-12 * float(differences.abs().sum())


def _either_side(sums: Tensor, differences: Tensor) -> Tensor:
    return sums.abs() >= _least(differences)


def _with(
    extreme: Extreme = _either_side,
    p: Callable[[int, int], float] = lambda count, patterns: (1 + count) / (1 + patterns),
    *,
    exact: bool = True,
    up_to: int = 0,
    more: int = 0,
    seeded_globally: bool = False,
) -> Callable[..., float]:
    """p: from how many drawn patterns count, and how many were drawn. exact: try each pattern where they are few.

    up_to: by how much more than `resamples` they may be. more: patterns that are added to all of them.
    """

    def test(a: Any, b: Any, *, resamples: int = 10_000, generator: torch.Generator) -> float:
        differences = torch.tensor(a, dtype=torch.float64) - torch.tensor(b, dtype=torch.float64)
        n = len(differences)
        if exact and 2**n <= resamples + up_to:
            every = torch.tensor(list(itertools.product((1.0, -1.0), repeat=n)), dtype=torch.float64)
            return (more + float(extreme(every @ differences, differences).sum())) / (more + 2**n)
        drawn = torch.randint(2, (resamples, n), generator=None if seeded_globally else generator)
        signs = (1 - 2 * drawn).double()
        return p(int(extreme(signs @ differences, differences).sum()), resamples)

    return test


def _upper_side(sums: Tensor, differences: Tensor) -> Tensor:
    return sums >= float(differences.sum()) - 1e-12


def _strict(sums: Tensor, differences: Tensor) -> Tensor:
    return sums.abs() > abs(float(differences.sum())) + 1e-12


def _rounded(sums: Tensor, differences: Tensor) -> Tensor:
    return sums.abs() >= abs(float(differences.sum()))


def _less_extreme(sums: Tensor, differences: Tensor) -> Tensor:
    return sums.abs() <= _least(differences) + 2e-12


def _pooled(a: Any, b: Any, *, resamples: int = 10_000, generator: torch.Generator) -> float:
    both, n = torch.tensor([*a, *b], dtype=torch.float64), len(a)
    apart = abs(float(both[:n].mean() - both[n:].mean())) - 1e-12
    order = torch.rand(min(resamples, 2000), 2 * n, generator=generator).argsort(1)
    drawn = both[order]
    count = int(((drawn[:, :n].mean(1) - drawn[:, n:].mean(1)).abs() >= apart).sum())
    return (1 + count) / (1 + len(drawn))


def _reordered(a: Any, b: Any, *, resamples: int = 10_000, generator: torch.Generator) -> float:
    first, second = torch.tensor(a, dtype=torch.float64), torch.tensor(b, dtype=torch.float64)
    apart = abs(float((first - second).sum())) - 1e-9
    orders = torch.rand(min(resamples, 2000), len(a), generator=generator).argsort(1)
    sums = (first - second[orders]).sum(1).abs()
    return (1 + int((sums >= apart).sum())) / (1 + len(orders))


def _student(a: Any, b: Any, **_: Any) -> float:
    return float(stats.ttest_rel(a, b).pvalue) if len(a) > 1 else 1.0


EXERCISE = Exercise(
    lesson="09_strategy_comparison",
    reference=paired_permutation_test,
    probe=probes.paired_permutation_test,
    cases=_cases,
    properties=(
        Property("Where every pattern of signs can be tried, p is exact.", 2, ("p",), cases=(0, 2, 6, 7)),
        Property("It is two-sided: losing counts like gaining.", 1, ("p",), cases=(0, 1)),
        Property("Sums that differ by rounding alone count as equal.", 1, ("p",), cases=(3,)),
        Property("Where patterns are drawn, the data are one more: p is never 0.", 1, ("p",), cases=(4,)),
        Property(
            "Where patterns are drawn, p is that of signs that turn at random (within 0.05).",
            1,
            ("p",),
            cases=(5,),
            relative=0.0,
            absolute=0.05,
        ),
        Property(
            "The same seed gives the same p; the global random state and the values stay as they are.",
            1,
            (
                "p",
                "the same seed gives the same p",
                "the global random state is left alone",
                "the values are left alone",
            ),
            cases=(5,),
            relative=0.0,
            absolute=0.05,
        ),
    ),
    misconceptions=(
        Misconception(
            "unpaired",
            _pooled,
            "You deal all values out anew to both methods, as if they were not paired. What a seed gives to both, good "
            "images or bad ones, then hides the difference. Turn the signs of the differences instead.",
        ),
        Misconception(
            "reordered",
            _reordered,
            "You shuffle which value is paired with which. That leaves both means as they are, and p is always 1. If "
            "both methods are equally good, what could have been otherwise is the sign of each difference.",
        ),
        Misconception(
            "student",
            _student,
            "That is the p-value of Student's paired t-test, which supposes normal differences. Here signs are turned, "
            "and patterns counted: five pairs cannot give less than 1/16.",
        ),
        Misconception(
            "one-sided",
            _with(_upper_side),
            "You count only the patterns that are as far *up*. Two-sided means as far from 0, in either direction.",
        ),
        Misconception(
            "strict",
            _with(_strict),
            "You count only patterns that lead further than the data. At least as far, says the contract: the data are "
            "one of the patterns, so no p is 0.",
        ),
        Misconception(
            "rounding",
            _with(_rounded),
            "Your sums are compared to the last digit: in floating point 0.1 + 0.2 is more than 0.3, and a tie is "
            "missed. Let sums that differ by rounding alone be equal.",
        ),
        Misconception(
            "p-of-zero",
            _with(p=lambda count, patterns: count / patterns),
            "Where you draw, p is # / P, and 0 if no drawn pattern is as extreme. But the data are a pattern that is: "
            "count them, above and below the line.",
        ),
        Misconception(
            "plus-one-above",
            _with(p=lambda count, patterns: (1 + count) / patterns),
            "You count the data above the line, and not below: P patterns were drawn and the data are one more.",
        ),
        Misconception(
            "always-drawn",
            _with(exact=False),
            "You draw patterns even where all of them can be tried: five pairs have 32. Then nothing needs to be "
            "drawn, and p is exact.",
        ),
        Misconception(
            "drawn-at-the-limit",
            _with(up_to=-1),
            "Where there are just as many patterns as `resamples`, you draw. No more than that many are to be tried, "
            "each once: is there a < where a <= belongs?",
        ),
        Misconception(
            "one-more-than-all",
            _with(more=1),
            "You add the data to all patterns. They are among them already: where each is tried, p is # / 2ⁿ.",
        ),
        Misconception(
            "one-minus-p",
            _with(_less_extreme),
            "You count the patterns that are *less* extreme than the data. p is small where the data are extreme.",
        ),
        Misconception(
            "global-generator",
            _with(seeded_globally=True),
            "You draw from torch's global state, so that the same seed need not give the same p. Hand the generator "
            "on: `generator=generator`.",
        ),
    ),
    difficulty=2,
    minutes=20,
    hints=(
        "Take the differences first; from then on a and b are not needed. A pattern is a row of n signs, +1 or −1; its "
        "sum is the row times the differences. How far from 0 is the data's own sum?",
        "All patterns: itertools.product((1, -1), repeat=n). Drawn ones: 1 − 2 · torch.randint(2, (resamples, n), "
        "generator=generator). Compare |sum| with |Σ d| less a hair, such as 1e-12 times Σ |d|.",
    ),
)
