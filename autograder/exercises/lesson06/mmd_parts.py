"""The estimators of MMD² in parts, each of which may be done otherwise."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lib.mmd import gaussian_kernel, median_bandwidth

Kernel = Callable[[Tensor, Tensor, Any], Tensor]
Within = Callable[[Tensor], Tensor]
FACTORS = (0.25, 0.5, 1.0, 2.0, 4.0)


def all_pairs(kernel: Tensor) -> Tensor:
    """The mean over all pairs, a row with itself among them."""
    return kernel.mean()


def _off_diagonal(kernel: Tensor) -> Tensor:
    return (kernel.sum() - kernel.diagonal().sum()) / (len(kernel) * (len(kernel) - 1))


def diagonal_kept(kernel: Tensor) -> Tensor:
    """The sum over all pairs, divided as if there were none of a row with itself."""
    return kernel.sum() / (len(kernel) * (len(kernel) - 1))


def divided_by_squares(kernel: Tensor) -> Tensor:
    """The sum over different rows, divided as if there were all pairs."""
    return (kernel.sum() - kernel.diagonal().sum()) / len(kernel) ** 2


def divided_by_smaller_squares(kernel: Tensor) -> Tensor:
    """The sum over different rows, over (n − 1)²."""
    return (kernel.sum() - kernel.diagonal().sum()) / (len(kernel) - 1) ** 2


def triangle(kernel: Tensor) -> Tensor:
    """The sum over each pair once, divided as if it stood there twice."""
    return kernel.triu(1).sum() / (len(kernel) * (len(kernel) - 1))


def summed_over_pairs(kernel: Tensor) -> Tensor:
    """The sum over all pairs."""
    return kernel.sum()


def across_off_diagonal(kernel: Tensor) -> Tensor:
    """The mean over pairs of different numbers."""
    return (kernel.sum() - kernel.diagonal().sum()) / (kernel.numel() - min(kernel.shape))


def _neighbours(sample: Tensor) -> tuple[Tensor, Tensor]:
    even = len(sample) // 2 * 2
    return sample[0:even:2], sample[1:even:2]


def halves(sample: Tensor) -> tuple[Tensor, Tensor]:
    """The first half, and the second."""
    half = len(sample) // 2
    return sample[:half], sample[half : 2 * half]


def overlapping(sample: Tensor) -> tuple[Tensor, Tensor]:
    """Each row, and the next."""
    return sample[:-1], sample[1:]


def _around_the_median(x: Tensor, y: Tensor) -> Tensor:
    return median_bandwidth(x, y) * torch.tensor(FACTORS).to(x)


def by_factors(*factors: float) -> Callable[[Tensor, Tensor], Tensor]:
    """Default bandwidths that are other multiples of the median."""
    return lambda x, y: median_bandwidth(x, y) * torch.tensor(factors).to(x)


def moving(x: Tensor, y: Tensor) -> Tensor:
    """Default bandwidths through which a gradient flows."""
    return torch.pdist(torch.cat([x, y])).median() * torch.tensor(FACTORS).to(x)


@dataclass(frozen=True)
class With:
    """MMD² with one thing done otherwise."""

    unbiased: Within = _off_diagonal
    across: Within = all_pairs
    biased: Within = all_pairs
    count_of_x: str = "within x"
    cross: float = -2.0
    pairs: Callable[[Tensor], tuple[Tensor, Tensor]] = _neighbours
    second: float = -1.0
    side_by_side: bool = False
    of_pairs: Within = torch.mean
    default: Callable[[Tensor, Tensor], Tensor] = _around_the_median
    kernel: Kernel = gaussian_kernel
    end: Within = lambda value: value

    def __call__(self, x: Tensor, y: Tensor, bandwidths: Any = None, estimator: str = "biased") -> Tensor:
        """What it comes to."""
        widths = self.default(x, y) if bandwidths is None else bandwidths
        if estimator == "linear":
            return self.end(self._linear(x, y, widths))
        unbiased = estimator == "unbiased"
        within, across = (self.unbiased, self.across) if unbiased else (self.biased, self.biased)
        xx, yy, xy = (self.kernel(a, b, widths) for a, b in ((x, x), (y, y), (x, y)))
        n, m, least = len(x), len(y), int(unbiased)
        scale = m * (m - least) / (n * (n - least)) if self.count_of_x != "within x" else 1.0
        cross = self.cross * (m / n if self.count_of_x == "throughout" else 1.0)
        return self.end(within(xx) + scale * within(yy) + cross * across(xy))

    def _linear(self, x: Tensor, y: Tensor, widths: Any) -> Tensor:
        (x1, x2), (y1, y2) = self.pairs(x), self.pairs(y)
        crossing = ((x1, y1), (x2, y2)) if self.side_by_side else ((x1, y2), (x2, y1))
        xx, yy, xy, yx = (
            self.of_pairs(self.kernel(a, b, widths).diagonal()) for a, b in ((x1, x2), (y1, y2), *crossing)
        )
        return xx + yy - xy + self.second * yx


def too_narrow(x: Tensor, y: Tensor, bandwidths: Any) -> Tensor:
    """The kernel without the 2 below ‖x − y‖²."""
    return gaussian_kernel(x, y, torch.as_tensor(bandwidths, dtype=x.dtype) / 2**0.5)


def summed(x: Tensor, y: Tensor, bandwidths: Tensor | Sequence[float] | float) -> Tensor:
    """The sum over bandwidths."""
    return gaussian_kernel(x, y, bandwidths) * torch.as_tensor(bandwidths).numel()
