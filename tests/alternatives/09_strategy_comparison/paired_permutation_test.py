"""Right answers in other styles than the reference's."""

import itertools
import math
import random

import numpy as np
import torch


def paired_permutation_test_in_loops(a, b, *, resamples=10_000, generator):
    differences = [a[i] - b[i] for i in range(len(a))]
    n = len(differences)
    observed = abs(sum(differences))
    if 2**n <= resamples:
        count = 0
        for signs in itertools.product([1, -1], repeat=n):
            total = abs(sum(s * d for s, d in zip(signs, differences, strict=True)))
            if total > observed or math.isclose(total, observed, rel_tol=1e-9, abs_tol=1e-12):
                count += 1
        return count / 2**n
    draw = random.Random(int(torch.randint(2**40, (1,), generator=generator)))
    count = 1
    for _ in range(resamples):
        total = sum(d if draw.random() < 0.5 else -d for d in differences)
        count += abs(total) >= observed - 1e-12
    return count / (resamples + 1)


def paired_permutation_test_of_means(a, b, *, resamples=10_000, generator):
    """Means instead of sums; bits of a counter for the patterns."""
    d = torch.tensor(a, dtype=torch.float64) - torch.tensor(b, dtype=torch.float64)
    n, exact = len(d), 2 ** len(d) <= resamples
    if exact:
        bits = torch.arange(2**n)[:, None].bitwise_right_shift(torch.arange(n)) % 2
    else:
        bits = torch.bernoulli(torch.full((resamples, n), 0.5), generator=generator).long()
    means = torch.einsum("pn,n->p", (2 * bits - 1).double(), d) / n
    extreme = means.abs() >= d.mean().abs() - 1e-13
    return extreme.double().mean() if exact else (extreme.sum() + 1) / (resamples + 1)


def paired_permutation_test_with_numpy(a, b, *, resamples=10_000, generator):
    """Half of the patterns is enough where all are tried: the other half mirrors it."""
    d = np.asarray(a, dtype=float) - np.asarray(b, dtype=float)
    n = len(d)
    if 2**n <= resamples:
        signs = np.array([(1, *rest) for rest in itertools.product((1, -1), repeat=n - 1)])
        return float(np.mean(np.round(np.abs(signs @ d), 12) >= np.round(abs(d.sum()), 12)))
    signs = 1 - 2 * torch.randint(2, (resamples, n), generator=generator).numpy()
    return float((1 + np.sum(np.round(np.abs(signs @ d), 12) >= np.round(abs(d.sum()), 12))) / (1 + resamples))
