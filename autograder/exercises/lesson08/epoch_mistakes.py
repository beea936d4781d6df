"""Misconceptions of an epoch of training: a right one in parts, of which one is done otherwise."""

import warnings
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class With:
    """An epoch with one thing done otherwise."""

    train: str = "by .train()"
    afterwards: str = "training"
    cleared: str = "before backward"
    clipping: str = "before the step"
    clip_at: float | None = None
    steps: str = "each batch"
    scheduled: str = "each step"
    own_criterion: bool = True
    summed: bool = False
    softmax: bool = False
    mean: str = "over samples"
    tensor: bool = False
    at_none: str = "ValueError"
    precision: str = "autocast"
    scaler: str = "right"

    def __call__(
        self,
        model: nn.Module,
        batches: Any,
        optimiser: torch.optim.Optimizer,
        *,
        criterion: Any = F.cross_entropy,
        clip_norm: float = 1.0,
        schedule: Any = None,
        precision: torch.dtype | None = None,
        scaler: Any = None,
    ) -> Any:
        """What it returns."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns of a schedule that steps first
            return self._trained(model, batches, optimiser, criterion, clip_norm, schedule, precision, scaler)

    def _trained(
        self,
        model: nn.Module,
        batches: Any,
        optimiser: torch.optim.Optimizer,
        criterion: Any,
        clip_norm: float,
        schedule: Any,
        precision: torch.dtype | None,
        scaler: Any,
    ) -> Any:
        self._to_training(model)
        losses, counts = list[Tensor](), list[int]()
        criterion = criterion if self.own_criterion else F.cross_entropy
        scaler = torch.amp.GradScaler(enabled=False) if scaler is None or self.scaler == "ignored" else scaler
        if self.cleared == "once":
            optimiser.zero_grad()
        count = len(batches) if self.mean == "by len" else None
        for images, targets in batches:
            loss = self._loss(model, images, targets, criterion, precision)
            self._learn(model, loss, len(images), optimiser, self.clip_at or clip_norm, schedule, scaler)
            losses.append(scaler.scale(loss.detach()) if self.mean == "of scaled losses" else loss.detach())
            counts.append(len(images))
        if self.steps == "once":
            optimiser.step()
        if schedule is not None and self.scheduled == "each epoch":
            schedule.step()
        if self.afterwards == "evaluation":
            model.eval()
        return self._result(losses, counts) if count != 0 else 0 / count

    def _to_training(self, model: nn.Module) -> None:
        if self.train == "by .train()":
            model.train()
        elif self.train == "by force":
            for layer in model.modules():
                layer.training = True

    def _loss(self, model: nn.Module, images: Tensor, targets: Tensor, criterion: Any, precision: Any) -> Tensor:
        if self.precision == "the model's" and precision is not None:
            return criterion(model.to(precision)(images.to(precision)), targets)
        autocast = self.precision == "bfloat16 always" or (precision is not None and self.precision != "none")
        kind = torch.bfloat16 if self.precision.startswith("bfloat16") else precision
        with torch.autocast(images.device.type, kind, enabled=autocast):
            scores = model(images)
            return criterion(scores.softmax(1) if self.softmax else scores, targets)

    def _learn(
        self, model: nn.Module, loss: Tensor, count: int, optimiser: Any, clip: float, schedule: Any, scaler: Any
    ) -> None:
        if self.cleared == "before backward":
            optimiser.zero_grad()
        if schedule is not None and self.scheduled == "before the step":
            schedule.step()
        scaler.scale(loss * count if self.summed else loss).backward()
        if self.scaler != "clipped first":
            scaler.unscale_(optimiser)
        if self.cleared == "after backward":
            optimiser.zero_grad()
        if self.clipping != "after the step":
            self._clip(model, clip)
        scale = scaler.get_scale()
        self._step(optimiser, scaler)
        if self.clipping == "after the step":
            self._clip(model, clip)
        self._end(optimiser, schedule, scaler.get_scale() < scale)

    def _step(self, optimiser: Any, scaler: Any) -> None:
        if self.steps != "each batch":
            return
        if self.scaler == "stepped past":
            optimiser.step()
        else:
            scaler.step(optimiser)
        if self.scaler != "not updated":
            scaler.update()

    def _end(self, optimiser: Any, schedule: Any, skipped: bool) -> None:
        waits = self.scheduled == "unless skipped"
        if schedule is not None and (self.scheduled == "each step" or (waits and not skipped)):
            schedule.step()
        if self.cleared == "after the step":
            optimiser.zero_grad()

    def _clip(self, model: nn.Module, clip: float) -> None:
        parameters = [parameter for parameter in model.parameters() if parameter.grad is not None]
        if self.clipping == "each alone":
            for parameter in parameters:
                nn.utils.clip_grad_norm_(parameter, clip)
        elif self.clipping == "each value":
            nn.utils.clip_grad_value_(parameters, clip)
        elif self.clipping == "to the norm":
            norm = nn.utils.get_total_norm([parameter.grad for parameter in parameters if parameter.grad is not None])
            for parameter in parameters:
                parameter.grad = None if parameter.grad is None else parameter.grad * clip / norm
        else:
            nn.utils.clip_grad_norm_(parameters, clip)

    def _result(self, losses: list[Tensor], counts: list[int]) -> Any:
        if not losses:
            if self.at_none == "ValueError":
                raise ValueError("batches")
            return 0.0 if self.at_none == "zero" else 0 / len(losses)
        if self.mean in ("of batches", "by len"):
            mean = torch.stack(losses).mean()
        elif self.mean == "the last":
            mean = losses[-1]
        elif self.mean == "sum over batches":
            mean = torch.stack(losses).sum()
        else:
            mean = (torch.stack(losses) * torch.tensor(counts).to(losses[0])).sum() / sum(counts)
        return mean if self.tensor else mean.item()
