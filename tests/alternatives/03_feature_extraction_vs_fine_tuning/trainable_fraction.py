"""Right answers in other styles than the reference's."""

import numpy as np
import torch
from torch import nn


def trainable_fraction_by_loop(model):
    trainable = 0
    total = 0
    for _, param in model.named_parameters():
        size = 1
        for side in param.shape:
            size *= side
        total += size
        if param.requires_grad == True:
            trainable += size
    if total == 0:
        return 0.0
    return trainable / total


def trainable_fraction_by_identity(model):
    """Walks the layers by hand and remembers which tensors it has met."""
    met = {}
    for layer in model.modules():
        for param in layer.parameters(recurse=False):
            met[id(param)] = param
    sizes = {True: 0, False: 0}
    for param in met.values():
        sizes[param.requires_grad] += param.nelement()
    whole = sizes[True] + sizes[False]
    return sizes[True] / whole if whole > 0 else 0


def trainable_fraction_by_numpy(model):
    table = np.array([(p.numel(), p.numel() * p.requires_grad) for p in model.parameters()])
    return np.float64(0) if table.size == 0 else table[:, 1].sum() / table[:, 0].sum()


class trainable_fraction_as_a_class:
    """Called like a function."""

    def __new__(cls, model: nn.Module):
        flat = [torch.full((p.numel(),), float(p.requires_grad)) for p in model.parameters()]
        return torch.cat(flat).double().mean().item() if flat else 0.0
