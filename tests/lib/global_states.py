"""The random state of torch, NumPy and Python, which a function with a seed of its own has to leave alone."""

import random

import numpy as np
import torch


def global_states() -> tuple:
    """All three, to be compared with what they are afterwards."""
    numpys = np.random.get_state()[1].tolist()  # noqa: NPY002  the global state is what must not change
    return torch.get_rng_state().tolist(), numpys, random.getstate()
