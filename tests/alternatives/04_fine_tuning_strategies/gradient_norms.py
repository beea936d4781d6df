"""Right answers in other styles than the reference's."""

import math

import numpy as np
import torch

from lib.stages import stages


def gradient_norms_by_loop(model):
    norms = {}
    for name, stage in stages(model).items():
        total = 0.0
        for p in stage.parameters():
            if p.grad is not None:
                total += p.grad.detach().double().pow(2).sum().item()
        norms[name] = math.sqrt(total)
    return norms


def gradient_norms_by_one_vector(model):
    """All gradients of a stage in one row, and its length."""

    def length(stage):
        flat = [p.grad.flatten().to(torch.float64) for p in stage.parameters() if p.grad is not None]
        return torch.linalg.norm(torch.cat(flat)).item() if flat else 0.0

    return {name: length(stage) for name, stage in stages(model).items()}


def gradient_norms_by_numpy(model):
    result = {}
    for name in stages(model):
        squares = [np.square(_array(p)).sum() for p in stages(model)[name].parameters()]
        result[name] = float(np.sqrt(np.sum(squares)))
    return result


def gradient_norms_by_einsum(model):
    out = dict.fromkeys(stages(model), 0.0)
    for name, stage in stages(model).items():
        for p in stage.parameters():
            g = torch.zeros(1, dtype=torch.float64) if p.grad is None else p.grad.double().reshape(-1)
            out[name] += float(torch.einsum("i,i->", g, g))
    return {name: value**0.5 for name, value in out.items()}


def _array(p):
    return np.zeros(1) if p.grad is None else p.grad.cpu().numpy().astype(np.float64)
