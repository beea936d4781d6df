"""Exercise: the gradient reversal layer."""

import torch

from autograder.exercise import Case, Exercise, Property, seeded
from autograder.exercises.lesson06.reversal_mistakes import MISTAKES
from autograder.probes import reversal as probes
from lib.gradient_reversal import GradientReversal


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, shape: tuple[int, ...], strength: float | None, then: float, double: bool = False) -> Case:
        features = torch.randn(shape, generator=generator, dtype=torch.float64 if double else torch.float32)
        return Case(words, {"features": features, "strength": strength, "then": then})

    return [
        case("features of shape (4, 3), strength 0.5, then 2", (4, 3), 0.5, 2.0),
        case("features of shape (2, 3, 2, 2) in double precision, strength 0, then 0.1", (2, 3, 2, 2), 0.0, 0.1, True),
        case("a vector of 5 numbers, no strength given, then 0.3", (5,), None, 0.3),
    ]


EXERCISE = Exercise(
    lesson="06_domain_adaptation",
    reference=GradientReversal,
    probe=probes.gradient_reversal,
    cases=_cases,
    properties=(
        Property(
            "Forward, it is the identity, for any shape, whether a gradient is wanted or not.",
            1,
            ("output", "output where nothing asks for a gradient"),
        ),
        Property("Backward, the gradient comes times −λ.", 1, ("gradient",), cases=(0, 2)),
        Property(
            "So it does in evaluation mode, and when it is differentiated once more.",
            1,
            ("gradient in evaluation mode", "second derivative"),
        ),
        Property(
            "λ may be set at any time; a backward pass has that of its own forward pass.",
            1,
            ("gradient with the first strength", "gradient with the next strength"),
        ),
        Property(
            "Only what comes through the layer is reversed, and its output may be changed in place.",
            1,
            (
                "gradient of features that another branch uses as well",
                "gradient through an output that is changed in place",
            ),
        ),
        Property(
            "It is a module with nothing to train and nothing to save.", 1, ("what is in the state_dict", "parameters")
        ),
    ),
    misconceptions=MISTAKES,
    difficulty=2,
    minutes=15,
    hints=(
        "forward and backward disagree, which no formula of tensors does by itself. torch.autograd.Function lets you "
        "write both: a class of its own, beside the module, with two static methods. ctx carries what backward needs.",
        "class Reversed(torch.autograd.Function): forward(ctx, features, strength) keeps ctx.strength and returns a "
        "clone; backward(ctx, gradient) returns a value for each argument of forward, None for the strength. The "
        "module's forward calls Reversed.apply(features, self.strength).",
    ),
)
