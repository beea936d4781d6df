"""When two observations agree, and how two that do not are put into words."""

import math
from typing import Any

import torch
from torch import Tensor

_MOST = 6  # how many entries of a list or a tensor are shown


def agree(expected: Any, got: Any, relative: float = 1e-4, absolute: float = 1e-5) -> bool:
    """Whether `got` is of the same type, shape and dtype as `expected` and equal to it within the tolerance.

    Numbers agree with numbers (an int with a float), never with bools; NaN agrees with nothing.
    """
    if isinstance(expected, Tensor):
        return isinstance(got, Tensor) and _tensors_agree(expected, got, relative, absolute)
    if _is_number(expected) and _is_number(got):
        return math.isclose(expected, got, rel_tol=relative, abs_tol=absolute)
    if isinstance(expected, list | tuple):
        if not isinstance(got, list | tuple) or len(expected) != len(got):
            return False
        return all(agree(a, b, relative, absolute) for a, b in zip(expected, got, strict=True))
    if isinstance(expected, dict):
        return (
            isinstance(got, dict)
            and expected.keys() == got.keys()
            and all(agree(value, got[key], relative, absolute) for key, value in expected.items())
        )
    return type(expected) is type(got) and bool(expected == got)


def contrast(expected: Any, got: Any) -> tuple[str, str]:
    """Expected and got in a few words each, chosen so that the difference shows."""
    if isinstance(expected, Tensor) and isinstance(got, Tensor):
        if expected.shape != got.shape:
            return f"shape {_shape(expected)}", f"shape {_shape(got)}"
        if expected.dtype != got.dtype:
            return _dtype(expected), _dtype(got)
        if expected.numel() > _MOST:
            return _worst_entries(expected, got)
    elif isinstance(got, list) and not isinstance(expected, list | tuple):
        return shown(expected), f"a list of {len(got)}"
    return shown(expected), shown(got)


def shown(value: Any) -> str:
    """A value in at most a line."""
    if isinstance(value, Tensor):
        if value.numel() > _MOST:
            return f"a tensor of shape {_shape(value)}, {_dtype(value)}"
        return f"tensor([{', '.join(map(_number, value.flatten().tolist()))}])"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if _is_number(value):
        return _number(value)
    if isinstance(value, list | tuple):
        return _listed(list(value))
    return "nothing (None)" if value is None else str(value)


def _tensors_agree(expected: Tensor, got: Tensor, relative: float, absolute: float) -> bool:
    if expected.shape != got.shape or expected.dtype != got.dtype:
        return False
    return torch.allclose(got.to(torch.float64), expected.to(torch.float64), rtol=relative, atol=absolute)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.4g}"


def _shape(tensor: Tensor) -> str:
    return f"({', '.join(map(str, tensor.shape))}{',' if tensor.ndim == 1 else ''})"


def _dtype(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")


def _listed(items: list[Any]) -> str:
    if not items:
        return "none"
    if all(_is_number(item) for item in items):
        return f"[{', '.join(map(_number, items[: 2 * _MOST]))}{', …' if len(items) > 2 * _MOST else ''}]"
    more = f" and {len(items) - _MOST} more" if len(items) > _MOST else ""
    return ", ".join(shown(item) for item in items[:_MOST]) + more


def _worst_entries(expected: Tensor, got: Tensor) -> tuple[str, str]:
    """The entry that is furthest off, by its index; an entry that is not a number is furthest of all."""
    gap = (expected.double() - got.double()).abs().nan_to_num(nan=math.inf)
    index = torch.unravel_index(gap.argmax(), gap.shape)
    place = f"[{', '.join(str(int(i)) for i in index)}]"
    return f"{_number(expected[index].item())} at {place}", f"{_number(got[index].item())} at {place}"
