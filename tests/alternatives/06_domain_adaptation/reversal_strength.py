"""Right answers in other styles than the reference's."""

import math

import numpy as np
import torch


def reversal_strength_by_tanh(progress, gamma=10.0):
    return math.tanh(gamma * progress / 2)


def reversal_strength_by_numpy(progress, gamma=10.0):
    return 2.0 / (1.0 + np.exp(-gamma * progress)) - 1.0


def reversal_strength_by_sigmoid(progress, gamma=10.0):
    p = torch.tensor(gamma * progress, dtype=torch.float64)
    return float(2 * torch.sigmoid(p) - 1)


def reversal_strength_in_steps(progress, gamma=10.0):
    z = gamma * progress
    e = math.e ** (-z)
    top = 1 - e
    bottom = 1 + e
    return top / bottom
