"""Right answers in other styles than the reference's."""

import math
import statistics

import numpy as np
import torch
from scipy import stats

from lib.results import mean_and_interval


def transfer_gain_by_loop(transferred, scratch):
    differences = [0.0] * len(transferred)
    for i in range(len(transferred)):
        differences[i] = (transferred[i] - scratch[i]) * 100
    mean, half = mean_and_interval(differences)
    return (mean, half)


def transfer_gain_by_numpy(transferred, scratch):
    d = (np.array(transferred) - np.array(scratch)) * 100
    half = stats.t.ppf(0.975, len(d) - 1) * d.std(ddof=1) / np.sqrt(len(d))
    return d.mean(), half


def transfer_gain_by_scipy(transferred, scratch):
    """The interval of SciPy's paired test, as a list."""
    found = stats.ttest_rel(np.multiply(transferred, 100), np.multiply(scratch, 100)).confidence_interval(0.95)
    return [(found.low + found.high) / 2, (found.high - found.low) / 2]


def transfer_gain_by_variances(transferred, scratch):
    """Var(a − b) = Var a + Var b − 2 Cov(a, b)."""
    n = len(scratch)
    variance = statistics.variance(transferred) + statistics.variance(scratch)
    variance -= 2 * statistics.covariance(transferred, scratch)
    t = float(stats.t.isf(0.025, n - 1))
    return 100 * (statistics.mean(transferred) - statistics.mean(scratch)), 100 * t * math.sqrt(variance / n)


def transfer_gain_by_tensors(transferred, scratch):
    d = 100 * (torch.tensor(transferred, dtype=torch.float64) - torch.tensor(scratch, dtype=torch.float64))
    mean, half = mean_and_interval(d.tolist())
    return torch.tensor([mean, half])
