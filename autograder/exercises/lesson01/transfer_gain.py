"""Exercise: what pre-training is worth, and how sure that is."""

import math
import statistics
from collections.abc import Callable, Sequence

import torch
from scipy import stats

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson01 as probes
from lib.representation import transfer_gain
from lib.results import mean_and_interval


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def runs(words: str, count: int, middle: float, gain: float, *, shared: float = 0.02) -> Case:
        luck = shared * torch.randn(count, generator=generator)  # of a seed: what both of its runs have in common
        own = 0.012 * torch.randn(2, count, generator=generator)
        scratch, transferred = (middle + luck + own[0]).clamp(0, 1), (middle + gain + luck + own[1]).clamp(0, 1)
        lists = ([round(value, 3) for value in values.tolist()] for values in (transferred, scratch))
        return Case(words, dict(zip(("transferred", "scratch"), lists, strict=True)))

    return [
        runs("five seeds that gain", 5, 0.25, 0.4),
        runs("two seeds that gain a little", 2, 0.6, 0.06),
        runs("four seeds of a distant task, which lose", 4, 0.65, -0.2),
        runs("six seeds that differ a lot among themselves", 6, 0.5, 0.1, shared=0.12),
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------

Pair = tuple[float, float]
Accuracies = Sequence[float]


def _of(differences: Callable[[float, float], float]) -> Callable[[Accuracies, Accuracies], Pair]:
    """Mean and interval of something else than the difference in points."""

    def gain(transferred: Accuracies, scratch: Accuracies) -> Pair:
        return mean_and_interval([differences(*pair) for pair in zip(transferred, scratch, strict=True)])

    return gain


def _half(width: Callable[[list[float]], float]) -> Callable[[Accuracies, Accuracies], Pair]:
    """The right gain, with another half-width of the differences."""

    def gain(transferred: Accuracies, scratch: Accuracies) -> Pair:
        gains = [100 * (after - before) for after, before in zip(transferred, scratch, strict=True)]
        return statistics.fmean(gains), width(gains)

    return gain


def _t(count: int, quantile: float = 0.975) -> float:
    return float(stats.t.ppf(quantile, count - 1))


def _error(gains: list[float]) -> float:
    return statistics.stdev(gains) / math.sqrt(len(gains))


def _unpaired(transferred: Accuracies, scratch: Accuracies) -> Pair:
    (after, wide), (before, narrow) = mean_and_interval(transferred), mean_and_interval(scratch)
    return 100 * (after - before), 100 * math.hypot(wide, narrow)


def _added(transferred: Accuracies, scratch: Accuracies) -> Pair:
    (after, wide), (before, narrow) = mean_and_interval(transferred), mean_and_interval(scratch)
    return 100 * (after - before), 100 * (wide + narrow)


def _relative_means(transferred: Accuracies, scratch: Accuracies) -> Pair:
    after, before = statistics.fmean(transferred), statistics.fmean(scratch)
    return 100 * (after / before - 1), transfer_gain(transferred, scratch)[1]


def _best_seeds(transferred: Accuracies, scratch: Accuracies) -> Pair:
    return 100 * (max(transferred) - max(scratch)), transfer_gain(transferred, scratch)[1]


def _sorted_pairs(transferred: Accuracies, scratch: Accuracies) -> Pair:
    return transfer_gain(sorted(transferred), sorted(scratch))


def _median(transferred: Accuracies, scratch: Accuracies) -> Pair:
    gains = [100 * (after - before) for after, before in zip(transferred, scratch, strict=True)]
    return statistics.median(gains), transfer_gain(transferred, scratch)[1]


def _without_sign(transferred: Accuracies, scratch: Accuracies) -> Pair:
    gain, half = transfer_gain(transferred, scratch)
    return abs(gain), half


def _ends(transferred: Accuracies, scratch: Accuracies) -> Pair:
    gain, half = transfer_gain(transferred, scratch)
    return gain - half, gain + half


EXERCISE = Exercise(
    lesson="01_what_is_transfer_learning",
    reference=transfer_gain,
    probe=probes.transfer_gain,
    cases=_cases,
    properties=(
        Property(
            "The gain is the mean difference, in percentage points.",
            2,
            ("gain", "the lists are left alone"),
            cases=(0, 1, 3),
        ),
        Property("Where the transferred runs are worse, it is below 0.", 1, ("gain",), cases=(2,)),
        Property("The half-width is that of the differences, seed by seed.", 2, ("half-width",)),
    ),
    misconceptions=(
        Misconception(
            "as-a-share",
            _of(lambda after, before: after - before),
            "Your numbers are a hundred times too small: accuracies come as shares, the gain goes out in points.",
        ),
        Misconception(
            "turned-round",
            _of(lambda after, before: 100 * (before - after)),
            "Right size, wrong sign: a gain is what the transferred run has *more* than the one from scratch.",
        ),
        Misconception(
            "relative",
            _of(lambda after, before: 100 * (after / before - 1)),
            "You divide by the accuracy from scratch: that is a relative gain, which is huge where scratch is near "
            "zero. From 0.5 to 0.6 is 10 points.",
        ),
        Misconception(
            "relative-means",
            _relative_means,
            "Your gain is a ratio of the two means. Points are a difference: from 0.5 to 0.6 is 10.",
        ),
        Misconception(
            "of-what-was-missing",
            _of(lambda after, before: 100 * (after - before) / (1 - before)),
            "You divide by what scratch gets wrong: the share of errors that is gone. A sensible number, but another "
            "one.",
        ),
        Misconception(
            "best-seeds",
            _best_seeds,
            "You compare the best seed of each. The best of a few runs is luck; the contract asks for the mean.",
        ),
        Misconception(
            "median",
            _median,
            "Your gain is the median of the differences. The interval that goes with it is that of a mean, and a mean "
            "is asked for.",
        ),
        Misconception(
            "without-sign",
            _without_sign,
            "Your gain has lost its sign. Transfer that hurts is just what this number is there to tell.",
        ),
        Misconception(
            "unpaired",
            _unpaired,
            "The gain is right. Your interval treats the two lists as strangers, but the two runs of one seed share "
            "their images: take the difference of each seed first, then the interval of these differences.",
        ),
        Misconception(
            "sorted",
            _sorted_pairs,
            "The gain is right. For the interval you put both lists in order first, and so the best run meets the best "
            "and the worst the worst, whatever their seeds. The place in the list is the seed: leave it alone.",
        ),
        Misconception(
            "intervals-added",
            _added,
            "The gain is right. You add the half-widths of two intervals; one interval is asked for, of the "
            "differences.",
        ),
        Misconception(
            "normal-quantile",
            _half(lambda gains: 1.96 * _error(gains)),
            "1.96 is for a spread that you know. Yours is itself estimated from a handful of seeds, and Student's t "
            "allows for that: with two seeds its quantile is more than six times as large.",
        ),
        Misconception(
            "one-sided",
            _half(lambda gains: _t(len(gains), 0.95) * _error(gains)),
            "Your quantile leaves 5 % above the interval and as much below. For 95 % inside, how much on each side?",
        ),
        Misconception(
            "n-degrees",
            _half(lambda gains: _t(len(gains) + 1) * _error(gains)),
            "Your t has n degrees of freedom. One is used up by the mean that you have estimated.",
        ),
        Misconception(
            "divided-by-n",
            _half(lambda gains: _t(len(gains)) * statistics.pstdev(gains) / math.sqrt(len(gains))),
            "Your standard deviation divides by n (NumPy does so unless told otherwise), and so it is too small; the "
            "contract divides by n − 1.",
        ),
        Misconception(
            "of-one-run",
            _half(lambda gains: _t(len(gains)) * statistics.stdev(gains)),
            "That is how far a *single* seed strays. The mean of n seeds strays less: what is missing below the line?",
        ),
        Misconception(
            "deviation",
            _half(statistics.stdev),
            "You return the standard deviation of the differences: how far single seeds stray. An interval of their "
            "mean has √n below the line and a quantile in front.",
        ),
        Misconception(
            "no-quantile",
            _half(_error),
            "You return the standard error, s / √n. To cover 95 % it is multiplied by a quantile.",
        ),
        Misconception(
            "whole-width",
            _half(lambda gains: 2 * _t(len(gains)) * _error(gains)),
            "That is the whole width of the interval. What stands behind ± is half of it.",
        ),
        Misconception(
            "both-ends",
            _ends,
            "You return the two ends of the interval. Asked for are its middle, the gain, and its half-width.",
        ),
    ),
    difficulty=1,
    minutes=8,
    hints=(
        "Which seed's run from scratch is the partner of which transferred run? First make one list of differences "
        "out of the two lists.",
        "`zip(transferred, scratch)` walks through both lists together. Multiply each difference by 100, and look at "
        "what the `mean_and_interval` of the setup cell does with a list.",
    ),
)
