"""What the exercises on penalties share: the small network's names, and how mistakes are built from terms."""

from collections.abc import Callable

from torch import Tensor

from autograder.exercise import Property

BACKBONE = ["1.weight", "1.bias"]
HEAD = ["3.weight", "3.bias"]
WITH_NORMS = ["scale", "stem.0.weight", "stem.1.weight", "stem.1.bias", "block.2.weight"]  # of the kind "fc"
Squares = Callable[[Tensor], Tensor]

LEFT_ALONE = Property(
    "The penalty is a tensor that training can differentiate; nothing is changed, and no gradient goes elsewhere.",
    1,
    ("gradients", "shape and type", "a gradient reaches fisher or anchor", "changed"),
)


def summed_squares(difference: Tensor) -> Tensor:
    """Σ difference²."""
    return difference.square().sum()


def mean_squares(difference: Tensor) -> Tensor:
    """The mean of the squares in place of their sum."""
    return difference.square().mean()


def absolute(difference: Tensor) -> Tensor:
    """Σ |difference|."""
    return difference.abs().sum()


def norm(difference: Tensor) -> Tensor:
    """The norm, not squared."""
    return difference.norm()
