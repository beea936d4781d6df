"""An audit of freezing: what learns, what moves although it is called frozen, and what will never be updated.

Three things have to agree and often do not: the flags of the parameters, the modes of the layers, and the groups of
the optimiser. `freezing_report` reads all three, changes nothing, and says what does not fit together.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn

from lib.batchnorm import norms_with_buffers
from lib.freezing import is_pinned
from lib.stages import Stage, stages


@dataclass(frozen=True)
class StageReport:
    """One stage: how many of its numbers may learn; how many of its norms with running statistics are pinned."""

    name: str
    trainable: int
    parameters: int
    norms: int
    pinned: int

    def __str__(self) -> str:
        norms = f"{self.pinned}/{self.norms}"
        return f"{self.name:<12} {self.trainable:>12,} {self.parameters:>12,} {norms:>13}"


@dataclass(frozen=True)
class FreezingReport:
    """A row for each stage, and a sentence for everything that does not fit together. Printed, it is a table."""

    stages: tuple[StageReport, ...]
    problems: tuple[str, ...]

    def __str__(self) -> str:
        heading = f"{'stage':<12} {'trainable':>12} {'parameters':>12} {'norms pinned':>13}"
        return "\n".join([heading, *map(str, self.stages), *(f"! {problem}" for problem in self.problems)])


def freezing_report(model: nn.Module, optimiser: torch.optim.Optimizer | None = None) -> FreezingReport:
    """Audit `model` and, where given, the optimiser that is to train it.

    Problems that it finds, each named with the parameter or layer:

    - a frozen stage's norm that is not pinned: in training mode its running statistics move;
    - a frozen stage's dropout that is not pinned: in training mode its output is noise;
    - a frozen parameter that the optimiser would move, since it has a gradient left over;
    - a parameter that learns and is in no group of the optimiser: it will never be updated;
    - a parameter that is in the optimiser's groups more than once: it would be updated twice in a step.

    Nothing is changed. Raises ValueError for a model without parameters.

    Example:
        >>> model = nn.Sequential(nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)), nn.Linear(2, 1))
        >>> _ = model[0].requires_grad_(False)
        >>> print(freezing_report(model))
        stage           trainable   parameters  norms pinned
        0                       0           10           0/1
        head                    3            3           0/0
        ! 0.1 is a norm in a frozen stage and not pinned: in training mode its statistics move
    """
    parts = stages(model)
    rows = tuple(_row(stage) for stage in parts.values())
    problems = [*_moving_layers(model, parts)]
    if optimiser is not None:
        problems += _disagreements(model, optimiser)
    return FreezingReport(rows, tuple(problems))


def _row(stage: Stage) -> StageReport:
    parameters = list(stage.parameters())
    norms = [norm for module in stage.modules for norm in norms_with_buffers(module).values()]
    return StageReport(
        stage.name,
        sum(p.numel() for p in parameters if p.requires_grad),
        sum(p.numel() for p in parameters),
        len(norms),
        sum(map(is_pinned, norms)),
    )


def _moving_layers(model: nn.Module, parts: dict[str, Stage]) -> Iterator[str]:
    """Layers of frozen stages that training mode would set moving."""
    frozen = [stage for stage in parts.values() if not any(p.requires_grad for p in stage.parameters())]
    inside = {layer for stage in frozen for module in stage.modules for layer in module.modules()}
    norms = norms_with_buffers(model)
    for name, layer in model.named_modules():
        if layer not in inside or is_pinned(layer):
            continue
        if name in norms:
            yield f"{name} is a norm in a frozen stage and not pinned: in training mode its statistics move"
        elif isinstance(layer, nn.modules.dropout._DropoutNd):
            yield f"{name} is dropout in a frozen stage and not pinned: in training mode its output is noise"


def _disagreements(model: nn.Module, optimiser: torch.optim.Optimizer) -> Iterator[str]:
    """Where the parameters' flags and the optimiser's groups do not fit together."""
    times = Counter(id(parameter) for group in optimiser.param_groups for parameter in group["params"])
    for name, parameter in model.named_parameters():
        held = times[id(parameter)]
        if held > 1:
            yield f"{name} is in the optimiser's groups {held} times: it would be updated as often in a step"
        if parameter.requires_grad and not held:
            yield f"{name} learns and is in no group of the optimiser: it would never be updated"
        if not parameter.requires_grad and held and parameter.grad is not None:
            yield f"{name} is frozen and has a gradient left over: momentum and weight decay would move it"
