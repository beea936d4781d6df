"""Gradient flow: how strongly a loss pulls on each stage of a network.

Training moves θ by −η ∂L/∂θ, so a stage learns as fast as its gradient is long, and where the gradient is missing or
zero it is frozen, whatever was meant. One number for each stage shows which strategy is at work, and whether a gradient
fades or grows on its way from the scores back to the image.
"""

import math
from collections.abc import Iterable

import torch
from torch import nn

from lib.stages import stages


def gradient_norms(model: nn.Module) -> dict[str, float]:
    """The Euclidean norm of the gradient in each stage of `model`, ‖∂L/∂θ_stage‖₂, from the input to the head.

    Returns a float for every stage of `lib.stages.stages(model)`, by its name and in that order: the root of the sum of
    squares of all numbers in the `.grad` of all parameters of the stage together.

    `.grad` counts as it stands, so call this after `loss.backward()`, before gradients are clipped or cleared:

    - a parameter whose `.grad` is None counts as zero: a frozen stage has the norm 0.0, and before the first backward
      pass every stage has;
    - a `.grad` that was left on a parameter that requires none does count, for an optimiser would use it;
    - a parameter that two stages share counts in both.

    Squares are summed in float64, so that those of half-precision gradients neither overflow nor vanish. Where no
    parameter is shared, the norms' own Euclidean norm is that of the whole gradient, as
    `torch.nn.utils.clip_grad_norm_` returns it. Nothing is changed or drawn, and the model's mode does not matter.
    Raises ValueError for a model without parameters.

    Example:
        >>> model = nn.Sequential(nn.Linear(1, 1), nn.Linear(1, 1))
        >>> model[1].weight.grad, model[1].bias.grad = torch.tensor([[3.0]]), torch.tensor([4.0])
        >>> gradient_norms(model)
        {'0': 0.0, 'head': 5.0}
    """
    return {name: _norm(stage.parameters()) for name, stage in stages(model).items()}


def _norm(parameters: Iterable[nn.Parameter]) -> float:
    gradients = (parameter.grad for parameter in parameters if parameter.grad is not None)
    return math.hypot(*(torch.linalg.vector_norm(gradient, dtype=torch.float64).item() for gradient in gradients))
