"""Right answers in other styles than the reference's."""

import math

import numpy as np
import torch
from torch import nn


def count_parameters_by_loop(model, trainable_only=False):
    total = 0
    for _, p in model.named_parameters():
        if trainable_only and p.requires_grad == False:
            continue
        n = 1
        for side in p.shape:
            n = n * side
        total = total + n
    return total


def count_parameters_by_identity(model: nn.Module, trainable_only: bool = False) -> int:
    """Walks layer by layer and remembers which tensors it has met."""
    met = {}
    for layer in model.modules():
        for p in layer.parameters(recurse=False):
            met.setdefault(id(p), p)
    wanted = met.values() if not trainable_only else filter(lambda p: p.requires_grad, met.values())
    return sum(math.prod(p.size()) for p in wanted)


def count_parameters_by_numpy(model, trainable_only=False):
    sizes = [np.prod(p.shape, dtype=int) for p in model.parameters() if p.requires_grad or not trainable_only]
    return int(np.sum(sizes, dtype=int))


def count_parameters_by_flattening(model, trainable_only=False):
    kept = [p.detach().reshape(-1) for p in model.parameters() if not trainable_only or p.requires_grad]
    return len(torch.cat(kept)) if kept else 0


def count_parameters_by_numpy_s_own_integers(model, trainable_only=False):
    return sum(np.prod(p.shape, dtype=int) for p in model.parameters() if p.requires_grad or not trainable_only)
