"""What is done with an implementation in lesson 2, and what is seen. No answers here."""

from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from autograder.probes import copy_of, seen, unchanged
from autograder.probes.networks import fill, with_a_shared_weight


def count_parameters(implementation: Any, device: torch.device, network: str, width: int) -> dict[str, Any]:
    """Ask for both counts of a small network whose layers are `width` wide."""
    model = _COUNTED[network](width).to(device)
    flags = [parameter.requires_grad for parameter in model.parameters()]
    return {
        "all": seen(implementation(model)),
        "trainable ones alone": seen(implementation(model, trainable_only=True)),
        "which parameters are trainable is left alone": [p.requires_grad for p in model.parameters()] == flags,
    }


def residual_block(
    implementation: Any, device: torch.device, x: Tensor, branch: str, shortcut: str, seed: int
) -> dict[str, Any]:
    """Put a small branch into a block, with or without a shortcut; go forward and, where that is possible, backward."""
    inside, calls = _branch(branch, seed, device), []
    beside = _branch(shortcut, seed + 1, device) if shortcut else None
    given = x.clone().requires_grad_(branch in ("linear", "convolution"))

    def counted(value: Tensor) -> Tensor:
        calls.append(inside(value))
        return calls[-1]

    try:
        y = implementation(given, counted, beside) if shortcut else implementation(given, counted)
    except ValueError:
        return {"output": "a ValueError"}
    if given.requires_grad and isinstance(y, Tensor) and y.requires_grad:
        (y * torch.linspace(1, 2, y.numel(), device=device).view_as(y)).sum().backward()
    return {
        "output": seen(y),
        "gradient of x": seen(given.grad),
        "x is left alone": unchanged(x, given),
        "how often the branch ran": len(calls),
    }


def squeeze_excitation(
    implementation: Any,
    device: torch.device,
    x: Tensor,
    reduced: int,
    received: int | None,
    bias: bool,
    widths: list[int],
    seed: int,
) -> dict[str, Any]:
    """Gate feature maps by two layers drawn from a seed; see the result and whether the layers would learn."""
    channels, back = widths
    reduce, expand = nn.Linear(channels, reduced, bias=bias), nn.Linear(received or reduced, back, bias=bias)
    for number, layer in enumerate((reduce, expand)):
        fill(layer, seed + number)
        layer.to(device, x.dtype)
    with torch.no_grad():  # of what is squeezed something passes the ReLU, and something does not
        reduce.weight[0].abs_(), reduce.weight[1].abs_().neg_()
    before = copy_of(x)
    try:
        y = implementation(x, reduce, expand)
    except ValueError:
        return {"output": "a ValueError"}
    if isinstance(y, Tensor) and y.requires_grad:
        (y * torch.linspace(1, 2, y.numel(), device=device, dtype=y.dtype).view_as(y)).sum().backward()
    return {
        "output": seen(y),
        "x is left alone": unchanged(before, x),
        "gradient of the first layer": seen(reduce.weight.grad),
        "gradient of the second layer": seen(expand.weight.grad),
    }


def pareto_front(
    implementation: Any, device: torch.device, costs: list[float], accuracies: list[float]
) -> dict[str, Any]:
    """Ask for the front of points given as two lists."""
    mine = [*costs], [*accuracies]
    try:
        front = _whole(implementation(*mine))
    except ValueError:
        return {"indices": "a ValueError"}
    return {
        "indices": front,
        "indices, sorted": sorted(front) if isinstance(front, list) else front,
        "costs and accuracies are left alone": mine == (costs, accuracies),
    }


def choose_backbone(
    implementation: Any, device: torch.device, rows: list[list[float]], budget: dict[str, float]
) -> dict[str, Any]:
    """Offer candidates with made-up numbers; see which one is chosen."""
    names = ("parameters", "gflops", "accuracy")
    candidates = [
        SimpleNamespace(name=f"network {i}", **dict(zip(names, row, strict=True))) for i, row in enumerate(rows)
    ]
    try:
        chosen = implementation(candidates, **budget)
    except ValueError:
        return {"chosen": "a ValueError"}
    places = [f"candidate {i}: {one}" for i, one in enumerate(map(_in_words, rows)) if candidates[i] is chosen]
    return {"chosen": places[0] if places else f"no candidate, but {seen(chosen)}"}


# ---- helpers ------------------------------------------------------------------------------------------------------


def _branch(kind: str, seed: int, device: torch.device) -> nn.Module:
    layers: dict[str, list[nn.Module]] = {
        "linear": [nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 5)],
        "convolution": [nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.BatchNorm2d(4)],
        "halving": [nn.Conv2d(3, 4, 1, stride=2), nn.BatchNorm2d(4)],
        "level": [nn.Linear(5, 5)],
        "identity": [nn.Identity()],
        "narrow": [nn.Linear(5, 1)],
        "turning": [nn.Linear(4, 4), nn.Unflatten(1, (4, 1)), nn.Flatten(0, 1)],
    }
    branch = nn.Sequential(*layers[kind])
    fill(branch, seed)
    return branch.to(device)


def _whole(values: Any) -> Any:
    """Indices as a list of ints, from a list, a tuple, a tensor or an array; a description of anything else."""
    try:
        return [int(value) for value in values]
    except (TypeError, ValueError):
        return seen(values)


def _in_words(row: list[float]) -> str:
    parameters, gflops, accuracy = row
    return f"{parameters:,.0f} parameters, {gflops:g} GFLOP, accuracy {accuracy:g}"


def _several_layers(width: int) -> nn.Module:
    last = nn.Sequential(nn.Conv2d(width, 2, 1, bias=False))
    block = nn.Sequential(nn.Conv2d(3, width, 3), nn.BatchNorm2d(width), last)
    block[0].weight.requires_grad_(False)
    return nn.Sequential(block, nn.Flatten(), nn.Linear(8, 5))


class _Token(nn.Module):
    """A parameter that the network holds itself, as a vision transformer holds its class token."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, width))
        self.head = nn.Linear(width, 3).requires_grad_(False)


_COUNTED = {
    "several layers": _several_layers,
    "token": _Token,
    "shared": with_a_shared_weight,
    "all frozen": lambda width: nn.Linear(width, 2).requires_grad_(False),
    "without parameters": lambda _: nn.ReLU(),
}
