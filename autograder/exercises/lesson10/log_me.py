"""Exercise: LogME, the evidence of a linear model, class by class."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson10 as probes
from lib.transferability import log_me


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, counts: tuple[int, ...], width: int, offset: float = 0.7) -> Case:
        labels = torch.tensor([name for name, count in enumerate(counts) for _ in range(count)])
        centres = 1.5 * torch.randn(len(counts), width, generator=generator, dtype=torch.float64)
        noise = torch.randn(len(labels), width, generator=generator, dtype=torch.float64)
        return Case(words, {"features": centres[labels] + noise + offset, "labels": labels})

    named = case("class names 1, 6 and 7", (7, 8, 9), 4)
    named.inputs["labels"] = torch.tensor([1, 6, 7])[named.inputs["labels"]]
    scaled = case("features that are a hundred times larger", (8, 8), 3)
    scaled.inputs["features"] = 100 * scaled.inputs["features"]
    return [
        case("24 points of 3 features, three classes", (8, 8, 8), 3),
        case("30 points of 5 features, classes of 5, 10 and 15", (5, 10, 15), 5),
        case("12 points of 20 features, two classes", (6, 6), 20),
        named,
        scaled,
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _With:
    """The score with one thing done otherwise; the maximum is found on a fine grid of β/α."""

    classes: str = "mean"
    per_point: bool = True
    maximised: bool = True
    alpha_one: bool = False
    centred: bool = False
    two_pi: bool = True
    determinant: float = 1.0
    half: float = 0.5
    fit: float = 1.0
    as_numbers: bool = False
    standardised: bool = False

    def __call__(self, features: Tensor, labels: Tensor) -> float:
        """The score."""
        F = features.double()
        F = F - F.mean(0) if self.centred or self.standardised else F
        F = F / F.std(0) if self.standardised else F
        names = labels.unique()
        targets = [labels.double()] if self.as_numbers else [(labels == name).double() for name in names]
        scores = torch.stack([self._evidence(F, y) for y in targets])
        total = {"mean": scores.mean(), "sum": scores.sum(), "largest": scores.max(), "first": scores[0]}[self.classes]
        return float(total) * (1 if self.per_point else len(F))

    def _evidence(self, F: Tensor, y: Tensor) -> Tensor:
        variances, axes = torch.linalg.eigh(F @ F.T)
        variances, along = variances.clamp_min(0), (axes.T @ y).square()
        if not self.maximised:
            return self._at(variances + 1, along, torch.ones(1, dtype=torch.float64)).squeeze()
        if self.alpha_one:  # the weights' precision kept at 1, the noise's found
            return self._at(variances + 1 / _GRID, along, torch.ones_like(_GRID)).max()
        spread = 1 + _GRID * variances  # (grid, N): the covariance of y is this over β
        beta = (len(F) / (along / spread).sum(1, keepdim=True)).clamp_max(1e6)
        return self._at(spread, along, beta).max()

    def _at(self, spread: Tensor, along: Tensor, beta: Tensor) -> Tensor:
        count = spread.shape[-1]
        constant = count * (beta / (2 * math.pi if self.two_pi else 1)).log()
        sums = [term.sum(-1, keepdim=True) for term in (spread.log(), along / spread)]
        logs = constant - self.determinant * sums[0] - self.fit * beta * sums[1]
        return self.half * logs / count


_GRID = torch.logspace(-10, 8, 301, dtype=torch.float64).unsqueeze(1)

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
        Property("There may be more features than points.", 1, ("score",), cases=(2,), relative=0, absolute=1e-3),
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
            cases=(0,),
            relative=0,
            absolute=1e-3,
        ),
    ),
    misconceptions=(
        Misconception(
            "classes-summed",
            _With(classes="sum"),
            "You add up over the classes. LogME is their mean, so that a task with many classes is not punished.",
        ),
        Misconception(
            "best-class-only",
            _With(classes="largest"),
            "You keep the class that is explained best. The mean over classes also hears the others.",
        ),
        Misconception(
            "one-class-only",
            _With(classes="first"),
            "You explain one class and leave the others out. Each class gets a target of 0 and 1 of its own.",
        ),
        Misconception(
            "not-per-point",
            _With(per_point=False),
            "Your score grows with the number of points: the 1/N is missing.",
        ),
        Misconception(
            "not-maximised",
            _With(maximised=False),
            "You evaluate the evidence at α = β = 1 and stop there. Which α and β make the labels likeliest?",
        ),
        Misconception(
            "alpha-kept-at-one",
            _With(alpha_one=True),
            "You look for the best β and leave α at 1. Then scaling the features changes the score; both are free.",
        ),
        Misconception(
            "labels-as-numbers",
            _With(as_numbers=True),
            "You regress on the class numbers themselves. Renaming the classes would change your score: labels are "
            "names, and each class has its own 0 and 1.",
        ),
        Misconception(
            "centred",
            _With(centred=True),
            "You centre the features. The contract uses them as they are: with an offset they can explain how frequent "
            "a class is.",
        ),
        Misconception(
            "standardised",
            _With(standardised=True),
            "You standardise the features. One common scale changes nothing, but a scale for each feature does, and so "
            "does the centre.",
        ),
        Misconception(
            "two-pi-forgotten",
            _With(two_pi=False),
            "Your densities lack the 2π. Ranks stay, but the number is not a log-likelihood any more.",
        ),
        Misconception(
            "determinant-forgotten",
            _With(determinant=0.0),
            "Your evidence has the fit and not the determinant, log |I + F Fᵀ β/α|: without that price every feature "
            "is welcome, and the more the better.",
        ),
        Misconception(
            "half-forgotten",
            _With(half=1.0),
            "Your score is twice as large: the logarithm of a normal density has ½ before all of its terms.",
        ),
        Misconception(
            "fit-counted-twice",
            _With(fit=2.0),
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
        "hundred r on a logarithmic grid and keep the largest; a fine grid is accurate enough.",
    ),
)
