"""Right answers in other styles than the reference's."""

import types

import torch
from torch import nn


def freeze_by_hooks(module):
    """A forward pre-hook puts each layer into evaluation mode just before it is used."""

    def still(layer, _arguments):
        layer.training = False

    module.zero_grad(set_to_none=True)
    module.requires_grad_(False)
    module.eval()
    for layer in module.modules():
        layer.register_forward_pre_hook(still)
    return module


def freeze_by_bound_methods(module):
    def train(self, mode=True):
        return self

    for layer in module.modules():
        layer.eval()
        layer.train = types.MethodType(train, layer)
    for param in module.parameters():
        param.grad = None
        param.requires_grad = False
    return module


def freeze_by_subclass(module):
    """Every layer changes into a subclass of its own type whose train() does nothing."""
    for layer in module.modules():
        kind = type(layer)
        layer.eval()
        layer.__class__ = type(kind.__name__, (kind,), {"train": lambda self, mode=True: self})
    with torch.no_grad():
        for tensor in module.parameters():
            tensor.requires_grad = False
            tensor.grad = None
    return module


def freeze_recursively(module: nn.Module) -> nn.Module:
    for child in module.children():
        freeze_recursively(child)
    for key in module._parameters:
        if module._parameters[key] is not None:
            module._parameters[key].requires_grad = False
            module._parameters[key].grad = None
    module.training = False
    module.train = lambda mode=True, me=module: me
    return module
