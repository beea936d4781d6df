"""Right answers in other styles than the reference's."""

import math

import numpy as np
import torch


def cosine_with_warmup_by_cases(step, *, steps, warmup=0, floor=0.0):
    if step >= steps:
        return floor
    if step < warmup:
        return (step + 1) / (warmup + 1)
    angle = math.pi * (step - warmup) / (steps - warmup)
    return floor + 0.5 * (1 - floor) * (1 + math.cos(angle))


def cosine_with_warmup_by_squared_cosine(step, *, steps, warmup=0, floor=0.0):
    """(1 + cos x) / 2 = cos²(x / 2)."""
    rise = (step + 1) / (warmup + 1)
    share = min(max((step - warmup) / (steps - warmup), 0.0), 1.0)
    fall = 1 - (1 - floor) * np.sin(np.pi / 2 * share) ** 2
    return rise if step < warmup else fall


def cosine_with_warmup_by_torch(step, *, steps, warmup=0, floor=0.0):
    """torch's own schedulers, wound forward."""
    if step < warmup:
        return np.linspace(0, 1, warmup + 2)[step + 1]
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps - warmup, eta_min=floor)
    for _ in range(min(step, steps) - warmup):
        optimiser.step()
        schedule.step()
    return optimiser.param_groups[0]["lr"]


def cosine_with_warmup_by_table(step, *, steps, warmup=0, floor=0.0):
    up = torch.arange(1, warmup + 1, dtype=torch.float64) / (warmup + 1)
    down = (1 + torch.cos(torch.linspace(0, math.pi, steps - warmup + 1, dtype=torch.float64))) / 2
    table = torch.cat([up, floor + (1 - floor) * down])
    return table[min(step, steps)].item()
