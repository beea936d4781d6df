"""Exercise: the gradient reversal layer."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import adversarial as probes
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


# ---- misconceptions: what autograd is told, and what stands around it -----------------------------------------------


class _Function(torch.autograd.Function):
    """Forward, factors[0] times the features; backward, factors[1] times the gradient."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, factors: tuple[float, float]) -> Tensor:
        ctx.factor = factors[1]
        return features.clone() if factors[0] == 1 else factors[0] * features

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return ctx.factor * gradient, None


class _Late(torch.autograd.Function):
    """Asks the layer for its strength when backward comes."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, layer: nn.Module) -> Tensor:
        ctx.layer = layer
        return features.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return -ctx.layer.strength * gradient, None


class _Viewing(torch.autograd.Function):
    """The right gradient, and no memory of its own."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, strength: float) -> Tensor:
        ctx.strength = strength
        return features.view_as(features)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return -ctx.strength * gradient, None


Pass = Callable[["_Layer", Tensor], Tensor]


class _Layer(nn.Module):
    """A layer whose forward pass is given."""

    def __init__(self, passing: Pass, strength: float) -> None:
        super().__init__()
        self.strength, self.made_with, self.passing = strength, strength, passing

    def forward(self, features: Tensor) -> Tensor:
        return self.passing(self, features)


def _with(passing: Pass) -> Callable[..., nn.Module]:
    return lambda strength=1.0: _Layer(passing, strength)


def _reversed(factor: float, strength: float, features: Tensor) -> Tensor:
    return _Function.apply(features, (1.0, factor * strength))


def _hooked(layer: _Layer, features: Tensor) -> Tensor:
    strength = layer.strength
    if features.requires_grad:
        features.register_hook(lambda gradient: -strength * gradient)
    return features.clone()


class _Learnt(nn.Module):
    """The strength is a parameter, so an optimiser may move it."""

    def __init__(self, strength: float = 1.0) -> None:
        super().__init__()
        self._strength = nn.Parameter(torch.tensor(strength))

    @property
    def strength(self) -> float:
        return self._strength.item()

    def forward(self, features: Tensor) -> Tensor:
        return _reversed(-1.0, self.strength, features)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "strength":
            self._strength.data.fill_(value)
        else:
            super().__setattr__(name, value)


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
        Property("Backward, the gradient comes times −λ.", 2, ("gradient with the first strength",), cases=(0, 2)),
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
    misconceptions=(
        Misconception(
            "not-reversed",
            _with(lambda layer, features: _reversed(1.0, layer.strength, features)),
            "Your gradient comes times λ: scaled, but not reversed. The features would help the discriminator.",
        ),
        Misconception(
            "strength-ignored",
            _with(lambda _, features: _reversed(-1.0, 1.0, features)),
            "You turn the gradient round, whatever the strength. With λ = 0 nothing at all should reach the features.",
        ),
        Misconception(
            "forward-too",
            _with(lambda layer, features: _Function.apply(features, (-layer.strength, -layer.strength))),
            "Your features come out times −λ. That would give the right gradient, but the discriminator would see "
            "other features than the classifier does, and none at all at λ = 0. Forward, leave them as they are.",
        ),
        Misconception(
            "gradient-stopped",
            _with(lambda _, features: features.detach().clone()),
            "No gradient comes back at all: the history is cut off. The features have to feel the discriminator.",
        ),
        Misconception(
            "identity",
            _with(lambda _, features: features.clone()),
            "Your gradient comes back as it is. What should backward give for a gradient g?",
        ),
        Misconception(
            "strength-of-the-beginning",
            _with(lambda layer, features: _reversed(-1.0, layer.made_with, features)),
            "Setting `strength` on the layer changes nothing: forward goes on with the one it was made with. Read "
            "self.strength in each forward pass.",
        ),
        Misconception(
            "strength-of-the-backward-pass",
            _with(lambda layer, features: _Late.apply(features, layer)),
            "Your backward pass asks the layer for its strength, which may have been set anew since. Keep, at the "
            "forward pass, the one that holds then.",
        ),
        Misconception(
            "view",
            _with(lambda layer, features: _Viewing.apply(features, layer.strength)),
            "Your output shares its memory with the features, as a view does: a layer behind it that works in place is "
            "refused by autograd. Return a copy.",
        ),
        Misconception(
            "input-hooked",
            _with(_hooked),
            "You reverse the gradient of the features themselves, so the classifier's is reversed as well. Only what "
            "comes back through this layer should be.",
        ),
        Misconception(
            "strength-learnt",
            _Learnt,
            "Your strength is a parameter: it goes into the state_dict and an optimiser may train it. A plain number "
            "is enough.",
        ),
    ),
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
