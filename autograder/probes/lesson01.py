"""What is done with an implementation in lesson 1, and what is seen. No answers here."""

from typing import Any

import torch
from torch import Tensor

from autograder.probes import copy_of, seen, unchanged


def transfer_gain(
    implementation: Any, device: torch.device, transferred: list[float], scratch: list[float]
) -> dict[str, Any]:
    """Ask for the gain of runs over seeds, and its interval."""
    mine = [*transferred], [*scratch]
    returned = implementation(*mine)
    pair = list(returned) if isinstance(returned, list | tuple | Tensor) else []
    gain, half = map(_number, pair) if len(pair) == 2 else (f"no pair, but {seen(returned)}",) * 2
    return {"gain": gain, "half-width": half, "the lists are left alone": mine == (transferred, scratch)}


def linear_probe_accuracy(
    implementation: Any,
    device: torch.device,
    train_features: Tensor,
    train_labels: Tensor,
    test_features: Tensor,
    test_labels: Tensor,
    **arguments: Any,
) -> dict[str, Any]:
    """Ask what a linear probe reads from features; see that they are left alone."""
    given = (train_features, train_labels, test_features, test_labels)
    before = [copy_of(one) for one in given]
    returned = implementation(*given, **arguments)
    return {
        "accuracy": _number(returned),
        "features and labels are left alone": all(map(unchanged, before, given)),
    }


def linear_cka(implementation: Any, device: torch.device, x: Tensor, y: Tensor) -> dict[str, Any]:
    """Ask how alike two sets of features are; see that they are left alone."""
    before = copy_of(x), copy_of(y)
    returned = implementation(x, y)
    return {"CKA": _number(returned), "x and y are left alone": unchanged(before[0], x) and unchanged(before[1], y)}


def _number(value: Any) -> Any:
    """A number, also where it comes as a tensor or an array of one entry."""
    try:
        return seen(value) if isinstance(value, bool | str) or value is None else float(value)
    except (TypeError, ValueError, RuntimeError):
        return seen(value)
