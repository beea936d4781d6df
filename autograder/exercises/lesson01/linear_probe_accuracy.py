"""Exercise: what a linear classifier reads from features."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.exercises.lesson01 import scaling_mistakes as scaling
from autograder.exercises.lesson01.probed_points import clear, told_apart
from autograder.probes import lesson01 as probes
from lib.features import fit_linear_head
from lib.representation import linear_probe_accuracy

WIDTH, CLASSES, TESTED = 4, 3, 60


def _points(labels: Tensor, generator: torch.Generator, centres: Tensor) -> Tensor:
    noise = torch.randn(len(labels), WIDTH, generator=generator, dtype=torch.float64)
    return centres[labels] + noise


def _cases(seed: int) -> list[Case]:
    def copies(inputs: dict[str, Any]) -> dict[str, Any]:
        return {name: value.clone() if isinstance(value, Tensor) else value for name, value in inputs.items()}

    return [Case(case.words, copies(case.inputs)) for case in _drawn(seed)]


@lru_cache(maxsize=4)
def _drawn(seed: int) -> list[Case]:
    """The cases themselves: which test points are clear takes a fit to find out."""
    generator = seeded(seed)
    centres = 1.3 * torch.randn(CLASSES, WIDTH, generator=generator, dtype=torch.float64)

    def case(
        words: str,
        scales: tuple[float, ...] = (1, 1, 1, 1),
        offset: float = 0.0,
        shift: float = 0.0,
        counts: tuple[int, ...] = (14, 14, 14),
        penalty: float = 0.01,
        dtype: torch.dtype = torch.float32,
        unseen: int = 8 * TESTED,
        spread: float = 0.0,
    ) -> Case:
        labels = torch.arange(CLASSES).repeat_interleave(torch.tensor(counts))
        labels = labels[torch.randperm(len(labels), generator=generator)]
        names = torch.randint(CLASSES, (unseen,), generator=generator)
        train, test = _points(labels, generator, centres), _points(names, generator, centres) + shift
        if spread:
            test = spread * torch.randn(test.shape, generator=generator, dtype=torch.float64)
        if words.startswith("a feature that is constant"):
            train[:, 0] = test[:, 0] = 0
        stretch = torch.tensor(scales, dtype=torch.float64)
        train, test = ((points * stretch + offset).to(dtype) for points in (train, test))
        if spread:
            chosen, targets = told_apart(train, labels, test, penalty, TESTED)
        else:
            chosen = clear(train, labels, test, penalty, TESTED)
            targets = names[chosen]
        return Case(
            words,
            {
                "train_features": train,
                "train_labels": labels,
                "test_features": test[chosen],
                "test_labels": targets,
                "classes": CLASSES,
                "penalty": penalty,
            },
        )

    return [
        case("42 points of three classes to learn from, 60 to be tested on"),
        case("features of which two are a thousand times smaller than the others", scales=(1e-3, 1e-3, 1, 1)),
        case("test points that lie two standard deviations away from those of the training", shift=2.0, offset=5.0),
        case("a feature that is constant, in double precision", offset=4.0, dtype=torch.float64),
        case("unequal classes and a strong penalty", counts=(24, 10, 8), penalty=0.6),
        case("five points to learn from", counts=(3, 1, 1), penalty=0.6, unseen=4000, spread=4.0),
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------


def _with(
    prepare: Callable[[Tensor, Tensor], scaling.Scaled] | None = None,
    on: str = "test",
    penalty_of: Callable[[float], float] = lambda penalty: penalty,
    score: Callable[[Tensor], float] = lambda right: float(right.double().mean()),
) -> Callable[..., float]:
    def probe(
        told: Tensor, labels: Tensor, unseen: Tensor, targets: Tensor, classes: int, penalty: float = 1e-3
    ) -> float:
        train, test = (prepare or scaling.standardised)(told, unseen)
        head = fit_linear_head(train, labels, classes, penalty_of(penalty))
        points, names = (train, labels) if on == "train" else (test, targets)
        return score(head(points).argmax(1) == names)

    return probe


def _fitted_on_the_test(
    told: Tensor, labels: Tensor, unseen: Tensor, targets: Tensor, classes: int, penalty: float = 1e-3
) -> float:
    return linear_probe_accuracy(unseen, targets, unseen, targets, classes, penalty)


EXERCISE = Exercise(
    lesson="01_what_is_transfer_learning",
    reference=linear_probe_accuracy,
    probe=probes.linear_probe_accuracy,
    cases=_cases,
    properties=(
        Property(
            "It is the share of the test points that the classifier gets right.",
            2,
            ("accuracy", "features and labels are left alone"),
            cases=(0,),
            relative=0.0,
            absolute=1e-3,
        ),
        Property("The scale of a feature makes no difference.", 1, ("accuracy",), (1,), relative=0.0, absolute=1e-3),
        Property(
            "Test points are measured by the training points' mean and deviation, the one that divides by N.",
            1,
            ("accuracy",),
            (2, 5),
            0.0,
            1e-3,
        ),
        Property("A constant feature does no harm.", 1, ("accuracy",), (3,), relative=0.0, absolute=1e-3),
        Property("The penalty reaches the classifier.", 1, ("accuracy",), (4,), relative=0.0, absolute=1e-3),
    ),
    misconceptions=(
        Misconception(
            "on-what-it-learnt-from",
            _with(on="train"),
            "You test on the points that the classifier was fitted on. Those it may know by heart; the others say what "
            "the features are good for.",
        ),
        Misconception(
            "fitted-on-the-test",
            _fitted_on_the_test,
            "Your classifier has seen the test labels: it is fitted on the test points. Fit on the one split, count on "
            "the other.",
        ),
        Misconception(
            "raw",
            _with(scaling.raw),
            "You fit the features as they come, or take off their mean alone. Small features need large weights, and "
            "these the penalty holds down: each feature is divided by its own deviation first.",
        ),
        Misconception(
            "test-by-its-own",
            _with(scaling.test_by_its_own),
            "You standardise the test points by their own mean and deviation. That moves them to where the classifier "
            "expects them, and with a single test point nothing would be left.",
        ),
        Misconception(
            "test-left-raw",
            _with(scaling.test_left_raw),
            "The classifier learns from standardised features and is then shown raw ones. Whatever is done to the "
            "training points is done to the test points, with the same numbers.",
        ),
        Misconception(
            "one-less-below-the-line",
            _with(scaling.by_one_less),
            "Your deviation divides by N − 1, which is PyTorch's default; the contract says by N. With five "
            "points that makes every feature smaller by a tenth, the penalty weighs more, and some answers change.",
        ),
        Misconception(
            "together",
            _with(scaling.together),
            "Your mean and deviation are those of training and test points together. The test has no part in the "
            "fitting, not even by its mean.",
        ),
        Misconception(
            "one-scale",
            _with(scaling.one_scale),
            "You take one mean and one deviation for all features together. Each feature has its own: along which axis "
            "are the points?",
        ),
        Misconception(
            "by-row",
            _with(scaling.by_row),
            "You standardise each point over its features. Rows are points here; it is each *column* that gets mean 0 "
            "and deviation 1.",
        ),
        Misconception(
            "unit-length",
            _with(scaling.of_unit_length),
            "You bring each point to length 1. That goes along the rows, and large features still drown small ones: it "
            "is each *column* that gets mean 0 and deviation 1.",
        ),
        Misconception(
            "divided-by-zero",
            _with(scaling.divided_by_zero),
            "A feature that is constant has a deviation of 0, and 0/0 is no number: one such feature makes everything "
            "NaN. What does the contract say of it?",
        ),
        Misconception(
            "penalty-forgotten",
            _with(penalty_of=lambda _: 1e-3),
            "Your classifier has the default penalty, whatever was asked for. Hand `penalty` on.",
        ),
        Misconception(
            "per-cent",
            _with(score=lambda right: 100 * float(right.double().mean())),
            "That is per cent. The contract asks for a share, a number in [0, 1].",
        ),
        Misconception(
            "count",
            _with(score=lambda right: float(right.sum())),
            "You return how many are right. Of how many? A share is asked for.",
        ),
        Misconception(
            "errors",
            _with(score=lambda right: float((~right).double().mean())),
            "You return the share of errors; accuracy is the rest.",
        ),
    ),
    difficulty=2,
    minutes=12,
    hints=(
        "Three steps: bring both sets onto one scale, fit, count. The scale is decided by one of the two sets alone; "
        "think of a single test point that comes in tomorrow.",
        "`train_features.mean(0)` and `.std(0, correction=0)` are a number a column; where the deviation is 0, put 1 "
        "in its place. `fit_linear_head` gives a layer, and the largest of its scores in each row is the guess.",
    ),
)
