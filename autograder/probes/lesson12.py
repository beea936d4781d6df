"""What is done with an ablation's table and with an adaptation in lesson 12, and what is seen. No answers here."""

import copy
from typing import Any

import torch
from torch import Tensor, nn

from autograder.probes import attempt, seen
from autograder.probes.networks import fill
from autograder.probes.practice import condition, field, items, listed, right, same, three_strategies, unfreezing_race

__all__ = ["ablation_table", "adapt_digits", "three_strategies", "unfreezing_race"]


def ablation_table(
    implementation: Any, device: torch.device, rows: list[dict[str, Any]], factors: dict[str, list[Any]], whole: bool
) -> dict[str, Any]:
    """Sum up a table of runs, field by field; whole: whether any seed has every cell, so that there is a table."""
    mine = copy.deepcopy((rows, factors))
    table, error = attempt(lambda: implementation(*mine))
    if error and (whole or not isinstance(error, ValueError)):
        raise error
    if not whole:
        return {"seeds": None, "refused with a ValueError": error is not None}
    effects = field(table, "effects")
    found = {f"{name}: {level}": _pair(levels[level]) for name, levels in items(effects) for level, _ in items(levels)}
    return {
        "seeds": seen(field(table, "seeds")),
        "refused with a ValueError": False,
        "which effects": sorted(found),
        "mean effects": [found[name][0] for name in sorted(found)],
        "half-widths": [found[name][1] for name in sorted(found)],
        "best cell": _cell(field(table, "best")),
        "accuracy": seen(field(table, "accuracy")),
        "missing cells": _cells(field(table, "missing")),
        "the rows are left alone": mine == (rows, factors) if effects != "no field effects" else "no table",
    }


def adapt_digits(
    implementation: Any,
    device: torch.device,
    seed: int,
    source: Tensor,
    labels: Tensor,
    target: Tensor,
    target_labels: Tensor,
    training: bool,
) -> dict[str, Any]:
    """Adapt a toy; see with which λ each step is made, what comes of it, and in which mode it is scored."""
    network = _Game().to(device, source.dtype)
    fill(network, seed)
    before = condition(network.train(training))
    batches = list(zip(source.split(12), labels.split(12), target.split(9), strict=True))
    scored: list[bool] = []

    def score(predictor: nn.Module) -> float:
        scored.append(_trains(predictor))
        return float(right(predictor(target), target_labels))

    def optimiser(parameters: Any) -> torch.optim.Optimizer:
        return torch.optim.SGD(parameters, lr=0.2, momentum=0.5)

    runs = {str(seen(name)): run for name, run in items(implementation(network, batches, optimiser, score))}
    networks = {name: field(run, "network") for name, run in runs.items()}
    notes = {name: getattr(getattr(one, "reversal", None), "notes", []) for name, one in networks.items()}
    return {
        "runs": sorted(runs),
        **{f"strength of each step, {name}": [strength for strength, _ in run] for name, run in notes.items()},
        **{f"mode of each step, {name}": [training for _, training in run] for name, run in notes.items()},
        **{
            f"domain accuracy, {name}": [seen(one) for one in listed(field(run, "domain_accuracy"))]
            for name, run in runs.items()
        },
        **{f"accuracy, {name}": seen(field(run, "accuracy")) for name, run in runs.items()},
        **{f"weights of {part}, {name}": _weights(one, part) for part in _PARTS for name, one in networks.items()},
        **{f"in training mode when it comes back, {name}": _trains(one) for name, one in networks.items()},
        "in training mode when scored": scored,
        "the network is left as it is": same(before, condition(network)),
    }


# ---- helpers ------------------------------------------------------------------------------------------------------

_PARTS = ("features", "classifier", "discriminator")


class _Reversal(nn.Module):
    """A gradient reversal that writes its strength down; each copy goes on with notes of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[tuple[float, bool]] = []
        self.strength = 1.0

    def forward(self, features: Tensor) -> Tensor:
        """The same numbers; the gradient times −strength."""
        strength, output = float(self.strength), features.clone()
        self.notes.append((strength, self.training))
        if output.requires_grad:
            output.register_hook(lambda gradient: -strength * gradient)
        return output


class _Game(nn.Module):
    """Vectors (N, 4) → class logits (N, 3) and domain logits (N,)."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5, momentum=0.25), nn.Tanh())
        self.classifier = nn.Linear(5, 3)
        self.reversal = _Reversal()
        self.discriminator = nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 1))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Both branches."""
        features = self.features(images)
        return self.classifier(features), self.discriminator(self.reversal(features)).squeeze(1)

    def predictor(self) -> nn.Sequential:
        """Features, then classifier."""
        return nn.Sequential(self.features, self.classifier)


def _weights(network: Any, part: str) -> Any:
    module = getattr(network, part, None)
    if not isinstance(module, nn.Module):
        return "no such part"
    return torch.cat([seen(parameter).flatten() for parameter in module.parameters()])


def _trains(network: Any) -> Any:
    """Whether any layer that holds no other is in training mode: what a container is in changes nothing."""
    if not isinstance(network, nn.Module):
        return str(seen(network))
    return any(layer.training for layer in network.modules() if not [*layer.children()])


def _pair(value: Any) -> tuple[Any, Any]:
    if value is None:
        return None, None
    if isinstance(value, list | tuple) and len(value) == 2 and tuple(value) != (None, None):
        return seen(value[0]), seen(value[1])
    return ("a pair of None", "a pair of None") if isinstance(value, list | tuple) else (seen(value), "no half-width")


def _cell(value: Any) -> str:
    return ", ".join(f"{name} {seen(level)}" for name, level in sorted(items(value))) or str(seen(value))


def _cells(value: Any) -> Any:
    return [_cell(one) for one in value] if isinstance(value, list | tuple) else seen(value)
