"""Misconceptions of a fine-tuning run in two phases: a right one in parts, of which one is done otherwise."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from lib.batchnorm import keep_batchnorm_frozen
from lib.freezing import freeze_until, unfreeze, unpin
from lib.learning_rates import cosine_with_warmup, parameter_groups
from lib.stages import stages


@dataclass(frozen=True)
class With:
    """A run with one thing done otherwise."""

    open_first: int = 2
    open_second: int = 0
    norms: str = "frozen"
    kind: Any = torch.optim.AdamW
    weight_decay: float = 0.01
    decays_all: bool = False
    decay: str = "downwards"
    tenth: bool = True
    same_optimiser: bool = False
    span: str = "phase"
    put_back: tuple[int, ...] = (0, 1)
    copy: str = "whole"
    equal: str = "the first"
    best_of: str = "the run"
    patience: str = "own"
    mode: str = "evaluation"
    validates_first: bool = False
    first_number: int = 0
    lowest: float = -math.inf
    validations: int = 1
    order: tuple[int, ...] = (0, 1, 2)
    refuses: bool = True

    def __call__(
        self,
        model: nn.Module,
        train: Any,
        validate: Any,
        steps: int,
        *,
        first: int = 5,
        second: int = 10,
        rate: float = 1e-3,
        decay: float = 0.5,
        patience: int | None = None,
    ) -> list[Any]:
        """The rows."""
        if self.refuses and min(first, second) < 1:
            raise ValueError("first, second")
        highest, best, rows, optimiser = self.lowest, self._copied(model), list[Any](), None
        for number, epochs in enumerate((first, second)):
            if epochs == 0:
                continue
            self._open(model, number)
            groups = self._groups(model, rate / (10 if number and self.tenth else 1), decay)
            if optimiser is None or not self.same_optimiser:
                optimiser = self.kind(groups)
            else:
                self._set(optimiser, groups)
            schedule = self._schedule(optimiser, steps, (first, second), number)
            highest = self.lowest if self.best_of == "the phase" else highest
            own = list[float]()
            while len(own) < epochs and not self._stops(own, rows, patience):
                loss, accuracy = self._epoch(train, validate, optimiser, schedule)
                own.append(accuracy)
                row = number + self.first_number, loss, accuracy
                rows.append(tuple(row[place] for place in self.order))
                if accuracy > highest or (accuracy == highest and self.equal == "the last"):
                    highest, best = accuracy, self._copied(model)
            if number in self.put_back:
                model.load_state_dict(best, strict=False)
            if self.patience == "ends the run" and len(own) < epochs:
                break
        model.train(self.mode == "training")
        return rows

    def _open(self, model: nn.Module, number: int) -> None:
        unfreeze(model)
        learning = (self.open_first, self.open_second)[number]
        freeze_until(model, list(stages(model))[-learning if learning else 0])
        if self.norms == "frozen" or (self.norms == "in phase 0" and number == 0):
            keep_batchnorm_frozen(model)
        else:
            for layer in model.modules():
                if hasattr(layer, "running_mean") and layer.get_parameter("weight").requires_grad:
                    unpin(layer)

    def _groups(self, model: nn.Module, rate: float, decay: float) -> list[dict[str, Any]]:
        if self.decay == "the head slowest":
            head = rate * decay ** (len(stages(model)) - 1)
            groups = parameter_groups(model, rate, decay, weight_decay=self.weight_decay)
            for group in groups:
                group["lr"] = head * rate / group["lr"]
        else:
            decay = 1.0 if self.decay == "none" else decay
            groups = parameter_groups(model, rate, decay, weight_decay=self.weight_decay)
        for group in groups:
            group["weight_decay"] = self.weight_decay if self.decays_all else group["weight_decay"]
        return groups

    def _set(self, optimiser: Any, groups: list[dict[str, Any]]) -> None:
        for group, new in zip(optimiser.param_groups, groups, strict=True):
            group["lr"] = group["initial_lr"] = new["lr"]

    def _schedule(self, optimiser: Any, steps: int, epochs: tuple[int, int], number: int) -> Any:
        if self.span == "run":
            whole = partial(cosine_with_warmup, steps=sum(epochs) * steps, warmup=0)
            before = number * epochs[0] * steps
            return torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: whole(step + before))
        if self.span == "none":
            return torch.optim.lr_scheduler.LambdaLR(optimiser, lambda _: 1.0)
        length = epochs[0 if self.span == "phase 0" else number]
        span = length if self.span == "epochs" else length * steps
        return torch.optim.lr_scheduler.LambdaLR(optimiser, partial(cosine_with_warmup, steps=span, warmup=0))

    def _epoch(self, train: Any, validate: Any, optimiser: Any, schedule: Any) -> tuple[float, float]:
        if self.validates_first:
            accuracy = validate()
            return train(optimiser, schedule), accuracy
        loss = train(optimiser, schedule)
        return loss, [validate() for _ in range(self.validations)][-1]

    def _stops(self, own: list[float], rows: list[Any], patience: int | None) -> bool:
        if not own or patience is None or self.patience == "ignored":
            return False
        if self.patience == "of the run":
            return _age([row[2] for row in rows]) >= patience
        return _age(own) >= patience + (1 if self.patience == "late" else 0)

    def _copied(self, model: nn.Module) -> dict[str, Tensor]:
        return dict(self._parts(model))

    def _parts(self, model: nn.Module) -> Iterator[tuple[str, Tensor]]:
        values = model.named_parameters() if self.copy == "parameters" else model.state_dict().items()
        for name, value in values:
            yield name, value if self.copy == "reference" else value.detach().clone()


def _age(accuracies: list[float]) -> int:
    return len(accuracies) - 1 - accuracies.index(max(accuracies))
