"""Misconceptions of freezing: ways to make a network almost a fixed function."""

import copy
from functools import partial

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from lib.freezing import freeze


def _stay(layer: nn.Module, mode: bool = True) -> nn.Module:
    return layer


def _pin(layer: nn.Module) -> None:
    layer.eval()
    vars(layer)["train"] = partial(_stay, layer)


def flags(module: nn.Module) -> nn.Module:
    """Flags, and nothing else."""
    return module.requires_grad_(False)


def without_gradients(module: nn.Module) -> nn.Module:
    """Flags, and the gradients thrown away."""
    for parameter in module.parameters():
        parameter.requires_grad_(False)
        parameter.grad = None
    return module


def evaluation_once(module: nn.Module) -> nn.Module:
    """Evaluation mode, until the next `.train()`."""
    return without_gradients(module).eval()


def outermost_only(module: nn.Module) -> nn.Module:
    """The module refuses `.train()`, its layers do not."""
    _pin(without_gradients(module))
    return module


def keeps_gradients(module: nn.Module) -> nn.Module:
    """All but the gradients of the last step."""
    for layer in module.modules():
        _pin(layer)
    return module.requires_grad_(False)


def zeroed_gradients(module: nn.Module) -> nn.Module:
    """Gradients of zeros."""
    for parameter in module.parameters():
        parameter.grad = torch.zeros_like(parameter)
    return keeps_gradients(module)


def no_momentum(module: nn.Module) -> nn.Module:
    """Statistics that stay, in training mode."""
    for layer in module.modules():
        if isinstance(layer, _BatchNorm):
            layer.momentum = 0.0
            layer.register_forward_hook(_rewind)
        if isinstance(layer, nn.Dropout):
            _pin(layer)
    return without_gradients(module)


def _rewind(layer: nn.Module, _inputs: object, _output: object) -> None:
    assert isinstance(layer.num_batches_tracked, torch.Tensor)
    layer.num_batches_tracked.sub_(int(layer.training))


def no_statistics(module: nn.Module) -> nn.Module:
    """No statistics at all."""
    for layer in module.modules():
        if isinstance(layer, _BatchNorm):
            layer.track_running_stats = False
            layer.running_mean, layer.running_var, layer.num_batches_tracked = None, None, None
        if isinstance(layer, nn.Dropout):
            _pin(layer)
    return without_gradients(module)


def images_only(module: nn.Module) -> nn.Module:
    """Only the norms of images."""
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d | nn.Dropout):
            _pin(layer)
    return without_gradients(module)


def forgets_dropout(module: nn.Module) -> nn.Module:
    """Only norms."""
    for layer in module.modules():
        if isinstance(layer, _BatchNorm):
            _pin(layer)
    return without_gradients(module)


def weights_only(module: nn.Module) -> nn.Module:
    """Only what is called weight."""
    for layer in module.modules():
        _pin(layer)
    for name, parameter in module.named_parameters():
        if name.endswith("weight"):
            parameter.requires_grad_(False)
            parameter.grad = None
    return module


def a_copy(module: nn.Module) -> nn.Module:
    """A frozen copy."""
    return keeps_gradients(without_gradients(copy.deepcopy(module)))


def returns_nothing(module: nn.Module) -> None:
    """All of it, and nothing comes back."""
    freeze(module)


def flags_and_evaluation(module: nn.Module) -> nn.Module:
    """Flags and evaluation mode: what most listings do."""
    return module.requires_grad_(False).eval()


def attribute(module: nn.Module) -> nn.Module:
    """Sets an attribute of the module that nobody reads."""
    vars(module)["requires_grad"] = False
    return module.eval()
