"""What people write instead of the gradient reversal layer, each with the hint it deserves."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from autograder.exercise import Misconception


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


class _OnTheClass(torch.autograd.Function):
    """Keeps the strength on the class: one for all forward passes."""

    strength = 1.0

    @staticmethod
    def forward(_ctx: Any, features: Tensor, strength: float) -> Tensor:
        _OnTheClass.strength = strength
        return features.clone()

    @staticmethod
    def backward(_ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return -_OnTheClass.strength * gradient, None


class _Once(torch.autograd.Function):
    """The right gradient, without a history."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, strength: float) -> Tensor:
        ctx.strength = strength
        return features.clone()

    @staticmethod
    @once_differentiable
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


MISTAKES = (
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
        "negative-forward",
        _with(lambda layer, features: _Function.apply(features, (-1.0, -layer.strength))),
        "Your features come out with their signs turned. The discriminator should see what the classifier sees: "
        "forward, nothing happens to them; only the gradient is reversed.",
    ),
    Misconception(
        "scaled-forward",
        _with(lambda layer, features: _Function.apply(features, (layer.strength, -layer.strength))),
        "Your features come out times λ, and at λ = 0 the discriminator sees nothing. Forward, leave them as they "
        "are; λ belongs to the gradient alone.",
    ),
    Misconception(
        "strength-twice",
        _with(lambda layer, features: _reversed(-layer.strength, layer.strength, features)),
        "λ is in your gradient twice: it comes times −λ². Multiply by it once.",
    ),
    Misconception(
        "divided-by-strength",
        _with(lambda layer, features: _reversed(-1.0, 1 / layer.strength if layer.strength else 0.0, features)),
        "You divide by λ: the smaller it is, the more would reach the features. Multiply.",
    ),
    Misconception(
        "none-at-zero",
        _with(
            lambda layer, features: (
                _reversed(-1.0, layer.strength, features) if layer.strength else features.detach().clone()
            )
        ),
        "At λ = 0 you cut the history off: the gradient is then None. The contract wants zeros. −λ times the "
        "gradient gives them without a case of its own.",
    ),
    Misconception(
        "off-in-evaluation-mode",
        _with(
            lambda layer, features: _reversed(-1.0, layer.strength, features) if layer.training else features.clone()
        ),
        "In evaluation mode your layer reverses nothing. The contract has the two modes alike: a gradient may be "
        "asked for in both.",
    ),
    Misconception(
        "strength-on-the-class",
        _with(lambda layer, features: _OnTheClass.apply(features, layer.strength)),
        "Your strength is kept where all forward passes share it, so the last one decides for all. ctx belongs to "
        "one forward pass: keep it there.",
    ),
    Misconception(
        "differentiable-once",
        _with(lambda layer, features: _Once.apply(features, layer.strength)),
        "The gradient of your gradient is refused or missing. backward is to be made of operations that autograd "
        "follows: without @once_differentiable, .detach() or torch.no_grad().",
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
)
