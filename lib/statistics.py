"""Resampling: how far a number measured on a sample can be trusted, and whether one method beats another.

A bootstrap interval says how far the number would have moved with another sample; a permutation test, how often chance
alone would set two equally good methods so far apart. Neither asks for a formula or a normal distribution. Runs with
the same seed, and scores on the same images, are pairs: comparing pair by pair takes out what both have in common.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

Numbers = Sequence[float] | np.ndarray | Tensor


def row_means(rows: Tensor) -> Tensor:
    """The mean of each row: shape (rows, n) → (rows,).

    Example:
        >>> row_means(torch.tensor([[1.0, 3.0], [4.0, 4.0]]))
        tensor([2., 4.])
    """
    return rows.mean(-1)


def bootstrap_interval(
    values: Numbers,
    statistic: Callable[[Tensor], Tensor] = row_means,
    *,
    confidence: float = 0.95,
    resamples: int = 10_000,
    generator: torch.Generator,
) -> tuple[float, float]:
    """The percentile bootstrap interval of a statistic, lower end first (Efron & Tibshirani, 1993, §13.3).

    A resample draws n of the n values with replacement. The interval runs from the (1 − confidence)/2 quantile of the
    statistic over all resamples to the (1 + confidence)/2 quantile, interpolated linearly between neighbours.

    values: n ≥ 2 finite numbers: a sequence, an array or a tensor of one dimension, on any device, left as it is.
    statistic: takes resamples, float64, shape (rows, n), on the CPU, and returns a number for each, shape (rows,): by
    default the mean; the median is `lambda rows: rows.quantile(0.5, -1)`. confidence: in (0, 1). resamples: at least 1;
    a few thousand make the ends steady. generator: a CPU generator; the resamples are drawn from it, and nothing else
    is random.

    It needs no formula and no normality, but values enough to stand for all that could have come: of five normal ones,
    an interval of confidence 0.95 holds the true mean about 84 times in 100. For a mean over few seeds
    `lib.results.mean_and_interval` is the better choice. SciPy's default, BCa, corrects for skewness as well.

    Raises TypeError for values that are not numbers, ValueError for fewer than two, for another shape, for values or a
    statistic that are not finite, and for anything else outside its range.

    Example:
        >>> bootstrap_interval([1.0, 3.0], generator=torch.Generator().manual_seed(0))
        (1.0, 3.0)
    """
    sample = _numbers("values", values)
    _check_drawing(resamples, generator)
    if not 0 < confidence < 1:
        raise ValueError(f"confidence: expected a number between 0 and 1, got {confidence!r}")
    n = len(sample)
    draws = (sample[torch.randint(n, (rows, n), generator=generator)] for rows in _portions(resamples, n))
    found = torch.cat([_one_each(statistic(draw), draw) for draw in draws])
    tail = (1 - confidence) / 2
    low, high = np.quantile(found.numpy(), [tail, 1 - tail])
    return float(low), float(high)


def paired_permutation_test(a: Numbers, b: Numbers, *, resamples: int = 10_000, generator: torch.Generator) -> float:
    """How often chance alone would set the means of paired values as far apart: the two-sided p-value, in (0, 1].

    If both methods are equally good, each difference dᵢ = aᵢ − bᵢ could as well have had the other sign (Fisher, 1935,
    chapter III). Of the patterns of n signs s, those count that lead at least as far from 0 as the data:

        |Σ sᵢ dᵢ| ≥ |Σ dᵢ|

    where sums that differ by rounding alone are equal. If there are no more than `resamples` patterns, 2ⁿ, each is
    tried once, nothing is drawn, and p = #/2ⁿ is exact. Otherwise P = `resamples` patterns are drawn, and

        p = (1 + #) / (1 + P)

    for the data are one more pattern, and a p of 0 would be false (Phipson & Smyth, 2010).

    a, b: equally many finite numbers, n ≥ 1, aᵢ and bᵢ from the same seed or image: sequences, arrays or tensors of one
    dimension, on any device, left as they are. resamples: at least 1. generator: a CPU generator.

    Exact p-values come in steps of 2/2ⁿ: from five pairs no difference, however large, gets p below 1/16. Raises
    TypeError for values that are not numbers; ValueError for different lengths, no values, values that are not finite.

    Example:
        >>> paired_permutation_test([5, 6, 7, 8, 9], [1, 2, 3, 4, 5], generator=torch.Generator())
        0.0625
    """
    differences = _differences(a, b)
    _check_drawing(resamples, generator)
    n = len(differences)
    least = abs(float(differences.sum())) - 1e-12 * float(differences.abs().sum())
    if 2**n <= resamples:
        signs = 1 - 2 * (torch.arange(2**n).unsqueeze(1) >> torch.arange(n) & 1)  # (2ⁿ, n): every pattern
        return float((signs.double() @ differences).abs().ge(least).double().mean())
    draws = (1 - 2 * torch.randint(2, (rows, n), generator=generator) for rows in _portions(resamples, n))
    extreme = sum(int((signs.double() @ differences).abs().ge(least).sum()) for signs in draws)
    return (1 + extreme) / (1 + resamples)


def _numbers(name: str, values: Numbers, least: int = 2) -> Tensor:
    """A copy of `values` as float64 on the CPU."""
    try:
        array = np.array(values.tolist() if isinstance(values, Tensor) else values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name}: expected real numbers in one dimension, got {values!r}") from error
    if array.ndim != 1 or len(array) < least or not np.isfinite(array).all():
        got = array.tolist() if array.size < 10 else f"the shape {array.shape}"
        raise ValueError(f"{name}: expected at least {least} finite numbers in one dimension, got {got}")
    return torch.from_numpy(array)


def _portions(resamples: int, n: int) -> list[int]:
    """How many resamples are in work at a time: together `resamples`, and about a million numbers at most."""
    rows = max(1, 2**20 // n)
    return [min(rows, resamples - start) for start in range(0, resamples, rows)]


def _one_each(found: Tensor, draw: Tensor) -> Tensor:
    if not isinstance(found, Tensor) or found.shape != draw.shape[:1] or not found.isfinite().all():
        got = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
        raise ValueError(f"statistic: expected a finite number for each of {len(draw)} resamples, got {got}: {found}")
    return found.double()


def _differences(a: Numbers, b: Numbers) -> Tensor:
    first, second = _numbers("a", a, least=1), _numbers("b", b, least=1)
    if len(first) != len(second):
        raise ValueError(f"b: expected one number for each of a's {len(first)}, got {len(second)}")
    return first - second


def _check_drawing(resamples: int, generator: torch.Generator) -> None:
    if not isinstance(resamples, int) or resamples < 1:
        raise ValueError(f"resamples: expected an integer of at least 1, got {resamples!r}")
    if not isinstance(generator, torch.Generator) or generator.device.type != "cpu":
        raise TypeError(f"generator: expected a torch.Generator on the CPU, got {generator!r}")
