"""The H-score with one thing done otherwise."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from autograder.exercises.lesson10.names import as_rows

Spread = Callable[[Tensor], Tensor]


def covariance(x: Tensor) -> Tensor:
    """Σ, over N."""
    centred = x - x.mean(0)
    return centred.T @ centred / len(x)


def unbiased(x: Tensor) -> Tensor:
    """Σ, over N − 1."""
    return covariance(x) * len(x) / (len(x) - 1)


def raw(x: Tensor) -> Tensor:
    """Second moments about the origin."""
    return x.T @ x / len(x)


def _inverse(matrix: Tensor) -> Tensor:
    return torch.linalg.pinv(matrix)


def ridge(matrix: Tensor, added: float = 0.1) -> Tensor:
    """The inverse after something was added."""
    return torch.linalg.inv(matrix + added * torch.eye(len(matrix)).to(matrix))


def small_ridge(matrix: Tensor) -> Tensor:
    """The inverse after a little was added."""
    return ridge(matrix, 1e-6)


def of_points(x: Tensor) -> Tensor:
    """The covariance between points."""
    return covariance(x.T)


def without_a_dimension(x: Tensor) -> Tensor:
    """Σ, a plain number where there is a single feature."""
    return torch.cov(x.T, correction=0)


def each_alone(x: Tensor) -> Tensor:
    """The variances alone."""
    return torch.diag(x.var(0, correction=0))


@dataclass(frozen=True)
class With:
    """The score with one thing done otherwise."""

    spread: Spread = covariance
    between_spread: Spread = covariance
    each_point: bool = True
    within: bool = False
    inverse: Spread = _inverse
    swapped: bool = False
    no_inverse: bool = False
    of_determinants: bool = False
    shrunk: str = "right"
    sign: float = 1.0
    in_place: str = "nothing"
    names_from_zero: bool = False

    def __call__(self, features: Tensor, labels: Tensor, shrinkage: float = 0.0) -> float:
        """The score."""
        if self.in_place == "features":
            features -= features.mean(0)
        if self.in_place == "labels":
            labels.copy_(labels.unique(return_inverse=True)[1])
        names = labels.unique()
        means = torch.stack([features[labels == name].mean(0) for name in names])
        rows = as_rows(labels, len(names)) if self.names_from_zero else torch.searchsorted(names, labels)
        of_points = means[rows]
        own = self.spread(features)
        between = self.between_spread(of_points if self.each_point else means)
        between = self.spread(features - of_points) if self.within else between
        a = 0.0 if self.shrunk == "ignored" else shrinkage
        a = 1 - a if self.shrunk == "the other way" and a else a
        target = own.trace() / (1 if self.shrunk == "not divided" else len(own)) * torch.eye(len(own)).to(own)
        target = torch.eye(len(own)).to(own) if self.shrunk == "identity" else target
        own = (1 - a) * own + a * target
        factor = 1.0 if self.shrunk in ("factor forgotten", "ignored") else 1 - a
        if self.no_inverse:
            return self.sign * float(between.trace() / own.trace())
        product = self.inverse(between) @ own if self.swapped else self.inverse(own) @ between
        return self.sign * factor * float(product.trace())
