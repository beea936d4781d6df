"""Exercise: LogME, the evidence of a linear model, class by class."""

import math

import torch

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.exercises.lesson10.log_me_mistakes import With
from autograder.probes import lesson10 as probes
from lib.transferability import log_me


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, counts: tuple[int, ...], width: int, offset: float = 0.7) -> Case:
        labels = torch.tensor([name for name, count in enumerate(counts) for _ in range(count)])
        centres = 0.5 * torch.randn(len(counts), width, generator=generator, dtype=torch.float64)
        centres[:, : len(counts)] += 2.5 * torch.eye(
            len(counts), dtype=torch.float64
        )  # or the largest may lie at α = ∞
        noise = torch.randn(len(labels), width, generator=generator, dtype=torch.float64)
        return Case(words, {"features": centres[labels] + noise + offset, "labels": labels})

    named = case("class names 1, 6 and 7", (7, 8, 9), 4)
    named.inputs["labels"] = torch.tensor([1, 6, 7])[named.inputs["labels"]]
    scaled = case("features that are a hundred times larger", (8, 8), 3)
    scaled.inputs["features"] = 100 * scaled.inputs["features"]
    exact = case("features that are each class's 0 and 1, times 3", (4, 5, 3), 3)
    exact.inputs["features"] = 3 * torch.eye(3, dtype=torch.float64)[exact.inputs["labels"]]
    return [
        case("24 points of 3 features, three classes", (8, 8, 8), 3),
        case("30 points of 5 features, classes of 5, 10 and 15", (5, 10, 15), 5),
        case("12 points of 20 features, two classes", (6, 6), 20),
        named,
        scaled,
        exact,
    ]


EXERCISE = Exercise(
    lesson="10_pitfalls",
    reference=log_me,
    probe=probes.score,
    cases=_cases,
    properties=(
        Property(
            "It is the largest evidence, averaged over classes and points.",
            3,
            ("score",),
            cases=(0, 1),
            relative=0,
            absolute=1e-3,
        ),
        Property(
            "There may be more features than points, and a perfect fit.",
            1,
            ("score",),
            cases=(2, 5),
            relative=0,
            absolute=1e-3,
        ),
        Property(
            "Neither the classes' names nor the features' scale changes anything.",
            1,
            ("score",),
            cases=(3, 4),
            relative=0,
            absolute=1e-3,
        ),
        Property(
            "One number comes back, and the arguments are left alone.",
            1,
            ("is one number", "arguments are left alone", "score"),
            cases=(0, 3),
            relative=0,
            absolute=1e-3,
        ),
    ),
    misconceptions=(
        Misconception(
            "classes-summed",
            With(classes="sum"),
            "You add up over the classes. LogME is their mean, so that a task with many classes is not punished.",
        ),
        Misconception(
            "best-class-only",
            With(classes="largest"),
            "You keep the class that is explained best. The mean over classes also hears the others.",
        ),
        Misconception(
            "one-class-only",
            With(classes="first"),
            "You explain one class and leave the others out. Each class gets a target of 0 and 1 of its own.",
        ),
        Misconception(
            "not-per-point",
            With(per_point=False),
            "Your score grows with the number of points: the 1/N is missing.",
        ),
        Misconception(
            "not-maximised",
            With(maximised=False),
            "You evaluate the evidence at α = β = 1 and stop there. Which α and β make the labels likeliest?",
        ),
        Misconception(
            "alpha-kept-at-one",
            With(alpha_one=True),
            "You look for the best β and leave α at 1. Then scaling the features changes the score; both are free.",
        ),
        Misconception(
            "labels-as-numbers",
            With(as_numbers=True),
            "You regress on the class numbers themselves. Renaming the classes would change your score: labels are "
            "names, and each class has its own 0 and 1.",
        ),
        Misconception(
            "plus-and-minus",
            With(plus_minus=True),
            "Your targets are −1 and 1. The contract has 0 and 1, and without a bias that is not the same.",
        ),
        Misconception(
            "one-ratio-for-all",
            With(one_ratio=True),
            "You look for one β/α for all classes together. Each class has its own maximum; the mean comes after.",
        ),
        Misconception(
            "rest-of-y-forgotten",
            With(span_only=True),
            "You count only what the features can reach. The rest of y, outside of their span, is noise and has to be "
            "paid for: all N axes count, those with s = 0 too.",
        ),
        Misconception(
            "grid-too-narrow",
            With(grid="narrow"),
            "Your search for β/α does not reach far enough. With features a hundred times larger, the best ratio is "
            "10⁻⁴ of what it was: measure the grid by the largest eigenvalue, or make it wider.",
        ),
        Misconception(
            "grid-too-coarse",
            With(grid="coarse"),
            "Your grid of β/α is too coarse: the maximum lies between its points. Take some hundred.",
        ),
        Misconception(
            "beta-without-a-bound",
            With(highest=math.inf),
            "Where features fit a class exactly, β and your score grow without end. The contract stops at 10⁶.",
        ),
        Misconception(
            "labels-renumbered-in-place",
            With(in_place=True),
            "You write new numbers into the caller's own labels.",
        ),
        Misconception(
            "centred",
            With(centred=True),
            "You centre the features. The contract uses them as they are: with an offset they can explain how frequent "
            "a class is.",
        ),
        Misconception(
            "standardised",
            With(standardised=True),
            "You standardise the features. One common scale changes nothing, but a scale for each feature does, and so "
            "does the centre.",
        ),
        Misconception(
            "two-pi-forgotten",
            With(two_pi=False),
            "Your densities lack the 2π. Ranks stay, but the number is not a log-likelihood any more.",
        ),
        Misconception(
            "determinant-forgotten",
            With(determinant=0.0),
            "Your evidence has the fit and not the determinant, log |I + F Fᵀ β/α|: without that price every feature "
            "is welcome, and the more the better.",
        ),
        Misconception(
            "half-forgotten",
            With(half=1.0),
            "Your score is twice as large: the logarithm of a normal density has ½ before all of its terms.",
        ),
        Misconception(
            "fit-counted-twice",
            With(fit=2.0),
            "The quadratic term is too large: the exponent of a normal density has a ½ too.",
        ),
    ),
    difficulty=3,
    minutes=30,
    hints=(
        "For one class: y is normal with mean 0 and covariance C = I/β + F Fᵀ/α. In the axes of F Fᵀ, with eigenvalues "
        "s and coordinates of y, C is diagonal, and the log density is a sum over N numbers. Only the ratio β/α needs "
        "a search: for a given one, the best β has a formula.",
        "s, U = torch.linalg.eigh(F @ F.T); along = (U.T @ y)². With r = β/α: energy = Σ along / (1 + r s), β = N / "
        "energy, at most 10⁶, and N · log(β / 2π) − Σ log(1 + r s) − β · energy is twice the log density. Try a few "
        "hundred r on a logarithmic grid, from 10⁻⁸ to 10⁸ over the largest s, and keep the largest.",
    ),
)
