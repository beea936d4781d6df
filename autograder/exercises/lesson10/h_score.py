"""Exercise: the H-score, between-class variance measured by the features' own."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson10 as probes
from lib.transferability import h_score

Spread = Callable[[Tensor], Tensor]


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, counts: tuple[int, ...], width: int, **more: float) -> Case:
        labels = torch.tensor([name for name, count in enumerate(counts) for _ in range(count)])
        centres = 1.5 * torch.randn(len(counts), width, generator=generator, dtype=torch.float64)
        mixing = torch.randn(width, width, generator=generator, dtype=torch.float64)
        noise = torch.randn(len(labels), width, generator=generator, dtype=torch.float64) @ mixing
        return Case(words, {"features": centres[labels] + noise + 3, "labels": labels} | more)

    flat = case("a feature that never varies, and one that is there twice", (6, 5, 4), 3)
    x = flat.inputs["features"]
    flat.inputs["features"] = torch.cat([x, torch.full_like(x[:, :1], 2.0), x[:, :1]], dim=1)
    gaps = case("class names 2, 5 and 9", (4, 6, 5), 2)
    gaps.inputs["labels"] = torch.tensor([2, 5, 9])[gaps.inputs["labels"]]
    return [
        case("12 points of 3 features, three classes equally large", (4, 4, 4), 3),
        case("15 points of 2 features, classes of 3, 4 and 8", (3, 4, 8), 2),
        flat,
        gaps,
        case("12 points of 3 features, shrinkage=0.3", (3, 4, 5), 3, shrinkage=0.3),
        case("11 points of 4 features, shrinkage=1", (6, 5), 4, shrinkage=1.0),
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------


def _covariance(x: Tensor) -> Tensor:
    centred = x - x.mean(0)
    return centred.T @ centred / len(x)


def _unbiased(x: Tensor) -> Tensor:
    return _covariance(x) * len(x) / (len(x) - 1)


def _raw(x: Tensor) -> Tensor:
    return x.T @ x / len(x)


def _inverse(matrix: Tensor) -> Tensor:
    return torch.linalg.pinv(matrix)


def _ridge(matrix: Tensor) -> Tensor:
    return torch.linalg.inv(matrix + 0.1 * torch.eye(len(matrix), dtype=matrix.dtype))


@dataclass(frozen=True)
class _With:
    """The score with one thing done otherwise."""

    spread: Spread = _covariance
    between_spread: Spread = _covariance
    each_point: bool = True
    within: bool = False
    inverse: Spread = _inverse
    swapped: bool = False
    no_inverse: bool = False
    of_determinants: bool = False
    shrunk: str = "right"
    sign: float = 1.0

    def __call__(self, features: Tensor, labels: Tensor, shrinkage: float = 0.0) -> float:
        """The score."""
        names = labels.unique()
        means = torch.stack([features[labels == name].mean(0) for name in names])
        of_points = means[torch.searchsorted(names, labels)]
        own = self.spread(features)
        between = self.between_spread(of_points if self.each_point else means)
        between = self.spread(features - of_points) if self.within else between
        a = 0.0 if self.shrunk == "ignored" else shrinkage
        target = own.trace() / (1 if self.shrunk == "not divided" else len(own)) * torch.eye(len(own)).to(own)
        target = torch.eye(len(own)).to(own) if self.shrunk == "identity" else target
        own = (1 - a) * own + a * target
        factor = 1.0 if self.shrunk in ("factor forgotten", "ignored") else 1 - a
        if self.no_inverse:
            return self.sign * float(between.trace() / own.trace())
        product = self.inverse(between) @ own if self.swapped else self.inverse(own) @ between
        return self.sign * factor * float(product.trace())


EXERCISE = Exercise(
    lesson="10_pitfalls",
    reference=h_score,
    probe=probes.score,
    cases=_cases,
    properties=(
        Property("It is the trace of Σ⁺ Σ_B.", 2, ("score",), cases=(0,), relative=1e-3),
        Property(
            "A class counts by its share of the points, whatever it is called.",
            1,
            ("score",),
            cases=(1, 3),
            relative=1e-3,
        ),
        Property("Directions in which nothing varies are left out.", 1, ("score",), cases=(2,), relative=1e-3),
        Property(
            "Shrinkage pulls Σ towards a multiple of I, and the score with it.",
            1,
            ("score",),
            cases=(4, 5),
            relative=1e-3,
        ),
        Property(
            "One number comes back, and the arguments are left alone.",
            1,
            ("is one number", "arguments are left alone", "score"),
            cases=(0,),
            relative=1e-3,
        ),
    ),
    misconceptions=(
        Misconception(
            "plain-inverse",
            _With(inverse=torch.linalg.inv),
            "Where a feature never varies, or is there twice, Σ has no inverse: torch.linalg.inv raises, or blows "
            "rounding up. The pseudo-inverse leaves such directions out.",
        ),
        Misconception(
            "ridge-added",
            _With(inverse=_ridge),
            "You add something to Σ so that it can be inverted. That changes the score; the pseudo-inverse does not, "
            "and shrinkage has an argument of its own.",
        ),
        Misconception(
            "order-swapped",
            _With(swapped=True),
            "You invert Σ_B and multiply by Σ. It is the other way round: the features' own variance is the measure.",
        ),
        Misconception(
            "not-inverted",
            _With(no_inverse=True),
            "You compare traces, direction by direction nothing is measured: one noisy feature of large scale drowns "
            "all others. Invert Σ.",
        ),
        Misconception(
            "within-classes",
            _With(within=True),
            "You use the variance within the classes. Σ_B is that of the classes' means: what lies between them.",
        ),
        Misconception(
            "classes-not-weighted",
            _With(each_point=False),
            "Your Σ_B is the covariance of K means, each counting once. E[φ | y] is a value at every point, so a "
            "class counts by its share of the points.",
        ),
        Misconception(
            "not-centred",
            _With(spread=_raw, between_spread=_raw),
            "You take second moments about the origin. A covariance is about the mean.",
        ),
        Misconception(
            "n-minus-one-once",
            _With(spread=_unbiased),
            "Σ and Σ_B are divided by different numbers, N − 1 and N. torch.cov divides by N − 1 unless it is told "
            "not to; use the same for both.",
        ),
        Misconception(
            "negative",
            _With(sign=-1.0),
            "Your score is negative. Higher is better, and more variance between classes is better.",
        ),
        Misconception(
            "shrinkage-ignored",
            _With(shrunk="ignored"),
            "Right without shrinkage. With it, Σ_a takes the place of Σ, and 1 − a stands in front.",
        ),
        Misconception(
            "shrunk-in-sigma-only",
            _With(shrunk="factor forgotten"),
            "Σ_a is right, but the factor 1 − a in front of the trace is missing: the means are shrunk as well.",
        ),
        Misconception(
            "shrunk-to-the-identity",
            _With(shrunk="identity"),
            "You pull Σ towards I itself. The target has Σ's own size: tr(Σ)/D times I.",
        ),
        Misconception(
            "trace-not-divided",
            _With(shrunk="not divided"),
            "Your target is tr(Σ) · I. The mean variance is tr(Σ)/D.",
        ),
    ),
    difficulty=2,
    minutes=15,
    hints=(
        "Replace every point by the mean of its class: the covariance of these new points is Σ_B, with every class "
        "counted by its share. Then pinv(Σ) @ Σ_B, and its trace.",
        "labels.unique(return_inverse=True) numbers the classes that occur. torch.cov(x.T, correction=0) is Σ; mind "
        "that it has no dimension where D is 1. With shrinkage a: Σ_a = (1 − a)·Σ + a·tr(Σ)/D·torch.eye(D).",
    ),
)
