"""Test points of a linear probe on which any right answer agrees, or which a nearly right one answers otherwise."""

import math

import torch
from torch import Tensor

from autograder.exercises.lesson01 import scaling_mistakes as scaling
from lib.features import fit_linear_head


def clear(train: Tensor, labels: Tensor, test: Tensor, penalty: float, count: int) -> Tensor:
    """At most `count` test points that the probe does not hesitate at: any that settles agrees on them."""
    margin, _ = _answers(train, labels, test, penalty)
    return (margin > 0.04).nonzero().flatten()[:count]


def told_apart(train: Tensor, labels: Tensor, test: Tensor, penalty: float, count: int) -> tuple[Tensor, Tensor]:
    """At most `count` test points that it answers otherwise, and clearly, with 1/(N − 1) for 1/N; and their labels.

    Two labels in three are the answer that is right by 1/N, the third is the other.
    """
    wider = math.sqrt(len(train) / (len(train) - 1))
    (margin, answers), (other_margin, others) = (_answers(train, labels, test, penalty, by) for by in (1, wider))
    apart = ((answers != others) & (torch.minimum(margin, other_margin) > 0.015)).nonzero().flatten()[:count]
    return apart, torch.where(torch.arange(len(apart)) % 3 == 2, others[apart], answers[apart])


def _answers(
    train: Tensor, labels: Tensor, test: Tensor, penalty: float, divisor: float = 1.0
) -> tuple[Tensor, Tensor]:
    """By how much the most probable class leads, and which it is; deviations are multiplied by `divisor`."""
    train, test = (points / divisor for points in scaling.standardised(train, test))
    head = fit_linear_head(train, labels, int(labels.max()) + 1, penalty)
    with torch.no_grad():
        best = head(test).softmax(1).topk(2)
    return best.values[:, 0] - best.values[:, 1], best.indices[:, 0]
