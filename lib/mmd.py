"""Maximum mean discrepancy (MMD): how far apart two samples lie, seen through a kernel.

A kernel k(x, y) = ⟨φ(x), φ(y)⟩ maps a point to φ(x) in a space of functions. The MMD is the distance between the mean
of φ over one sample and over the other. With a Gaussian kernel it is zero only where the two distributions are equal.
Minimised over the features of source and target images, it is a loss for domain adaptation (Long et al., 2015); with a
permutation test, it tells whether two domains differ at all (Gretton et al., 2012).
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor


def gaussian_kernel(x: Tensor, y: Tensor, bandwidths: Tensor | Sequence[float] | float) -> Tensor:
    """The mean of Gaussian kernels at several bandwidths, for every pair of a row of `x` and a row of `y`.

        k(xᵢ, yⱼ) = 1/B Σ_b exp(−‖xᵢ − yⱼ‖² / (2·σ_b²))

    A bandwidth is a standard deviation σ, in the units of the data, not σ². The mean over bandwidths is a kernel again,
    as convex combinations are (Long et al., 2015), with k(x, x) = 1. Only differences xᵢ − yⱼ matter, far out as well.

    x: shape (n, d); y: shape (m, d); n, m, d ≥ 1, float32 or float64, equal in dtype and device. bandwidths: one
    positive number, or B ≥ 1 of them. Returns shape (n, m), entries in [0, 1], in the samples' dtype, under autocast
    too; differentiable in `x` and `y`, with the gradient zero where a distance is zero.
    Raises ValueError for another shape, a different device, or a bandwidth that is not positive and finite; TypeError
    for another dtype.

    Example:
        >>> x, y = torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0], [0.0, 0.0]])
        >>> gaussian_kernel(x, y, [5.0])
        tensor([[0.6065, 1.0000]])
    """
    check_samples(x, y)
    return _gaussian(_squared_distances(x, y), _widths(bandwidths, x))


def median_bandwidth(x: Tensor, y: Tensor) -> Tensor:
    """The median heuristic: the median distance between two points of the pooled sample (Gretton et al., 2012, §8).

        σ = median { ‖zᵢ − zⱼ‖ : i < j },   z = the rows of x, then those of y

    Pairs within `x`, within `y` and across count alike, each once; a point's distance to itself does not count. The
    median of an even number of distances is the lower middle one, as in `torch.median`. The result is a constant:
    no gradient flows through it, or a network could lower an MMD by moving the bandwidth. x and y are left alone.

    x: shape (n, d); y: shape (m, d); n, m, d ≥ 1, float32 or float64. Returns a tensor of no dimension, in the samples'
    dtype and on their device; time and memory grow as (n + m)².
    Raises ValueError for another shape, a different device, and where the median is not a positive, finite number
    (half of the pairs coincide, or an entry is NaN); TypeError for another dtype.

    Example:
        >>> median_bandwidth(torch.tensor([[0.0], [1.0]]), torch.tensor([[3.0]]))
        tensor(2.)
    """
    check_samples(x, y)
    bandwidth = torch.pdist(torch.cat([x, y]).detach()).median()
    if not 0 < bandwidth < torch.inf:
        raise ValueError(f"x, y: expected points whose median distance is positive and finite, got {bandwidth.item()}")
    return bandwidth


def mmd_squared(
    x: Tensor,
    y: Tensor,
    bandwidths: Tensor | Sequence[float] | float | None = None,
    estimator: Literal["biased", "unbiased", "linear"] = "biased",
) -> Tensor:
    """The squared maximum mean discrepancy between the distributions that `x` and `y` are samples of.

        MMD² = E k(x, x') + E k(y, y') − 2 E k(x, y),   k = `gaussian_kernel`   (Gretton et al., 2012, Lemma 6)

    Three estimators of it, from the same paper:

    - "biased" (eq. 5): each expectation is the mean over all pairs of rows, a row's pair with itself among them. Never
      negative but for rounding; zero for equal samples.
    - "unbiased" (eq. 3): within a sample, the mean is over the n(n − 1) or m(m − 1) pairs i ≠ j. On average over
      samples, at given bandwidths, it is MMD²: where the distributions are equal it is rightly negative about half of
      the time.
    - "linear" (Lemma 14): rows are paired as they come, (1, 2), (3, 4), …, and over the pairs (a, b) it is the mean of
      k(x_a, x_b) + k(y_a, y_b) − k(x_a, y_b) − k(x_b, y_a). Unbiased too, in time and memory O(n) instead of O(n²),
      with a larger variance. It needs n = m; an odd last row is left out.

    x: shape (n, d); y: shape (m, d); d ≥ 1; n, m ≥ 1 for "biased", else ≥ 2; float32 or float64. bandwidths: as
    `gaussian_kernel` takes them; None: ¼, ½, 1, 2 and 4 times `median_bandwidth(x, y)`, which costs O((n + m)²), so
    give bandwidths to stay linear. Returns a tensor of no dimension, differentiable in `x` and `y`.
    Raises what `gaussian_kernel` and `median_bandwidth` raise, and ValueError for an unknown estimator.

    Example:
        >>> x, y = torch.tensor([[0.0], [1.0]]), torch.tensor([[2.0], [0.0]])
        >>> [round(mmd_squared(x, y, [1.0], name).item(), 3) for name in ("biased", "unbiased", "linear")]
        [0.197, -0.432, -0.865]
    """
    _check_estimator(x, y, estimator)
    widths = _around_the_median(x, y) if bandwidths is None else _widths(bandwidths, x)
    if estimator == "linear":
        return _linear_time(x, y, widths)
    xx, yy, xy = gaussian_kernel(x, x, widths), gaussian_kernel(y, y, widths), gaussian_kernel(x, y, widths)
    if estimator == "biased":
        return xx.mean() + yy.mean() - 2 * xy.mean()
    return _mean_off_diagonal(xx) + _mean_off_diagonal(yy) - 2 * xy.mean()


class PermutationTest(NamedTuple):
    """What a permutation test gives: the statistic on the samples as they are, and the p-value, in (0, 1]."""

    statistic: float
    p_value: float


def mmd_permutation_test(
    x: Tensor,
    y: Tensor,
    permutations: int,
    generator: torch.Generator,
    bandwidths: Tensor | Sequence[float] | float | None = None,
) -> PermutationTest:
    """Whether two samples come from one distribution: the unbiased MMD² against its values under relabelling.

        p = (1 + #{permutations whose MMD² is at least the observed one}) / (1 + permutations)

    If they do, which rows are called x is chance, and a p-value of at most α has a probability of at most α, whatever n
    and m are; the observed labelling counts as one of the permutations (Phipson & Smyth, 2010). The kernel matrix of
    the pooled sample is computed once: a permutation only sums it in another way. Values within 1e-12 of the observed
    one are ties. Everything is computed in float64, without gradients.

    x: shape (n, d); y: shape (m, d); n, m ≥ 2, d ≥ 1, float32 or float64. permutations: at least 1. generator: draws
    the relabellings, on its own device. bandwidths: as in `mmd_squared`. Memory grows as (n + m)² and as
    permutations · (n + m).
    Raises what `mmd_squared` raises; ValueError for permutations < 1, TypeError for other than an integer.

    Example:
        >>> x, y = torch.arange(6.0).view(6, 1), torch.arange(10.0, 16.0).view(6, 1)
        >>> mmd_permutation_test(x, y, 999, torch.Generator().manual_seed(0)).p_value < 0.01
        True
    """
    check_samples(x, y, least=2)
    _check_permutations(permutations)
    check_generator(generator)
    x, y = x.detach().double(), y.detach().double()
    pooled, n = torch.cat([x, y]), len(x)
    kernel = gaussian_kernel(pooled, pooled, _around_the_median(x, y) if bandwidths is None else bandwidths)
    observed = torch.arange(len(pooled), device=generator.device).unsqueeze(0)
    drawn = torch.rand(permutations, len(pooled), generator=generator, device=generator.device).argsort(dim=1)
    statistics = _split_statistics(kernel, torch.cat([observed, drawn]) < n)  # (1 + permutations,)
    extreme = (statistics[1:] >= statistics[0] - 1e-12).sum().item()
    return PermutationTest(statistics[0].item(), (1 + extreme) / (1 + permutations))


# ---- the arithmetic -----------------------------------------------------------------------------------------------


def _squared_distances(x: Tensor, y: Tensor) -> Tensor:
    """‖xᵢ − yⱼ‖² = ‖xᵢ‖² − 2⟨xᵢ, yⱼ⟩ + ‖yⱼ‖², shapes (n, d) and (m, d) → (n, m), never below zero.

    Both samples are moved to a common centre first, or the three terms of points far from the origin would cancel.
    """
    with torch.autocast(x.device.type, enabled=False):  # which would multiply in half precision
        centre = y.detach().mean(0)
        x, y = x - centre, y - centre
        squares = x.square().sum(1, keepdim=True) - 2 * x @ y.T + y.square().sum(1)
    return squares.clamp_min(0)


def _gaussian(squared_distances: Tensor, widths: Tensor) -> Tensor:
    """The mean over bandwidths, for squared distances of any shape; widths: shape (B,)."""
    return torch.stack([torch.exp(squared_distances / (-2 * width.square())) for width in widths]).mean(0)


def _linear_time(x: Tensor, y: Tensor, widths: Tensor) -> Tensor:
    even = len(x) - len(x) % 2
    (x1, x2), (y1, y2) = ((sample[0:even:2], sample[1:even:2]) for sample in (x, y))
    pairs = ((x1, x2), (y1, y2), (x1, y2), (x2, y1))
    xx, yy, xy, yx = (_gaussian((a - b).square().sum(1), widths).mean() for a, b in pairs)
    return xx + yy - xy - yx


def _mean_off_diagonal(kernel: Tensor) -> Tensor:
    """The mean of k(xᵢ, xⱼ) over i ≠ j; shape (n, n)."""
    count = len(kernel)
    return (kernel.sum() - kernel.diagonal().sum()) / (count * (count - 1))


def _split_statistics(kernel: Tensor, in_x: Tensor) -> Tensor:
    """The unbiased MMD² of each way to split the pooled sample; in_x: shape (S, n + m), boolean. Returns shape (S,)."""
    kernel = kernel - kernel.diagonal().diag()
    x = in_x.to(kernel)
    y = 1 - x
    to_x, to_y = x @ kernel, y @ kernel  # (S, n + m): the sum over each sample of the kernel with every point
    n, m = x.sum(1), y.sum(1)
    within = (to_x * x).sum(1) / (n * (n - 1)) + (to_y * y).sum(1) / (m * (m - 1))
    return within - 2 * (to_x * y).sum(1) / (n * m)


def _around_the_median(x: Tensor, y: Tensor) -> Tensor:
    """The bandwidths that are used where none are given: shape (5,)."""
    return median_bandwidth(x, y) * torch.tensor([0.25, 0.5, 1.0, 2.0, 4.0]).to(x)


# ---- what may come in ---------------------------------------------------------------------------------------------


def check_samples(x: Tensor, y: Tensor, least: int = 1, names: tuple[str, str] = ("x", "y")) -> None:
    """Raise TypeError or ValueError unless `x` and `y` are two samples with at least `least` rows that can be compared.

    Shapes (n, d) and (m, d), d ≥ 1, one floating dtype of 32 or 64 bits, one device. names: what to call them.
    """
    for name, sample in zip(names, (x, y), strict=True):
        if not isinstance(sample, Tensor) or sample.dtype not in (torch.float32, torch.float64):
            found = sample.dtype if isinstance(sample, Tensor) else type(sample).__name__
            raise TypeError(f"{name}: expected a float32 or float64 tensor, got {found}")
        if sample.ndim != 2 or len(sample) < least or sample.shape[1] < 1:
            expected = f"the shape (rows, features) with at least {least} rows and 1 feature"
            raise ValueError(f"{name}: expected {expected}, got {tuple(sample.shape)}")
    if x.dtype != y.dtype:
        raise TypeError(f"{names[1]}: expected {x.dtype}, as {names[0]} is, got {y.dtype}")
    if x.device != y.device:
        raise ValueError(f"{names[1]}: expected the device {x.device}, as {names[0]} has, got {y.device}")
    if x.shape[1] != y.shape[1]:
        raise ValueError(f"{names[1]}: expected {x.shape[1]} features, as {names[0]} has, got {y.shape[1]}")


def check_generator(generator: torch.Generator) -> None:
    """Raise TypeError unless `generator` is a torch.Generator."""
    if not isinstance(generator, torch.Generator):
        raise TypeError(f"generator: expected a torch.Generator, got {type(generator).__name__}")


def _check_estimator(x: Tensor, y: Tensor, estimator: str) -> None:
    if estimator not in ("biased", "unbiased", "linear"):
        raise ValueError(f"estimator: expected 'biased', 'unbiased' or 'linear', got {estimator!r}")
    check_samples(x, y, least=1 if estimator == "biased" else 2)
    if estimator == "linear" and len(x) != len(y):
        raise ValueError(f"y: expected as many rows as x, {len(x)}, for the linear estimator, got {len(y)}")


def _check_permutations(permutations: int) -> None:
    if not isinstance(permutations, int):
        raise TypeError(f"permutations: expected an integer, got {type(permutations).__name__}")
    if permutations < 1:
        raise ValueError(f"permutations: expected at least 1, got {permutations}")


def _widths(bandwidths: Tensor | Sequence[float] | float, like: Tensor) -> Tensor:
    """The bandwidths as a tensor of shape (B,), B ≥ 1, of the dtype and on the device of `like`."""
    widths = torch.as_tensor(bandwidths, dtype=like.dtype, device=like.device).reshape(-1)
    if len(widths) < 1 or not ((widths > 0) & widths.isfinite()).all():
        raise ValueError(f"bandwidths: expected one or more positive, finite numbers, got {widths.tolist()}")
    return widths
