"""Exercise: three estimators of the squared maximum mean discrepancy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson06 as probes
from lib.mmd import gaussian_kernel, median_bandwidth, mmd_squared


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, n: int, m: int, d: int, **arguments: Any) -> Case:
        x = torch.randn(n, d, generator=generator, dtype=torch.float64)
        y = 1.5 * torch.randn(m, d, generator=generator, dtype=torch.float64) + 1
        return Case(words, {"x": x, "y": y} | arguments)

    twice = torch.randn(6, 2, generator=generator, dtype=torch.float64)
    return [
        case("5 and 7 points, σ = 0.7 and 2, biased", 5, 7, 2, bandwidths=[0.7, 2.0], estimator="biased"),
        case("5 and 7 points, σ = 0.7 and 2, unbiased", 5, 7, 2, bandwidths=[0.7, 2.0], estimator="unbiased"),
        Case("the same 6 points twice, unbiased", {"x": twice, "y": twice.clone(), "bandwidths": [1.0]}
             | {"estimator": "unbiased"}),
        case("9 and 9 points, σ = 1.5, linear", 9, 9, 3, bandwidths=[1.5], estimator="linear"),
        case("6 and 5 points, and nothing else given", 6, 5, 3),
        case("4 and 6 points, no bandwidths, unbiased", 4, 6, 2, estimator="unbiased"),
    ]  # fmt: skip


# ---- misconceptions: the estimators in parts, and one part done otherwise -------------------------------------------

Kernel = Callable[[Tensor, Tensor, Any], Tensor]
Within = Callable[[Tensor], Tensor]
FACTORS = (0.25, 0.5, 1.0, 2.0, 4.0)


def _all_pairs(kernel: Tensor) -> Tensor:
    return kernel.mean()


def _off_diagonal(kernel: Tensor) -> Tensor:
    return (kernel.sum() - kernel.diagonal().sum()) / (len(kernel) * (len(kernel) - 1))


def _diagonal_kept(kernel: Tensor) -> Tensor:
    return kernel.sum() / (len(kernel) * (len(kernel) - 1))


def _divided_by_squares(kernel: Tensor) -> Tensor:
    return (kernel.sum() - kernel.diagonal().sum()) / len(kernel) ** 2


def _across_off_diagonal(kernel: Tensor) -> Tensor:
    return (kernel.sum() - kernel.diagonal().sum()) / (kernel.numel() - min(kernel.shape))


def _neighbours(sample: Tensor) -> tuple[Tensor, Tensor]:
    even = len(sample) // 2 * 2
    return sample[0:even:2], sample[1:even:2]


def _halves(sample: Tensor) -> tuple[Tensor, Tensor]:
    half = len(sample) // 2
    return sample[:half], sample[half : 2 * half]


def _overlapping(sample: Tensor) -> tuple[Tensor, Tensor]:
    return sample[:-1], sample[1:]


def _around_the_median(x: Tensor, y: Tensor) -> Tensor:
    return median_bandwidth(x, y) * torch.tensor(FACTORS).to(x)


def _moving(x: Tensor, y: Tensor) -> Tensor:
    return torch.pdist(torch.cat([x, y])).median() * torch.tensor(FACTORS).to(x)


@dataclass(frozen=True)
class _With:
    """MMD² with one thing done otherwise."""

    unbiased: Within = _off_diagonal
    across: Within = _all_pairs
    cross: float = -2.0
    pairs: Callable[[Tensor], tuple[Tensor, Tensor]] = _neighbours
    second: float = -1.0
    default: Callable[[Tensor, Tensor], Tensor] = _around_the_median
    kernel: Kernel = gaussian_kernel
    end: Within = lambda value: value

    def __call__(self, x: Tensor, y: Tensor, bandwidths: Any = None, estimator: str = "biased") -> Tensor:
        """What it comes to."""
        widths = self.default(x, y) if bandwidths is None else bandwidths
        if estimator == "linear":
            return self.end(self._linear(x, y, widths))
        within = self.unbiased if estimator == "unbiased" else _all_pairs
        across = self.across if estimator == "unbiased" else _all_pairs
        xx, yy, xy = (self.kernel(a, b, widths) for a, b in ((x, x), (y, y), (x, y)))
        return self.end(within(xx) + within(yy) + self.cross * across(xy))

    def _linear(self, x: Tensor, y: Tensor, widths: Any) -> Tensor:
        (x1, x2), (y1, y2) = self.pairs(x), self.pairs(y)
        xx, yy, xy, yx = (
            self.kernel(a, b, widths).diagonal().mean() for a, b in ((x1, x2), (y1, y2), (x1, y2), (x2, y1))
        )
        return xx + yy - xy + self.second * yx


def _too_narrow(x: Tensor, y: Tensor, bandwidths: Any) -> Tensor:
    return gaussian_kernel(x, y, torch.as_tensor(bandwidths, dtype=x.dtype) / 2**0.5)


def _summed(x: Tensor, y: Tensor, bandwidths: Tensor | Sequence[float] | float) -> Tensor:
    return gaussian_kernel(x, y, bandwidths) * torch.as_tensor(bandwidths).numel()


EXERCISE = Exercise(
    lesson="06_domain_adaptation",
    reference=mmd_squared,
    probe=probes.distance,
    cases=_cases,
    properties=(
        Property("Biased: each expectation is a mean over all pairs.", 2, ("value",), cases=(0,)),
        Property(
            "Unbiased: within a sample, no row meets itself, and it may be negative.", 2, ("value",), cases=(1, 2)
        ),
        Property("Linear: neighbours in pairs, an odd last row left out.", 2, ("value",), cases=(3,)),
        Property("Where none are given, five bandwidths around the median are taken.", 1, ("value",), cases=(4, 5)),
        Property(
            "Both samples get the right gradient, and none comes through the bandwidths.",
            1,
            ("gradient in x", "gradient in y"),
            cases=(0, 1, 3, 4),
        ),
    ),
    misconceptions=(
        Misconception(
            "called-unbiased",
            _With(unbiased=_all_pairs),
            "Your unbiased estimate is the biased one. A row's kernel with itself is 1, whatever the distribution: "
            "these pairs have to go from within both samples.",
        ),
        Misconception(
            "diagonal-kept",
            _With(unbiased=_diagonal_kept),
            "You divide by n(n − 1), the number of pairs of different rows, but your sum still holds the pairs of a "
            "row with itself.",
        ),
        Misconception(
            "divided-by-squares",
            _With(unbiased=_divided_by_squares),
            "You take the pairs of a row with itself out of the sum, but divide as if they were still in it: of n rows "
            "there are n(n − 1) pairs left.",
        ),
        Misconception(
            "across-thinned-out",
            _With(across=_across_off_diagonal),
            "You leave out pairs of xᵢ and yᵢ as well. Only within a sample does a row meet itself; across, every pair "
            "counts.",
        ),
        Misconception(
            "clamped",
            _With(end=lambda value: value.clamp(min=0)),
            "You lift negative values to 0. Where the distributions are equal, an unbiased estimate has to be negative "
            "about half of the time, or it would be too large on average.",
        ),
        Misconception(
            "cross-once",
            _With(cross=-1.0),
            "The term across the samples counts once with you. ‖a − b‖² has it twice.",
        ),
        Misconception(
            "cross-added",
            _With(cross=2.0),
            "You add the term across the samples. Likeness between the samples makes the distance smaller.",
        ),
        Misconception(
            "root-taken",
            _With(end=lambda value: value.clamp(min=0).sqrt()),
            "You return the MMD itself; what is asked for is its square, which needs no root, and has a gradient at 0.",
        ),
        Misconception(
            "linear-by-halves",
            _With(pairs=_halves),
            "In your linear estimate the first half meets the second. The contract pairs neighbours: 1 with 2, 3 with "
            "4.",
        ),
        Misconception(
            "linear-overlapping",
            _With(pairs=_overlapping),
            "In your linear estimate each row but the ends stands in two pairs: 1 with 2, then 2 with 3. The pairs are "
            "to be disjoint: 1 with 2, 3 with 4.",
        ),
        Misconception(
            "linear-one-sided",
            _With(second=0.0),
            "Of the linear estimate's four terms one is missing: a pair crosses over in two ways, x_a with y_b and x_b "
            "with y_a.",
        ),
        Misconception(
            "median-alone",
            _With(default=median_bandwidth),
            "Where no bandwidths are given you take the median alone. The contract wants five: fractions and multiples "
            "of it.",
        ),
        Misconception(
            "median-of-one-sample",
            _With(default=lambda x, _: torch.pdist(x).detach().median() * torch.tensor(FACTORS).to(x)),
            "Your default bandwidths come from x alone. median_bandwidth(x, y) pools both.",
        ),
        Misconception(
            "bandwidths-move",
            _With(default=_moving),
            "A gradient flows through your default bandwidths: minimising this MMD would move them too. "
            "median_bandwidth gives a constant.",
        ),
        Misconception(
            "kernel-too-narrow",
            _With(kernel=_too_narrow),
            "Your estimators are right, for another kernel: it lacks the 2 below ‖x − y‖². Mend gaussian_kernel first.",
        ),
        Misconception(
            "kernel-summed",
            _With(kernel=_summed),
            "Your estimators are right, for a kernel that is the sum over bandwidths. Mend gaussian_kernel first: it "
            "is their mean.",
        ),
    ),
    difficulty=3,
    minutes=25,
    hints=(
        "Three kernel matrices, x with x, y with y and x with y, serve the first two estimators: only the mean within "
        "a sample differs. Write the biased one first, check, and go on.",
        "A mean without the diagonal: (kernel.sum() − kernel.diagonal().sum()) over n·(n − 1). For linear, x[0::2] and "
        "x[1::2] are the neighbours once an odd last row is cut off; gaussian_kernel(a, b, …).diagonal() has the pairs "
        "that stand side by side. Default bandwidths: median_bandwidth(x, y) times torch.tensor([0.25, …]).to(x).",
    ),
)
