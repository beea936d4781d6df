"""Probes: what is done with a learner's implementation. They know torch alone and hold no answer.

A probe is called as `probe(implementation, device, **case_inputs)` and returns observations. Everything that an
implementation returns goes through `seen`, which keeps exact tensors and plain values and puts a description in place
of anything else: an object that claims to equal everything is seen as what it is.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from numbers import Integral, Real
from typing import Any, TypeGuard

import torch
from torch import Tensor, nn

UNWRITTEN = "it is not written yet"  # how the error of a stub that still stands begins


def observe(
    probe: Callable[..., dict[str, Any]], implementation: Any, device: str, inputs: dict[str, Any]
) -> dict[str, Any]:
    """Run one probe on one case; {"observations": …}, or {"error": …} if the implementation raised.

    Whatever is drawn from the global random state in here is the same each time, and new layers are in single precision
    and record gradients, whatever a cell has set; the caller's state is left alone.
    """
    moved = {name: value.to(device) if isinstance(value, Tensor) else value for name, value in inputs.items()}
    with torch.random.fork_rng(), torch.enable_grad(), _single_precision():
        _seed(device)
        observations, error = attempt(lambda: probe(implementation, torch.device(device), **moved))
    if error is None:
        return {"observations": observations}
    if is_unwritten(error):
        return {"error": f"{UNWRITTEN} (NotImplementedError)"}
    return {"error": f"it raised {type(error).__name__}: {error}"}


def is_unwritten(error: Exception | None) -> TypeGuard[NotImplementedError]:
    """Whether a stub that still stands raised this: it says nothing, unlike PyTorch where it lacks an operation."""
    return isinstance(error, NotImplementedError) and not str(error)


def _seed(device: str) -> None:
    """Seed the global random state. For a CPU its own generator is enough: torch.manual_seed takes a hundred times as
    long, for it notes the whole stack in case that CUDA comes into use later.
    """
    if torch.device(device).type == "cpu":
        torch.default_generator.manual_seed(0)
    else:
        torch.manual_seed(0)


@contextmanager
def _single_precision() -> Iterator[None]:
    """PyTorch's own default type for what is made without naming one; afterwards that of before."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def attempt(call: Callable[[], Any]) -> tuple[Any, Exception | None]:
    """What a call returns, or None and the error that it raises."""
    try:
        return call(), None
    except Exception as error:  # noqa: BLE001  whatever a learner's code raises is an observation
        return None, error


def seen(value: Any) -> Any:
    """What an observer may keep of `value`: a detached CPU copy of a tensor, a plain value, or a description."""
    if type(value) in (Tensor, nn.Parameter):
        return value.detach().cpu().clone() if value.layout is torch.strided else f"a {value.layout} tensor"
    if value is None or type(value) in (bool, str):
        return value
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, Integral | Real):  # NumPy's numbers
        return int(value) if isinstance(value, Integral) else float(value)
    if type(value) in (list, tuple):
        return [seen(item) for item in value]
    return f"an object of type {type(value).__name__}"


def copy_of(inputs: Tensor) -> Tensor:
    """A copy to compare with afterwards: an implementation must leave its inputs alone."""
    return inputs.detach().clone()


def unchanged(before: Tensor, after: Tensor) -> bool:
    """Whether a tensor still has the very values it had."""
    return before.shape == after.shape and torch.equal(before, after)
