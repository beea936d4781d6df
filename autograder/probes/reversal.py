"""What is done with the gradient reversal layer in lesson 6, and what is seen. No answers here."""

from typing import Any

import torch
from torch import Tensor, nn

from autograder.probes import attempt, copy_of, seen, unchanged
from autograder.probes.lesson06 import gradients


def gradient_reversal(
    implementation: Any, device: torch.device, features: Tensor, strength: float | None, then: float
) -> dict[str, Any]:
    """Send features and gradients through the layer at one strength, then at another; change its output in place."""
    layer = implementation() if strength is None else implementation(strength)
    plain, first, second, shared = (features.clone().requires_grad_() for _ in range(4))
    gradient, output = gradients(layer(plain), [plain]), layer(first)
    layer.strength = then
    output_then = layer(second)
    layer.strength = 1 + 3 * then  # when backward comes, both forward passes are over, and neither had this one
    at_first, at_next = gradients(output, [first]), gradients(output_then, [second])
    layer.strength = then
    serving = torch.tanh(shared)
    both = torch.cat([serving, layer(serving)])
    changed, error = attempt(lambda: _changed_in_place(layer, features))
    twice, error_twice = attempt(lambda: _differentiated_twice(layer, features))
    state = list(layer.state_dict()) if isinstance(layer, nn.Module) else "no nn.Module"
    return {
        "output": seen(output),
        "output where nothing asks for a gradient": seen(layer(features)),
        "gradient": gradient["gradient in x"],
        "gradient with the first strength": at_first["gradient in x"],
        "gradient with the next strength": at_next["gradient in x"],
        "gradient of features that another branch uses as well": gradients(both, [shared])["gradient in x"],
        "gradient through an output that is changed in place": f"it raised {type(error).__name__}"
        if error
        else changed,
        "second derivative": f"it raised {type(error_twice).__name__}" if error_twice else twice,
        "gradient in evaluation mode": _in_evaluation_mode(layer, features),
        "what is in the state_dict": state,
        "parameters": len(list(layer.parameters())) if isinstance(layer, nn.Module) else "no nn.Module",
    }


def _changed_in_place(layer: Any, features: Tensor) -> Any:
    x = features.clone().requires_grad_()
    given = torch.tanh(x)
    before, output = copy_of(given), layer(given)
    output.mul_(2)
    gradient = gradients(output, [x])["gradient in x"]
    return gradient if unchanged(before, given) else "the features changed as well"


def _differentiated_twice(layer: Any, features: Tensor) -> Any:
    """The gradient of a gradient, for a sum of cubes behind the layer."""
    x = features.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(layer(x).pow(3).sum(), x, create_graph=True)
    return gradients(gradient, [x])["gradient in x"]


def _in_evaluation_mode(layer: Any, features: Tensor) -> Any:
    if isinstance(layer, nn.Module):
        layer.eval()
    x = features.clone().requires_grad_()
    return gradients(layer(x), [x])["gradient in x"]
