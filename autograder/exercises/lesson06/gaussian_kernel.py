"""Exercise: Gaussian kernels between two samples, averaged over bandwidths."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson06 as probes
from lib.mmd import gaussian_kernel

Bandwidths = Tensor | Sequence[float] | float


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def drawn(rows: int, features: int, dtype: torch.dtype = torch.float32) -> Tensor:
        """In whole 64ths, which an offset of 4,096 leaves exact in single precision too."""
        return (64 * torch.randn(rows, features, generator=generator)).round().to(dtype) / 64

    x = drawn(4, 3)
    return [
        Case("4 and 5 points of 2 features, σ = 1.5", {"x": drawn(4, 2), "y": drawn(5, 2), "bandwidths": 1.5}),
        Case(
            "6 and 3 points of 4 features in double precision, σ = 0.5, 1 and 3",
            {"x": drawn(6, 4, torch.float64), "y": drawn(3, 4, torch.float64), "bandwidths": [0.5, 1.0, 3.0]},
        ),
        Case(
            "two samples that have 4 points in common, σ = 0.8 and 2 as a tensor",
            {"x": x, "y": torch.cat([x, drawn(2, 3)]), "bandwidths": torch.tensor([0.8, 2.0])},
        ),
        Case(
            "2 and 7 points of 3 features, moved by 4,096 in each, σ = 1",
            {"x": drawn(2, 3), "y": drawn(7, 3), "bandwidths": [1.0], "offset": 4096.0},
        ),
        Case(
            "30 and 7 points of 3 features, moved by 4,096 in each, σ = 1",
            {"x": drawn(30, 3), "y": drawn(7, 3), "bandwidths": [1.0], "offset": 4096.0},
        ),
    ]


# ---- misconceptions: another kernel for one bandwidth, or another way to make one of several ------------------------


def _squared(x: Tensor, y: Tensor) -> Tensor:
    return (x[:, None] - y[None]).square().sum(2)


def _expanded(x: Tensor, y: Tensor) -> Tensor:
    return x.square().sum(1, keepdim=True) - 2 * x @ y.T + y.square().sum(1)


def _through_a_root(x: Tensor, y: Tensor) -> Tensor:
    return _squared(x, y).sqrt().square()


def _averaged(x: Tensor, y: Tensor) -> Tensor:
    return (x[:, None] - y[None]).square().mean(2)


def _with(
    exponent: Callable[[Tensor, Tensor], Tensor] = lambda squares, width: squares / (2 * width**2),
    squares: Callable[[Tensor, Tensor], Tensor] = _squared,
    over: Callable[[Tensor], Tensor] = lambda kernels: kernels.mean(0),
) -> Callable[..., Tensor]:
    """exp(−exponent(‖x − y‖², σ)) for each bandwidth, and one kernel of all of them."""

    def kernel(x: Tensor, y: Tensor, bandwidths: Bandwidths) -> Tensor:
        widths = torch.as_tensor(bandwidths, dtype=x.dtype, device=x.device).reshape(-1)
        return over(torch.stack([torch.exp(-exponent(squares(x, y), width)) for width in widths]))

    return kernel


def _of_the_mean_width(x: Tensor, y: Tensor, bandwidths: Bandwidths) -> Tensor:
    width = torch.as_tensor(bandwidths, dtype=x.dtype, device=x.device).mean()
    return torch.exp(-_squared(x, y) / (2 * width**2))


def _of_the_mean_exponent(x: Tensor, y: Tensor, bandwidths: Bandwidths) -> Tensor:
    widths = torch.as_tensor(bandwidths, dtype=x.dtype, device=x.device).reshape(-1)
    return torch.exp(-_squared(x, y) * (1 / (2 * widths**2)).mean())


def _density(whole: bool) -> Callable[..., Tensor]:
    """Divided by √(2π)·σ, or by as many of these as there are features."""

    def kernel(x: Tensor, y: Tensor, bandwidths: Bandwidths) -> Tensor:
        widths = torch.as_tensor(bandwidths, dtype=x.dtype, device=x.device).reshape(-1)
        power = x.shape[1] if whole else 1
        return torch.stack([_with()(x, y, width) / (math.sqrt(2 * math.pi) * width) ** power for width in widths]).mean(
            0
        )

    return kernel


def _of_rows_in_pairs(x: Tensor, y: Tensor, bandwidths: Bandwidths) -> Tensor:
    """One number a row: the first with the first, the second with the second."""
    count = min(len(x), len(y))
    return _with()(x[:count], y[:count], bandwidths).diagonal()


EXERCISE = Exercise(
    lesson="06_domain_adaptation",
    reference=gaussian_kernel,
    probe=probes.gaussian_kernel,
    cases=_cases,
    properties=(
        Property("At one bandwidth it is exp(−‖x − y‖² / (2σ²)) for every pair of rows.", 2, ("kernel",), cases=(0,)),
        Property("At several bandwidths it is the mean of their kernels.", 1, ("kernel",), cases=(1, 2)),
        Property(
            "Its gradient is right, also where two points coincide; x and y are left alone.",
            1,
            ("gradient in x", "gradient in y", "x and y are left alone"),
            cases=(0, 2),
        ),
        Property(
            "Far from the origin it is what it is near it.",
            1,
            ("the kernel far from the origin is the kernel near it", "kernel"),
            cases=(3, 4),
        ),
    ),
    misconceptions=(
        Misconception(
            "half-forgotten",
            _with(lambda squares, width: squares / width**2),
            "Your kernel falls off too fast: it is that of a bandwidth √2 times smaller. Look at the denominator.",
        ),
        Misconception(
            "bandwidth-not-squared",
            _with(lambda squares, width: squares / (2 * width)),
            "You divide by 2σ, as if the bandwidths were variances. They are standard deviations, in the units of the "
            "data.",
        ),
        Misconception(
            "bandwidth-upside-down",
            _with(lambda squares, width: width * squares),
            "Your bandwidths multiply the distance, as scikit-learn's `gamma` does: the larger they are, the narrower "
            "your kernel. A wide kernel sees far.",
        ),
        Misconception(
            "precedence",
            _with(lambda squares, width: squares / 2 * width**2),
            "Your kernel is narrower, the larger the bandwidth is: in d²/2·σ² Python multiplies by σ². Put 2·σ² in "
            "parentheses.",
        ),
        Misconception(
            "mean-of-the-exponents",
            _of_the_mean_exponent,
            "You average the exponents and take one exponential: that is a product of kernels under a root. Take the "
            "exponential for each bandwidth, then the mean.",
        ),
        Misconception(
            "density",
            _density(whole=True),
            "You divide by what makes the normal density's integral 1. A kernel's scale is set otherwise: k(x, x) = 1.",
        ),
        Misconception(
            "density-of-one-feature",
            _density(whole=False),
            "You divide by √(2π)·σ, as a normal density does. A kernel's scale is set otherwise: k(x, x) = 1.",
        ),
        Misconception(
            "distance-not-squared",
            _with(lambda squares, width: squares.sqrt() / (2 * width**2)),
            "The distance stands in your exponent unsquared: that is the Laplace kernel, with a peak where the "
            "Gaussian is round.",
        ),
        Misconception(
            "sign-lost",
            _with(lambda squares, width: -squares / (2 * width**2)),
            "Your kernel grows with the distance. It should be 1 for equal points and fall from there.",
        ),
        Misconception(
            "summed-over-bandwidths",
            _with(over=lambda kernels: kernels.sum(0)),
            "You add the kernels of the bandwidths up. Of three, k(x, x) is then 3; the mean keeps it at 1.",
        ),
        Misconception(
            "first-bandwidth-only",
            _with(over=lambda kernels: kernels[0]),
            "Only the first bandwidth counts.",
        ),
        Misconception(
            "mean-bandwidth",
            _of_the_mean_width,
            "You average the bandwidths and take one kernel. The mean of several kernels is another function: narrow "
            "and wide at once.",
        ),
        Misconception(
            "averaged-over-features",
            _with(squares=_averaged),
            "Your squared distance is a mean over the features; ‖x − y‖² is the sum.",
        ),
        Misconception(
            "transposed",
            lambda x, y, bandwidths: _with()(y, x, bandwidths),
            "Your rows belong to y and your columns to x. The contract has it the other way round: shape (n, m).",
        ),
        Misconception(
            "row-by-row",
            _of_rows_in_pairs,
            "You compare the first with the first and the second with the second. The kernel is asked for every pair: "
            "n times m numbers.",
        ),
        Misconception(
            "root-at-zero",
            _with(squares=_through_a_root),
            "Where two points coincide, your gradient is not a number: the slope of a square root is infinite at 0. "
            "The exponent needs the squared distance alone; do not take a root on the way to it.",
        ),
        Misconception(
            "cancels",
            _with(squares=_expanded),
            "The formula ‖x‖² − 2⟨x, y⟩ + ‖y‖² takes large numbers from each other: far from the origin, float32 has "
            "no digits left for the difference. Subtract the points first, or move both samples to a common centre.",
        ),
        Misconception(
            "cdist-cancels",
            _with(squares=lambda x, y: torch.cdist(x, y).square()),
            "With more than 25 rows, torch.cdist expands ‖x − y‖² into ‖x‖² − 2⟨x, y⟩ + ‖y‖², and far from the origin "
            'no digits are left of the difference. Give it compute_mode="donot_use_mm_for_euclid_dist", or subtract '
            "the points yourself.",
        ),
    ),
    difficulty=2,
    minutes=15,
    hints=(
        "Begin with a tensor of shape (n, m) that holds all squared distances: x[:, None] and y[None] have shapes "
        "that broadcast against each other. Then one exponential for each bandwidth.",
        "(x[:, None] − y[None]).square().sum(2) has the shape (n, m). torch.as_tensor(bandwidths).reshape(-1) makes "
        "one number or many a list that a loop can walk; torch.stack(…).mean(0) averages over them.",
    ),
)
