"""Right answers in other styles than the reference's."""

import types

from torch import nn

from lib.freezing import pin


def keep_batchnorm_frozen_by_attribute(model):
    for layer in model.modules():
        if getattr(layer, "running_mean", None) is not None:
            pin(layer)
    return model


def keep_batchnorm_frozen_by_bound_method(model):
    def train(self, mode=True):
        self.training = False
        return self

    for module in model.modules():
        names = [name for name, _ in module.named_buffers(recurse=False)]
        if "running_mean" in names:
            module.eval()
            module.train = types.MethodType(train, module)
    return model


def keep_batchnorm_frozen_by_subclass(model):
    """Every such layer becomes one of a subclass that knows one mode."""
    for layer in list(model.modules()):
        kind = type(layer)
        tracking = isinstance(layer, nn.modules.batchnorm._NormBase) and layer.running_mean is not None
        if tracking:
            layer.__class__ = type(kind.__name__, (kind,), {"train": lambda self, mode=True: self})
            layer.training = False
    return model


def keep_batchnorm_frozen_recursively(model):
    if isinstance(getattr(model, "running_mean", None), nn.Module | type(nn.Parameter().data)):
        pin(model)
    for child in model.children():
        keep_batchnorm_frozen_recursively(child)
    return model
