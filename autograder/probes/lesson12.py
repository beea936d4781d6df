"""What is done with an ablation's table and with an adaptation in lesson 12, and what is seen. No answers here."""

import copy
from typing import Any

import torch
from torch import Tensor, nn

from autograder.probes import seen
from autograder.probes.networks import fill
from autograder.probes.practice import condition, field, items, listed, right, same, three_strategies, unfreezing_race

__all__ = ["ablation_table", "adapt_digits", "three_strategies", "unfreezing_race"]


def ablation_table(
    implementation: Any, device: torch.device, rows: list[dict[str, Any]], factors: dict[str, list[Any]]
) -> dict[str, Any]:
    """Sum up a table of runs, field by field."""
    mine = copy.deepcopy((rows, factors))
    table = implementation(*mine)
    effects = field(table, "effects")
    found = {f"{name}: {level}": _pair(levels[level]) for name, levels in items(effects) for level, _ in items(levels)}
    return {
        "seeds": seen(field(table, "seeds")),
        "which effects": sorted(found),
        "mean effects": [found[name][0] for name in sorted(found)],
        "half-widths": [found[name][1] for name in sorted(found)],
        "best cell": _cell(field(table, "best")),
        "accuracy": seen(field(table, "accuracy")),
        "missing cells": _cells(field(table, "missing")),
        "the rows are left alone": mine == (rows, factors),
    }


def adapt_digits(
    implementation: Any,
    device: torch.device,
    seed: int,
    source: Tensor,
    labels: Tensor,
    target: Tensor,
    target_labels: Tensor,
) -> dict[str, Any]:
    """Adapt a toy; see with which λ each step is made, what comes of it, and in which mode it is scored."""
    diary = _Diary()
    network = _Game(diary).to(device, source.dtype)
    fill(network, seed)
    before = condition(network.train())
    batches = list(zip(source.split(12), labels.split(12), target.split(9), strict=True))
    scored: list[bool] = []

    def score(predictor: nn.Module) -> float:
        scored.append(any(layer.training for layer in predictor.modules()))
        return float(right(predictor(target), target_labels))

    def optimiser(parameters: Any) -> torch.optim.Optimizer:
        return torch.optim.SGD(parameters, lr=0.2)

    runs = {str(seen(name)): run for name, run in items(implementation(network, batches, optimiser, score))}
    networks = {name: field(run, "network") for name, run in sorted(runs.items())}
    return {
        "runs": sorted(runs),
        "strength of each step": [strength for strength, _ in diary.notes],
        "mode of each step": [training for _, training in diary.notes],
        "domain accuracy": {
            name: [seen(one) for one in listed(field(run, "domain_accuracy"))] for name, run in sorted(runs.items())
        },
        "accuracy": {name: seen(field(run, "accuracy")) for name, run in sorted(runs.items())},
        **{f"weights of {part}": {n: _weights(one, part) for n, one in networks.items()} for part in _PARTS},
        "in training mode when scored": scored,
        "the network is left as it is": same(before, condition(network)),
    }


# ---- helpers ------------------------------------------------------------------------------------------------------

_PARTS = ("features", "classifier", "discriminator")


class _Diary:
    """Notes that all copies of a network write into."""

    def __init__(self) -> None:
        self.notes: list[tuple[float, bool]] = []

    def __deepcopy__(self, _: Any) -> "_Diary":
        return self


class _Reversal(nn.Module):
    """A gradient reversal that writes its strength down."""

    def __init__(self, diary: _Diary) -> None:
        super().__init__()
        self.diary, self.strength = diary, 1.0

    def forward(self, features: Tensor) -> Tensor:
        """The same numbers; the gradient times −strength."""
        strength, output = float(self.strength), features.clone()
        self.diary.notes.append((strength, self.training))
        if output.requires_grad:
            output.register_hook(lambda gradient: -strength * gradient)
        return output


class _Game(nn.Module):
    """Vectors (N, 4) → class logits (N, 3) and domain logits (N,)."""

    def __init__(self, diary: _Diary) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5, momentum=0.25), nn.Tanh())
        self.classifier = nn.Linear(5, 3)
        self.reversal = _Reversal(diary)
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
    return [round(value, 6) for parameter in module.parameters() for value in parameter.flatten().tolist()]


def _pair(value: Any) -> tuple[Any, Any]:
    if isinstance(value, list | tuple) and len(value) == 2:
        return seen(value[0]), seen(value[1])
    return seen(value), seen(value)


def _cell(value: Any) -> str:
    return ", ".join(f"{name} {seen(level)}" for name, level in sorted(items(value))) or str(seen(value))


def _cells(value: Any) -> Any:
    return [_cell(one) for one in value] if isinstance(value, list | tuple) else seen(value)
