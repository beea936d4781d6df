"""Misconceptions of the learning-rate range test: a right one, and a switch for each thing done otherwise."""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lib.range_test import RangeTest

Rate = Callable[[int, int, float, float], float]


def geometric(step: int, steps: int, lowest: float, highest: float) -> float:
    """The rate of a step, as it should be."""
    return float(lowest * (highest / lowest) ** (step / (steps - 1)))


def linear(step: int, steps: int, lowest: float, highest: float) -> float:
    """A rate that rises by a constant amount."""
    return lowest + (highest - lowest) * step / (steps - 1)


def never_there(step: int, steps: int, lowest: float, highest: float) -> float:
    """A rate that ends one step short of the highest."""
    return float(lowest * (highest / lowest) ** (step / steps))


def drawn(count: int, size: int, generator: torch.Generator | None) -> Tensor:
    """Rows as the contract draws them."""
    return torch.randint(count, (min(size, count),), generator=generator)


def dealt(count: int, size: int, generator: torch.Generator | None) -> Tensor:
    """Rows none of which comes twice."""
    return torch.randperm(count, generator=generator)[:size]


@dataclass(frozen=True)
class With:
    """The test with one thing done otherwise."""

    rate: Rate = geometric
    smoothing: float = 0.9
    corrected: bool = True
    explodes: float = 4.0
    recorded: bool = True
    in_place: bool = False
    mode: bool = True
    cleared: bool = True
    late: bool = False
    after: bool = False
    own_draws: bool = False
    replaced: bool = True
    nan_ends: bool = True
    of_the_first: bool = False

    def __call__(
        self,
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
        """What it finds."""
        trial = (model if self.in_place else copy.deepcopy(model)).train(self.mode)
        stepper = optimiser([p for p in trial.parameters() if p.requires_grad], lr=lowest)
        rates, losses, average = list[float](), list[float](), 0.0
        for step in range(steps):
            rates.append(self.rate(step, steps, lowest, highest))
            stepper.param_groups[0]["lr"] = [lowest, *rates][-2 if self.late else -1]
            rows = (drawn if self.replaced else dealt)(len(images), batch_size, None if self.own_draws else generator)
            value = self._step(trial, stepper, images[rows], labels[rows])
            average = self.smoothing * average + (1 - self.smoothing) * value
            smoothed = average / (1 - self.smoothing ** (step + 1)) if self.corrected else average
            seen = [*losses, smoothed]
            exploded = not smoothed <= self.explodes * (seen[0] if self.of_the_first else min(seen))
            exploded &= self.nan_ends or not math.isnan(smoothed)
            losses += [smoothed] if self.recorded or not exploded else []
            if exploded:
                break
        return RangeTest(tuple(rates[: len(losses)]), tuple(losses))

    def _step(self, trial: nn.Module, stepper: torch.optim.Optimizer, images: Tensor, labels: Tensor) -> float:
        loss = F.cross_entropy(trial(images), labels)
        if self.cleared:
            stepper.zero_grad()
        loss.backward()
        stepper.step()
        return F.cross_entropy(trial(images), labels).item() if self.after else loss.item()


OF_THE_FIRST = With(of_the_first=True)


def restores_nothing_but_weights(model: nn.Module, *arguments: Any, **named: Any) -> RangeTest:
    """Trains the model itself and puts the weights back, but neither modes nor gradients."""
    state = copy.deepcopy(model.state_dict())
    found = With(in_place=True)(model, *arguments, **named)
    model.load_state_dict(state)
    return found
