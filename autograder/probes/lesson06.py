"""What is done with an implementation in lesson 6, and what is seen. No answers here."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from autograder.probes import copy_of, seen, unchanged


def gaussian_kernel(
    implementation: Any, device: torch.device, x: Tensor, y: Tensor, bandwidths: Any, offset: float = 0.0
) -> dict[str, Any]:
    """Ask for a kernel and for its gradients; and for that of the same points, far from the origin."""
    inputs = [x.clone().requires_grad_(), y.clone().requires_grad_()]
    before, kernel = [copy_of(x), copy_of(y)], implementation(*inputs, bandwidths)
    far = implementation(x + offset, y + offset, bandwidths)
    near = kernel.detach().to(far.dtype) if isinstance(kernel, Tensor) and isinstance(far, Tensor) else None
    return {
        "kernel": seen(kernel),
        **gradients(kernel, inputs),
        "x and y are left alone": all(map(unchanged, before, inputs)),
        "the kernel far from the origin is the kernel near it": near is not None
        and near.shape == far.shape
        and torch.allclose(near, far.detach(), atol=0.01),
    }


def median_bandwidth(implementation: Any, device: torch.device, x: Tensor, y: Tensor) -> dict[str, Any]:
    """Ask for the bandwidth of two samples that carry history."""
    inputs = [x.clone().requires_grad_(), y.clone().requires_grad_()]
    bandwidth = implementation(*inputs)
    kind = type(seen(bandwidth)).__name__
    if isinstance(bandwidth, Tensor):
        history = "a gradient flows" if bandwidth.requires_grad else "no gradient flows"
        kind = f"a tensor of {bandwidth.ndim} dimensions through which {history}"
    return {"bandwidth": seen(bandwidth), "what it is": kind, "x and y are left alone": left_alone([x, y], inputs)}


def distance(implementation: Any, device: torch.device, x: Tensor, y: Tensor, **arguments: Any) -> dict[str, Any]:
    """Ask how far apart two samples are, and which way each of their rows is pulled."""
    inputs = [x.clone().requires_grad_(), y.clone().requires_grad_()]
    value = implementation(*inputs, **arguments)
    alone = left_alone([x, y], inputs)
    return {"value": seen(value), **gradients(value, inputs), "x and y are left alone": alone}


def reversal_strength(
    implementation: Any, device: torch.device, progress: list[float], gamma: float | None
) -> dict[str, Any]:
    """Ask for the strength after some shares of the training."""
    options = {} if gamma is None else {"gamma": gamma}
    return {"strengths": [number(implementation(p, **options)) for p in progress]}


def left_alone(before: Sequence[Tensor], after: Sequence[Tensor]) -> Any:
    """Whether tensors that asked for a gradient still do, with the values they had; else, what has changed."""
    if not all(tensor.requires_grad for tensor in after):
        return "no: they do not ask for a gradient any more"
    return True if all(map(unchanged, before, after)) else "no: they have other values"


def gradients(output: Any, inputs: Sequence[Tensor]) -> dict[str, Any]:
    """The gradients in x and y of a sum over `output`, each entry with another weight."""
    names = [f"gradient in {name}" for name, _ in zip("xy", inputs, strict=False)]
    if not isinstance(output, Tensor) or not output.requires_grad:
        return dict.fromkeys(names, "no gradient")
    weights = torch.linspace(1, 2, output.numel(), dtype=output.dtype, device=output.device).view(output.shape)
    found = torch.autograd.grad((output * weights).sum(), inputs, allow_unused=True)
    return {name: _finite(gradient) for name, gradient in zip(names, found, strict=True)}


def _finite(gradient: Tensor | None) -> Any:
    if gradient is None:
        return "no gradient"
    return seen(gradient) if gradient.isfinite().all() else "not a number, or infinite, in some entries"


def number(value: Any) -> Any:
    """A number, also where it comes as a tensor or an array of one entry; words for what is not finite."""
    try:
        number = value if isinstance(value, bool) or value is None else float(value)
    except (TypeError, ValueError):
        return seen(value)
    return number if not isinstance(number, float) or math.isfinite(number) else str(number)
