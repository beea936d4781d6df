"""Exercise: the H-score, between-class variance measured by the features' own."""

import torch

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.exercises.lesson10 import h_score_mistakes as mistakes
from autograder.probes import lesson10 as probes
from lib.transferability import h_score


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, counts: tuple[int, ...], width: int, **more: float) -> Case:
        labels = torch.tensor([name for name, count in enumerate(counts) for _ in range(count)])
        centres = 1.5 * torch.randn(len(counts), width, generator=generator, dtype=torch.float64)
        mixing = torch.randn(width, width, generator=generator, dtype=torch.float64)
        noise = torch.randn(len(labels), width, generator=generator, dtype=torch.float64) @ mixing
        return Case(words, {"features": centres[labels] + noise + 3, "labels": labels} | more)

    flat = case("small features, one that never varies, and one that is there twice", (6, 5, 4), 3)
    x = 1e-3 * flat.inputs["features"]
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
        case("9 points of a single feature", (4, 5), 1),
    ]


EXERCISE = Exercise(
    lesson="10_pitfalls",
    reference=h_score,
    probe=probes.score,
    cases=_cases,
    properties=(
        Property("It is the trace of Σ⁺ Σ_B.", 2, ("score",), cases=(0, 6), relative=1e-3),
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
            cases=(0, 3),
            relative=1e-3,
        ),
    ),
    misconceptions=(
        Misconception(
            "plain-inverse",
            mistakes.With(inverse=torch.linalg.inv),
            "Where a feature never varies, or is there twice, Σ has no inverse: torch.linalg.inv raises, or blows "
            "rounding up. The pseudo-inverse leaves such directions out.",
        ),
        Misconception(
            "ridge-added",
            mistakes.With(inverse=mistakes.ridge),
            "You add something to Σ so that it can be inverted. That changes the score; the pseudo-inverse does not, "
            "and shrinkage has an argument of its own.",
        ),
        Misconception(
            "a-little-ridge-added",
            mistakes.With(inverse=mistakes.small_ridge),
            "You add a little to Σ so that it can be inverted. It is little only for features of one size: in small "
            "features it drowns the variances. The pseudo-inverse needs no such number.",
        ),
        Misconception(
            "points-for-features",
            mistakes.With(spread=mistakes.of_points, between_spread=mistakes.of_points),
            "Your Σ is a covariance between points, N × N. The features are what varies together: D × D. torch.cov "
            "takes variables as rows.",
        ),
        Misconception(
            "single-feature",
            mistakes.With(spread=mistakes.without_a_dimension, between_spread=mistakes.without_a_dimension),
            "With a single feature, torch.cov returns a number without dimensions, which has no trace: make it 1 × 1.",
        ),
        Misconception(
            "features-one-by-one",
            mistakes.With(spread=mistakes.each_alone, between_spread=mistakes.each_alone),
            "You keep the variances alone. How features vary together belongs into Σ: it is a whole matrix.",
        ),
        Misconception(
            "labels-as-positions",
            mistakes.With(names_from_zero=True),
            "You use the labels as positions. They are names, and need not be 0 to K − 1.",
        ),
        Misconception(
            "features-centred-in-place",
            mistakes.With(in_place="features"),
            "You centre the caller's own features. Make a new tensor: x = x - x.mean(0).",
        ),
        Misconception(
            "labels-renumbered-in-place",
            mistakes.With(in_place="labels"),
            "You write new numbers into the caller's own labels.",
        ),
        Misconception(
            "order-swapped",
            mistakes.With(swapped=True),
            "You invert Σ_B and multiply by Σ. It is the other way round: the features' own variance is the measure.",
        ),
        Misconception(
            "not-inverted",
            mistakes.With(no_inverse=True),
            "You compare traces, direction by direction nothing is measured: one noisy feature of large scale drowns "
            "all others. Invert Σ.",
        ),
        Misconception(
            "within-classes",
            mistakes.With(within=True),
            "You use the variance within the classes. Σ_B is that of the classes' means: what lies between them.",
        ),
        Misconception(
            "classes-not-weighted",
            mistakes.With(each_point=False),
            "Your Σ_B is the covariance of K means, each counting once. E[φ | y] is a value at every point, so a "
            "class counts by its share of the points.",
        ),
        Misconception(
            "not-centred",
            mistakes.With(spread=mistakes.raw, between_spread=mistakes.raw),
            "You take second moments about the origin. A covariance is about the mean.",
        ),
        Misconception(
            "n-minus-one-once",
            mistakes.With(spread=mistakes.unbiased),
            "Σ and Σ_B are divided by different numbers, N − 1 and N. torch.cov divides by N − 1 unless it is told "
            "not to; use the same for both.",
        ),
        Misconception(
            "negative",
            mistakes.With(sign=-1.0),
            "Your score is negative. Higher is better, and more variance between classes is better.",
        ),
        Misconception(
            "shrinkage-ignored",
            mistakes.With(shrunk="ignored"),
            "Right without shrinkage. With it, Σ_a takes the place of Σ, and 1 − a stands in front.",
        ),
        Misconception(
            "shrunk-the-other-way",
            mistakes.With(shrunk="the other way"),
            "a and 1 − a have changed places: with a = 0 the covariance stays as it is, with a = 1 only I is left.",
        ),
        Misconception(
            "shrunk-in-sigma-only",
            mistakes.With(shrunk="factor forgotten"),
            "Σ_a is right, but the factor 1 − a in front of the trace is missing: the means are shrunk as well.",
        ),
        Misconception(
            "shrunk-to-the-identity",
            mistakes.With(shrunk="identity"),
            "You pull Σ towards I itself. The target has Σ's own size: tr(Σ)/D times I.",
        ),
        Misconception(
            "trace-not-divided",
            mistakes.With(shrunk="not divided"),
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
