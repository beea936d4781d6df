"""Freezing: making part of a network a fixed function.

`requires_grad = False` is the smaller half of it. A batch-norm layer in training mode normalises by the batch at hand
and moves its running statistics whether or not its parameters may learn; dropout in training mode is noise; and a
gradient left over from an earlier step lets momentum and weight decay move a parameter that is called frozen.
"""

from collections.abc import Iterator
from functools import partial

from torch import nn


def freeze(module: nn.Module) -> nn.Module:
    """Make `module` a fixed function: same input, same output, whatever is trained around it.

    In place; returns `module` itself. Afterwards, for every layer inside it, at any depth:

    - no parameter requires a gradient, and none keeps one: its `.grad` is None;
    - the layer is in evaluation mode and stays there through any later `.train()`, of its own or of a network around
      it: batch norm, 1-, 2- or 3-dimensional, uses its running statistics and does not move them; dropout is off;
    - layers, parameters and statistics are the same objects with the same values as before.

    Example:
        >>> backbone = freeze(nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)))
        >>> network = nn.Sequential(backbone, nn.Linear(3, 2)).train()
        >>> [layer.training for layer in network]
        [False, True]
    """
    for parameter in module.parameters():
        parameter.requires_grad_(False)
        parameter.grad = None
    for layer in module.modules():
        layer.training = False
        vars(layer)["train"] = partial(_stay_in_evaluation, layer)  # shadows the method for this one layer
    return module


def _stay_in_evaluation(layer: nn.Module, mode: bool = True) -> nn.Module:
    """What `.train(mode)` does to a frozen layer: pass the call on, for a new head may sit inside, and stay."""
    for child in layer.children():
        child.train(mode)
    return layer


def unfreeze(module: nn.Module) -> nn.Module:
    """Undo `freeze`: every parameter requires a gradient again, and `.train()` reaches every layer. In place."""
    for parameter in module.parameters():
        parameter.requires_grad_(True)
    for layer in module.modules():
        vars(layer).pop("train", None)
    return module


def is_frozen(module: nn.Module) -> bool:
    """Whether `module` is a fixed function: nothing in it requires a gradient, and `.train()` leaves it as it is."""
    pinned = all("train" in vars(layer) for layer in module.modules())
    return pinned and not any(parameter.requires_grad for parameter in module.parameters())


def trainable_parameters(module: nn.Module) -> Iterator[nn.Parameter]:
    """The parameters that an optimiser should be given: those that require a gradient, each once."""
    return (parameter for parameter in module.parameters() if parameter.requires_grad)


def trainable_fraction(model: nn.Module) -> float:
    """Share of the model's parameters that training may change, between 0 and 1.

    Numbers are counted, not tensors: a 256 × 10 weight counts 2,560. A parameter that two layers share counts once;
    buffers, such as batch norm's running statistics, do not count. A model without parameters has the share 0.

    Example:
        >>> model = nn.Sequential(nn.Linear(9, 10), nn.Linear(10, 10, bias=False))
        >>> model[0].requires_grad_(False)
        Linear(in_features=9, out_features=10, bias=True)
        >>> trainable_fraction(model)
        0.5
    """
    parameters = list(model.parameters())
    total = sum(parameter.numel() for parameter in parameters)
    trainable = sum(parameter.numel() for parameter in parameters if parameter.requires_grad)
    return trainable / total if total else 0.0
