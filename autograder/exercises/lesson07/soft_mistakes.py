"""Cross-entropy with soft targets, with one thing done otherwise."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


def log(logits: Tensor) -> Tensor:
    """The logarithms of the softmax, at least in single precision."""
    return logits.log_softmax(1, dtype=torch.promote_types(logits.dtype, torch.float32))


@dataclass(frozen=True)
class With:
    """The loss with one thing done otherwise."""

    log_probabilities: Callable[[Tensor], Tensor] = log
    smoothing: str = "to all"
    reduced: Callable[[Tensor], Tensor] = lambda losses: losses.sum(1).mean()
    hard: bool = False
    sign: float = -1.0
    entropy_taken: bool = False
    detached: bool = False
    half: bool = False
    targets_detached: bool = False
    logits_detached: bool = False
    as_number: bool = False
    guessed: bool = False
    in_place: bool = False
    softened: bool = False

    def __call__(self, logits: Tensor, targets: Tensor, label_smoothing: float = 0.0) -> Any:
        """The loss."""
        log_probabilities = self.log_probabilities(logits.detach() if self.logits_detached else logits)
        classes = logits.shape[1]
        soft = targets if targets.is_floating_point() else F.one_hot(targets, -1 if self.guessed else classes)
        if self.softened and targets.is_floating_point():
            soft = soft.softmax(1)
        soft = soft.detach() if self.targets_detached else soft
        if self.hard:
            soft = F.one_hot(soft.argmax(1), classes)
        soft = soft.to(log_probabilities)
        smoothed = self._smoothed(soft, label_smoothing, classes, indices=not targets.is_floating_point())
        if self.in_place and targets.is_floating_point():
            with torch.no_grad():
                targets.copy_(smoothed)
        losses = self.sign * smoothed * log_probabilities
        if self.entropy_taken:
            losses = losses + torch.special.xlogy(smoothed, smoothed)
        loss = self.reduced(losses)
        loss = loss.to(logits.dtype) if self.half else loss
        if self.as_number:
            return loss.item()
        return loss.detach() if self.detached else loss

    def _smoothed(self, soft: Tensor, epsilon: float, classes: int, *, indices: bool) -> Tensor:
        once = (1 - epsilon) * soft + epsilon / classes
        return {
            "to all": once,
            "never": soft,
            "to the others": (1 - epsilon) * soft + epsilon * (1 - soft) / (classes - 1),
            "added": soft + epsilon / classes,
            "twice": (1 - epsilon) * once + epsilon / classes,
            "not divided": (1 - epsilon) * soft + epsilon,
            "of indices": once if indices else soft,
            "of shares": soft if indices else once,
        }[self.smoothing]


def not_stable(logits: Tensor) -> Tensor:
    """By the formula, without care."""
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
    return (logits.exp() / logits.exp().sum(1, keepdim=True)).log()


def log_of_softmax(logits: Tensor) -> Tensor:
    """In two steps."""
    return logits.softmax(1, dtype=torch.promote_types(logits.dtype, torch.float32)).log()


def log_of_a_little_more(logits: Tensor) -> Tensor:
    """In two steps, with something added between them."""
    return (logits.softmax(1, dtype=torch.promote_types(logits.dtype, torch.float32)) + 1e-8).log()
