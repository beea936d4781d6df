"""The learning-rate range test: raise the rate until the loss explodes, and look where it fell fastest."""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lib.freezing import trainable_parameters

_SMOOTHING = 0.9  # of the loss, as a moving average with the start corrected (Kingma & Ba, 2015, §3)
_EXPLODED = 4.0  # times the best loss so far: there is nothing more to see


@dataclass(frozen=True)
class RangeTest:
    """Rates tried, rising; the smoothed loss at each; and a tenth of the rate at which the loss was lowest.

    Example:
        >>> RangeTest(rates=(0.01, 0.1, 1.0), losses=(2.0, 0.5, 9.0)).suggestion
        0.01
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]

    @property
    def suggestion(self) -> float:
        """A tenth of the rate of the lowest loss: a rule of thumb (Smith, 2017, §3.3, reads the curve by eye)."""
        return self.rates[self.losses.index(min(self.losses))] / 10


def lr_range_test(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    lowest: float = 1e-6,
    highest: float = 1.0,
    steps: int = 60,
    batch_size: int = 32,
    generator: torch.Generator,
    optimiser: Callable[..., torch.optim.Optimizer] = torch.optim.AdamW,
) -> RangeTest:
    """Train a copy of `model` for `steps` batches while the rate grows from `lowest` to `highest` (Smith, 2017, §3.3).

        η_t = lowest · (highest / lowest)^(t / (steps − 1)),  t = 0 … steps − 1          the rate of step t
        v_t = 0.9 · v_{t−1} + 0.1 · loss_t,  v_{−1} = 0                    loss_t: cross-entropy before step t
        losses[t] = v_t / (1 − 0.9^(t+1))                                  smoothed, the start corrected

    images: shape (N, ...), prepared for the model, on its device; labels: int64, shape (N,). The rows of a batch are
    torch.randint(N, (min(batch_size, N),), generator=generator), on the CPU. optimiser: called once, as
    optimiser(parameters, lr=lowest), with the copy's parameters that require a gradient. The copy is in training mode.

    The test ends early after the first smoothed loss that is above four times the lowest so far, or no number; that
    one is still recorded. The model itself, its modes and its gradients are left alone.
    Raises ValueError for rates that do not rise, fewer than two steps, or labels that do not fit the images.

    Example:
        >>> points, labels = torch.eye(2), torch.tensor([0, 1])
        >>> found = lr_range_test(nn.Linear(2, 2), points, labels, lowest=0.01, steps=3, generator=torch.Generator())
        >>> [round(rate, 6) for rate in found.rates]
        [0.01, 0.1, 1.0]
    """
    if not 0 < lowest < highest < math.inf:
        raise ValueError(f"highest: expected 0 < lowest < highest, got lowest={lowest!r}, highest={highest!r}")
    if steps < 2:
        raise ValueError(f"steps: expected at least 2, got {steps!r}")
    if len(images) != len(labels) or len(labels) == 0:
        raise ValueError(f"labels: expected one for each of {len(images)} images, at least one, got {len(labels)}")
    trial = copy.deepcopy(model).train()
    stepper = optimiser(trainable_parameters(trial), lr=lowest)
    rates, losses, average = list[float](), list[float](), 0.0
    for step in range(steps):
        rates.append(lowest * (highest / lowest) ** (step / (steps - 1)))
        stepper.param_groups[0]["lr"] = rates[-1]
        rows = torch.randint(len(images), (min(batch_size, len(images)),), generator=generator)
        average = _SMOOTHING * average + (1 - _SMOOTHING) * _step(trial, stepper, images[rows], labels[rows])
        losses.append(average / (1 - _SMOOTHING ** (step + 1)))
        if not losses[-1] <= _EXPLODED * min(losses):
            break
    return RangeTest(tuple(rates), tuple(losses))


def _step(model: nn.Module, optimiser: torch.optim.Optimizer, images: Tensor, labels: Tensor) -> float:
    loss = F.cross_entropy(model(images), labels)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()
