"""Anchors: the old values that a penalty ties a network to, found by name and held to what they must be.

Every function here raises ValueError, or TypeError where something of another type comes, in the caller's terms.
"""

import math
from collections.abc import Iterable, Mapping

from torch import Tensor, nn


def held_parameters(
    model: nn.Module, fisher: dict[str, Tensor], anchor: dict[str, Tensor], strength: float
) -> list[tuple[nn.Parameter, Tensor, Tensor]]:
    """What the penalty of `ewc_penalty` sums over, parameter by parameter: θ, and F and θ* without history.

    Raises what `ewc_penalty` raises.
    """
    parameters = dict(model.named_parameters())
    check_range("strength", strength)
    check_tensors("fisher", fisher)
    check_alike("fisher", fisher, parameters, fisher)
    check_anchor(anchor, parameters, fisher)
    return [(parameters[name], F.detach(), anchor[name].detach()) for name, F in fisher.items()]


def check_range(argument: str, value: float, most: float = math.inf) -> None:
    """Refuse what is no number from 0 to `most`, or not finite.

    Example:
        >>> check_range("strength", -1.0)
        Traceback (most recent call last):
        ValueError: strength: expected a number of at least 0, finite, got -1.0
    """
    expected = f"{argument}: expected a number of at least 0" + (f" and at most {most}" if most < math.inf else "")
    if not isinstance(value, int | float):
        raise TypeError(f"{expected}, got {type(value).__name__}")
    if not 0 <= value <= most or math.isinf(value):
        raise ValueError(f"{expected}{', finite' if most == math.inf else ''}, got {value}")


def check_tensors(argument: str, values: dict[str, Tensor], least: int = 1) -> None:
    """Refuse what is no dict of at least `least` tensors."""
    if not isinstance(values, dict):
        raise TypeError(f"{argument}: expected a dict from names to tensors, got {type(values).__name__}")
    if len(values) < least:
        raise ValueError(f"{argument}: expected the values of at least one parameter, got none")
    for name, value in values.items():
        if not isinstance(value, Tensor):
            raise TypeError(f"{argument}: expected a tensor for {name!r}, got {type(value).__name__}")


def check_alike(
    argument: str, values: Mapping[str, Tensor], others: Mapping[str, Tensor], names: Iterable[str]
) -> None:
    """Refuse names that are not in both, or have another shape, dtype or device there."""
    for name in names:
        if name not in others:
            raise ValueError(f"{argument}: expected names of the model's parameters, got {name!r}")
        if name not in values:
            raise ValueError(f"{argument}: expected values for {name!r}, got none")
        if _kind(values[name]) != _kind(others[name]):
            raise ValueError(f"{argument}: expected {_kind(others[name])} for {name!r}, got {_kind(values[name])}")


def check_anchor(anchor: dict[str, Tensor], parameters: Mapping[str, Tensor], names: Iterable[str]) -> None:
    """Refuse an anchor that lacks one of `names`, does not fit, or is the memory of the parameters themselves."""
    check_tensors("anchor", anchor)
    check_alike("anchor", anchor, parameters, names)
    for name in names:
        if anchor[name].data_ptr() == parameters[name].data_ptr() != 0:
            raise ValueError(f"anchor: expected copies, got the model's own {name!r}, which moves along with the model")


def _kind(values: Tensor) -> str:
    return f"shape {tuple(values.shape)} in {str(values.dtype).removeprefix('torch.')} on {values.device}"
