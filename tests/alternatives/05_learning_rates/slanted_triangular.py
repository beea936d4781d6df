"""Right answers in other styles than the reference's."""

import numpy as np
import torch


def slanted_triangular_as_the_paper_writes_it(step, *, steps, cut=0.1, ratio=32.0):
    t, T, cut_frac = step, steps, cut
    cut = int(np.floor(T * cut_frac))
    if cut < 1:
        cut = 1
    p = t / cut if t < cut else 1 - (t - cut) / (cut * (1 / cut_frac - 1))
    if p < 0:
        p = 0
    return (1 + p * (ratio - 1)) / ratio


def slanted_triangular_by_interpolation(step, *, steps, cut=0.1, ratio=32.0):
    """Three corners, joined by straight lines; NumPy keeps the last value beyond the end."""
    peak = max(int(steps * cut), 1)
    end = peak + peak * (1 / cut - 1)
    return float(np.interp(step, [0, peak, end], [1 / ratio, 1.0, 1 / ratio]))


def slanted_triangular_by_tensors(step, *, steps, cut=0.1, ratio=32.0):
    c = torch.tensor(float(steps * cut), dtype=torch.float64).floor().clamp(min=1)
    t = torch.tensor(float(step), dtype=torch.float64)
    p = torch.where(t < c, t / c, 1 - (t - c) / (c * (1 / cut - 1))).clamp(min=0)
    return torch.lerp(torch.tensor(1 / ratio, dtype=torch.float64), torch.ones((), dtype=torch.float64), p)


def slanted_triangular_by_minimum(step, *, steps, cut=0.1, ratio=32.0):
    c = max(1, steps * cut // 1)
    lowest = 1 / ratio
    p = max(min(step / c, (c / cut - step) / (c / cut - c)), 0)
    return lowest + (1 - lowest) * p
