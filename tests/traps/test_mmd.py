"""The traps of the maximum mean discrepancy: not zero for equal samples, and bandwidths that see half of the data."""

import math

import pytest
import torch

from lib.mmd import gaussian_kernel, median_bandwidth, mmd_squared


def sample(n: int, seed: int, scale: float = 1.0) -> torch.Tensor:
    return scale * torch.randn(n, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("bandwidths", [None, [0.5], [0.5, 1.0, 2.0, 4.0, 8.0]])
def test_trap_17_no_constant_is_added(bandwidths):
    """Equal samples are at distance zero, and equal distributions are on average, however many kernels there are."""
    x = sample(40, 0)
    assert abs(mmd_squared(x, x, bandwidths).item()) < 1e-12
    pairs = [(sample(12, 2 * seed), sample(12, 2 * seed + 1)) for seed in range(150)]
    values = torch.stack([mmd_squared(a, b, bandwidths, "unbiased") for a, b in pairs])
    assert abs(values.mean()) < 3 * values.std() / math.sqrt(len(values))
    assert (values < 0).double().mean() > 0.3  # and it is not cut off at zero


def test_trap_17_the_median_is_over_both_samples():
    """The source's own median is blind to where the target is: a narrow source makes every kernel value between 0."""
    source, target = sample(20, 0, scale=0.01), sample(20, 1) + 5
    pooled = torch.pdist(torch.cat([source, target]))
    assert median_bandwidth(source, target) == pooled.median() > 100 * torch.pdist(source).median()
    assert gaussian_kernel(source, target, [torch.pdist(source).median().item()]).max() == 0  # the trap
    torch.testing.assert_close(median_bandwidth(target, source), median_bandwidth(source, target))


def test_trap_17_the_bandwidth_is_the_median_not_the_mean():
    """One far point drags the mean distance along, and leaves the median where it was."""
    x, y = sample(20, 0), sample(20, 1)
    far = torch.cat([x[:-1], torch.full((1, 3), 1e6, dtype=torch.float64)])
    assert median_bandwidth(far, y) < 1.2 * median_bandwidth(x, y)
    assert torch.pdist(torch.cat([far, y])).mean() > 1000 * median_bandwidth(x, y)  # the trap
