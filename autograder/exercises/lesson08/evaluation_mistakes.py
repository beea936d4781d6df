"""Misconceptions of an evaluation: a right one in parts, of which one is done otherwise."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lib.epochs import Scores


@dataclass(frozen=True)
class With:
    """An evaluation with one thing done otherwise."""

    evaluation_mode: bool = True
    trains_afterwards: bool = False
    no_grad: bool = True
    for_good: bool | None = None
    weighted: bool = True
    loss_weighted: bool = True
    all_but_last: bool = False
    full_batches: bool = False
    last_only: bool = False
    own_criterion: bool = True
    smoothing: float = 0.0
    softmax_first: bool = False
    axis: int | None = 1
    weights_off: bool = False
    swapped: bool = False
    percent: bool = False
    tensors: bool = False
    pair: bool = False
    at_none: str = "ValueError"
    counts_batches: bool = False

    def __call__(self, model: nn.Module, batches: Any, *, criterion: Callable[..., Tensor] = F.cross_entropy) -> Any:
        """What it returns."""
        if self.evaluation_mode:
            model.eval()
        if self.weights_off:
            model.requires_grad_(False)
        with torch.set_grad_enabled(not self.no_grad and torch.is_grad_enabled()):
            count = len(batches) if self.counts_batches else None
            rows = [self._row(model, images, labels, criterion) for images, labels in batches]
        if self.for_good is not None:
            torch.set_grad_enabled(self.for_good)
        if self.trains_afterwards:
            model.train()
        return self._result(rows) if count != 0 else Scores(0 / count, 0 / count)

    def _row(self, model: nn.Module, images: Tensor, labels: Tensor, criterion: Any) -> tuple[Tensor, Tensor, int]:
        scores = model(images)
        given = scores.softmax(1) if self.softmax_first else scores
        if not self.own_criterion:
            loss = F.cross_entropy(given, labels)
        elif criterion is F.cross_entropy:
            loss = F.cross_entropy(given, labels, label_smoothing=self.smoothing)
        else:
            loss = criterion(given, labels)
        return loss.detach(), (scores.argmax(self.axis) == labels).sum(), len(labels)

    def _result(self, rows: list[tuple[Tensor, Tensor, int]]) -> Any:
        if not rows:
            if self.at_none == "ValueError":
                raise ValueError("batches")
            return Scores(0.0, 0.0) if self.at_none == "zeros" else Scores(0 / len(rows), 0 / len(rows))
        rows = rows[:-1] if self.all_but_last else rows[-1:] if self.last_only else rows
        losses, right, counts = zip(*rows, strict=True)
        total = len(rows) * counts[0] if self.full_batches else sum(counts)
        if self.weighted:
            weights = counts if self.loss_weighted else [1] * len(rows)
            loss = sum(one * weight for one, weight in zip(losses, weights, strict=True)) / total
            accuracy = sum(right) / total
        else:
            loss = sum(losses) / len(rows)
            accuracy = sum(one / count for one, count in zip(right, counts, strict=True)) / len(rows)
        accuracy = accuracy * (100 if self.percent else 1)
        if self.swapped:
            loss, accuracy = accuracy, loss
        if self.tensors:
            return Scores(loss, accuracy)
        return (float(loss), float(accuracy)) if self.pair else Scores(float(loss), float(accuracy))
