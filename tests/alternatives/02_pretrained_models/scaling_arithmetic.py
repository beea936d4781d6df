"""Right answers in other dress than the reference's."""

import torch
from torch import nn


def scaling_arithmetic_rounded():
    return {"a": 3.69, "b": 2.11, "c": 36_864, "d": 4672}


def scaling_arithmetic_by_formula():
    phi, alpha, beta, gamma = 2, 1.2, 1.1, 1.15
    return {"a": (alpha * beta**2 * gamma**2) ** phi, "b": (alpha * beta**2) ** phi, "c": 9 * 64**2, "d": 64 * (9 + 64)}


def scaling_arithmetic_by_counting():
    """Builds the layers, and counts."""
    ordinary = nn.Conv2d(64, 64, 3, bias=False)
    pair = nn.Sequential(nn.Conv2d(64, 64, 3, groups=64, bias=False), nn.Conv2d(64, 64, 1, bias=False))
    c, d = (sum(p.numel() for p in layer.parameters()) for layer in (ordinary, pair))
    factors = torch.tensor([1.2, 1.1, 1.1, 1.15, 1.15], dtype=torch.float64)
    return {"a": factors.prod().square().item(), "b": factors[:3].prod().square().item(), "c": c, "d": float(d)}
