"""Exercise: three estimators of the squared maximum mean discrepancy."""

from typing import Any

import torch

from autograder.exercise import Case, Exercise, Property, seeded
from autograder.exercises.lesson06.mmd_mistakes import MISTAKES
from autograder.probes import lesson06 as probes
from lib.mmd import mmd_squared


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, n: int, m: int, d: int, **arguments: Any) -> Case:
        x = torch.randn(n, d, generator=generator, dtype=torch.float64)
        y = 1.5 * torch.randn(m, d, generator=generator, dtype=torch.float64) + 1
        return Case(words, {"x": x, "y": y} | arguments)

    twice = torch.randn(6, 2, generator=generator, dtype=torch.float64)
    return [
        case("5 and 7 points, σ = 0.7 and 2, biased", 5, 7, 2, bandwidths=[0.7, 2.0], estimator="biased"),
        case("5 and 7 points, σ = 0.7 and 2, unbiased", 5, 7, 2, bandwidths=[0.7, 2.0], estimator="unbiased"),
        Case("the same 6 points twice, unbiased", {"x": twice, "y": twice.clone(), "bandwidths": [1.0]}
             | {"estimator": "unbiased"}),
        case("9 and 9 points, σ = 1.5, linear", 9, 9, 3, bandwidths=[1.5], estimator="linear"),
        case("6 and 5 points, and nothing else given", 6, 5, 3),
        case("4 and 6 points, no bandwidths, unbiased", 4, 6, 2, estimator="unbiased"),
    ]  # fmt: skip


EXERCISE = Exercise(
    lesson="06_domain_adaptation",
    reference=mmd_squared,
    probe=probes.distance,
    cases=_cases,
    properties=(
        Property("Biased: each expectation is a mean over all pairs.", 2, ("value",), cases=(0,)),
        Property(
            "Unbiased: within a sample, no row meets itself, and it may be negative.", 2, ("value",), cases=(1, 2)
        ),
        Property("Linear: neighbours in pairs, an odd last row left out.", 2, ("value",), cases=(3,)),
        Property("Where none are given, five bandwidths around the median are taken.", 1, ("value",), cases=(4, 5)),
        Property(
            "Both samples get the right gradient, and none comes through the bandwidths.",
            1,
            ("gradient in x", "gradient in y"),
            cases=(0, 1, 3, 4),
        ),
    ),
    misconceptions=MISTAKES,
    difficulty=3,
    minutes=25,
    hints=(
        "Three kernel matrices, x with x, y with y and x with y, serve the first two estimators: only the mean within "
        "a sample differs. Write the biased one first, check, and go on.",
        "A mean without the diagonal: (kernel.sum() − kernel.diagonal().sum()) over n·(n − 1). For linear, x[0::2] and "
        "x[1::2] are the neighbours once an odd last row is cut off; gaussian_kernel(a, b, …).diagonal() has the pairs "
        "that stand side by side. Default bandwidths: median_bandwidth(x, y) times torch.tensor([0.25, …]).to(x).",
    ),
)
