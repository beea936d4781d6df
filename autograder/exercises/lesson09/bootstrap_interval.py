"""Exercise: the percentile bootstrap interval."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson09 as probes
from lib.results import mean_and_interval
from lib.statistics import bootstrap_interval, row_means

_RESAMPLES = 4000


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)
    skewed = (-torch.rand(12, generator=generator, dtype=torch.float64).log()).sort().values  # exponential: a long tail
    accuracies = 0.7 + 0.05 * torch.randn(8, generator=generator, dtype=torch.float64)
    steps = torch.arange(1, 6, dtype=torch.float64) + float(torch.rand(1, generator=generator))
    pair = torch.tensor([1.0, 2.0 + float(torch.rand(1, generator=generator))], dtype=torch.float64)

    def case(words: str, values: Tensor, **options: Any) -> Case:
        given = {"kind": "mean", "resamples": _RESAMPLES, "spread": 1.0, "seed": 10 + seed} | options
        return Case(words, {"values": values} | given)

    return [
        case("two values, confidence 0.6", pair, confidence=0.6),
        case("eight accuracies of about 0.7", accuracies, spread=_standard_error(accuracies)),
        case("twelve skewed values", skewed, spread=_standard_error(skewed)),
        case("the largest of five values", steps, kind="largest"),
        case("the median of twelve values, 800 resamples", skewed, kind="median", resamples=800),
    ]


def _standard_error(values: Tensor) -> float:
    return float(values.std()) / len(values) ** 0.5


# ---- misconceptions -----------------------------------------------------------------------------------------------

Statistic = Callable[[Tensor], Tensor]
Drawn = Callable[[Tensor, int, torch.Generator], Tensor]


def _resampled(values: Tensor, resamples: int, generator: torch.Generator) -> Tensor:
    return values[torch.randint(len(values), (resamples, len(values)), generator=generator)]


def _tails(found: Tensor, confidence: float) -> tuple[float, float]:
    tail = (1 - confidence) / 2
    return found.quantile(tail).item(), found.quantile(1 - tail).item()


def _with(
    drawn: Drawn = _resampled,
    ends: Callable[[Tensor, float], tuple[float, float]] = _tails,
    *,
    ignored: bool = False,
    finish: Callable[[tuple[float, float], float], tuple[float, float]] = lambda pair, _: pair,
) -> Callable[..., tuple[float, float]]:
    """finish: of the two ends and the statistic of the values themselves."""

    def interval(
        values: Any,
        statistic: Statistic = row_means,
        *,
        confidence: float = 0.95,
        resamples: int = 10_000,
        generator: torch.Generator,
    ) -> tuple[float, float]:
        sample = torch.as_tensor(values, dtype=torch.float64).cpu()
        of = row_means if ignored else statistic
        found = of(drawn(sample, resamples, generator)).double()
        return finish(ends(found, confidence), float(row_means(sample)) if of is row_means else float(found.median()))

    return interval


def _without_replacement(values: Tensor, resamples: int, generator: torch.Generator) -> Tensor:
    return values[torch.rand(resamples, len(values), generator=generator).argsort(1)]


def _global(values: Tensor, resamples: int, _: torch.Generator) -> Tensor:
    return values[torch.randint(len(values), (resamples, len(values)))]


def _half_as_long(values: Tensor, resamples: int, generator: torch.Generator) -> Tensor:
    return values[torch.randint(len(values), (resamples, max(1, len(values) // 2)), generator=generator)]


def _whole_tail(found: Tensor, confidence: float) -> tuple[float, float]:
    return found.quantile(1 - confidence).item(), found.quantile(confidence).item()


def _normal(found: Tensor, confidence: float) -> tuple[float, float]:
    half = float(torch.distributions.Normal(0.0, 1.0).icdf(torch.tensor(0.5 + confidence / 2))) * float(found.std())
    return float(found.mean()) - half, float(found.mean()) + half


def _standard_deviation(values: Any, statistic: Statistic = row_means, **_: Any) -> tuple[float, float]:
    sample = torch.as_tensor(values, dtype=torch.float64).cpu()
    middle, spread = float(statistic(sample.unsqueeze(0))), float(sample.std())
    return middle - spread, middle + spread


def _student(values: Any, _: Any = None, *, confidence: float = 0.95, **__: Any) -> tuple[float, float]:
    mean, half = mean_and_interval([float(value) for value in values], confidence)
    return mean - half, mean + half


def _of_the_values(
    values: Any, _: Statistic = row_means, *, confidence: float = 0.95, **__: Any
) -> tuple[float, float]:
    return _tails(torch.as_tensor(values, dtype=torch.float64).cpu(), confidence)


EXERCISE = Exercise(
    lesson="09_strategy_comparison",
    reference=bootstrap_interval,
    probe=probes.bootstrap_interval,
    cases=_cases,
    properties=(
        Property(
            "The ends are the quantiles that leave half of what is not covered on each side.",
            1,
            ("lower end", "upper end"),
            cases=(0, 3),
        ),
        Property(
            "The interval is that of the mean; the tolerance is a third of a standard error, for it is drawn.",
            1,
            ("lower end", "upper end"),
            cases=(1, 2),
            relative=0.0,
            absolute=0.33,
        ),
        Property(
            "The statistic that is given gets as many resamples as are asked for, each n of the n values, drawn with "
            "replacement.",
            2,
            ("the statistic gets resamples of the values",),
            cases=(3, 4),
        ),
        Property(
            "The generator decides everything: the same seed gives the same interval, and the global state stays.",
            1,
            ("lower end", "the same seed gives the same interval", "the global random state is left alone"),
            cases=(2,),
            relative=0.0,
            absolute=0.33,
        ),
        Property(
            "The lower end comes first, and the values are left alone.",
            1,
            ("the lower end comes first", "the values are left alone"),
        ),
    ),
    misconceptions=(
        Misconception(
            "other-resamples",
            _with(lambda values, _, generator: _resampled(values, 1000, generator)),
            "The statistic gets other rows than it should: as many as `resamples` says, each of n values, drawn from "
            "all n with replacement.",
        ),
        Misconception(
            "standard-deviation",
            _standard_deviation,
            "Mean ± standard deviation says how far single values lie apart. Asked is how far the *mean* of so many "
            "values would move: draw resamples, and take the mean of each.",
        ),
        Misconception(
            "student",
            _student,
            "That is Student's interval. For a mean over few seeds it is the better one; asked here is the bootstrap, "
            "which draws resamples and serves any statistic.",
        ),
        Misconception(
            "quantiles-of-the-values",
            _of_the_values,
            "Your ends are quantiles of the values themselves: most single values lie between them. Take the statistic "
            "of every resample first, then the quantiles of these.",
        ),
        Misconception(
            "without-replacement",
            _with(_without_replacement),
            "Your resamples hold every value once, in another order, so the mean never moves. With replacement, a "
            "value may come twice and another not at all.",
        ),
        Misconception(
            "half-as-long",
            _with(_half_as_long),
            "Your resamples are shorter than the sample. The mean of fewer values moves more: the interval comes out "
            "too wide.",
        ),
        Misconception(
            "whole-tail-on-each-side",
            _with(ends=_whole_tail),
            "You leave out 1 − confidence at *each* end, together twice too much. It has to be divided between both.",
        ),
        Misconception(
            "normal",
            _with(ends=_normal),
            "You take mean ± z · spread of the resamples: symmetric by construction. The percentile interval reads its "
            "ends off the resamples, and where they are skewed, so is it.",
        ),
        Misconception(
            "reversed",
            _with(finish=lambda pair, middle: (2 * middle - pair[1], 2 * middle - pair[0])),
            "You turn the interval around the estimate (the basic bootstrap). The percentile interval takes the "
            "quantiles as they are.",
        ),
        Misconception(
            "statistic-ignored",
            _with(ignored=True),
            "You always take the mean. `statistic` says of what the interval is asked.",
        ),
        Misconception(
            "global-generator",
            _with(_global),
            "You draw from torch's global state, so that the same seed does not give the same interval. Hand the "
            "generator on: `generator=generator`.",
        ),
        Misconception(
            "upper-first",
            _with(finish=lambda pair, _: (pair[1], pair[0])),
            "Your upper end comes first. The contract: lower end first.",
        ),
    ),
    difficulty=2,
    minutes=15,
    hints=(
        "Three steps: draw the positions of all resamples at once; take the statistic of each row; read two quantiles "
        "off the results.",
        "torch.randint(n, (resamples, n), generator=generator) gives positions, and values[positions] the resamples, "
        "shape (resamples, n). The tail on each side is (1 − confidence) / 2. The values should be float64 first.",
    ),
)
