"""The gradient reversal layer: what lies behind it learns as usual, what lies before it learns the opposite.

Put between a feature extractor and a domain discriminator, it turns one ordinary backward pass into a game: the
discriminator learns to tell the domains apart, and the features to keep it from doing so (`lib.adversarial`).
"""

import math
from numbers import Real
from typing import Any

import torch
from torch import Tensor, nn


class GradientReversal(nn.Module):
    """The identity forward; backward, the gradient times −λ (Ganin et al., 2016, eq. 16–17, with λ inside the layer).

        R(x) = x,   dR/dx = −λ·I

    strength: λ ≥ 0, a plain number, kept under this name; it may be set between any two forward passes, and a backward
    pass uses the λ of its own forward pass. With λ = 0 the gradient is zero, not None. The strength is not in the
    `state_dict`. Training and evaluation mode do not differ.

    Takes a tensor of any shape, dtype and device; returns a copy, which may be changed in place. Differentiable any
    number of times, under autocast too. Raises TypeError for a strength that is no number, ValueError for one that is
    negative or not finite: when the layer is made and at each forward pass.

    Example:
        >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> GradientReversal(strength=0.5)(x).sum().backward()
        >>> x.grad
        tensor([-0.5000, -0.5000])
    """

    def __init__(self, strength: float = 1.0) -> None:
        super().__init__()
        self.strength = checked_strength(strength)

    def extra_repr(self) -> str:
        return f"strength={self.strength:g}"

    def forward(self, features: Tensor) -> Tensor:
        return _Reversed.apply(features, checked_strength(self.strength))


def reversal_strength(progress: float, gamma: float = 10.0) -> float:
    """The strength λ of the reversal after a share `progress` of training (Ganin et al., 2016, §5.2.2).

        λ_p = 2 / (1 + e^(−γ·p)) − 1

    It rises from exactly 0 towards 1, so that features are not pulled about by a discriminator that knows nothing yet.

    progress: p in [0, 1]: steps done over all steps. gamma: γ > 0, finite, the steepness; 10 in the paper, where λ is
    0.46 after a tenth of the training and 0.99 after half. Returns a number in [0, 1].
    Raises ValueError for a value out of its range (NaN is), TypeError for what is not a number.

    Example:
        >>> [round(reversal_strength(p), 4) for p in (0, 0.1, 0.5, 1)]
        [0.0, 0.4621, 0.9866, 0.9999]
    """
    for name, value in (("progress", progress), ("gamma", gamma)):
        if not isinstance(value, Real):
            raise TypeError(f"{name}: expected a number, got {type(value).__name__}")
    if not 0 <= progress <= 1:
        raise ValueError(f"progress: expected a share in [0, 1], got {progress}")
    if not 0 < gamma < math.inf:
        raise ValueError(f"gamma: expected a positive, finite number, got {gamma}")
    return 2 / (1 + math.exp(-gamma * progress)) - 1


def checked_strength(strength: float) -> float:
    """`strength` as a float; raises TypeError unless it is a number, ValueError unless it is finite and at least 0.

    Example:
        >>> checked_strength(math.nan)
        Traceback (most recent call last):
        ValueError: strength: expected a finite number of at least 0, got nan
    """
    if not isinstance(strength, Real):
        raise TypeError(f"strength: expected a number, got {type(strength).__name__}")
    if not 0 <= strength < math.inf:
        raise ValueError(f"strength: expected a finite number of at least 0, got {strength}")
    return float(strength)


class _Reversed(torch.autograd.Function):
    """What autograd knows of `GradientReversal`."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, strength: float) -> Tensor:
        ctx.strength = strength
        return features.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return -ctx.strength * gradient, None
