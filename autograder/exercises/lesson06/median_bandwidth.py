"""Exercise: the median heuristic, over the pooled sample."""

from collections.abc import Callable

import torch
from torch import Tensor

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson06 as probes
from lib.mmd import median_bandwidth


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, n: int, m: int, d: int, shift: float, dtype: torch.dtype = torch.float32) -> Case:
        x, y = torch.randn(n, d, generator=generator), 1.5 * torch.randn(m, d, generator=generator) + shift
        return Case(words, {"x": x.to(dtype), "y": y.to(dtype)})

    scale = 0.5 + torch.rand(1, generator=generator)
    x = scale * torch.tensor([[0.0], [1.0], [-2.0], [10.0]])  # of 15 distances, 2 are 0; the middle one stands alone
    return [
        case("3 points and 4 others of 2 features, shifted by 2: 21 distances", 3, 4, 2, shift=2.0),
        case("5 points and 3 others of 3 features, in double precision: 28 distances", 5, 3, 3, 1.0, torch.float64),
        case("5 points, and 2 far away: 21 distances", 5, 2, 2, shift=30.0),
        Case("4 points and 2 others that lie on two of the 4: 15 distances", {"x": x, "y": x[:2].clone()}),
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------


def _median_of(distances: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    return lambda x, y: distances(x, y).detach().flatten().median()


def _pooled(x: Tensor, y: Tensor) -> Tensor:
    return torch.pdist(torch.cat([x, y]))


def _with_itself(x: Tensor, y: Tensor) -> Tensor:
    z = torch.cat([x, y])
    return (z[:, None] - z[None]).square().sum(2).sqrt()


def _triangle(x: Tensor, y: Tensor) -> Tensor:
    return _with_itself(x, y).triu(1)


def _above_zero(x: Tensor, y: Tensor) -> Tensor:
    distances = _pooled(x, y)
    return distances[distances > 0]


def _upper_middle(x: Tensor, y: Tensor) -> Tensor:
    distances = _pooled(x, y).detach().sort().values
    return distances[len(distances) // 2]


def _detached_in_place(x: Tensor, y: Tensor) -> Tensor:
    return _pooled(x.detach_(), y.detach_()).median()


def _within_each(x: Tensor, y: Tensor) -> Tensor:
    return torch.cat([torch.pdist(x), torch.pdist(y)])


EXERCISE = Exercise(
    lesson="06_domain_adaptation",
    reference=median_bandwidth,
    probe=probes.median_bandwidth,
    cases=_cases,
    properties=(
        Property("It is the median distance over the pairs of the pooled sample.", 1, ("bandwidth",), cases=(0, 2, 3)),
        Property("Of an even number of distances it is the lower middle one.", 1, ("bandwidth",), cases=(1,)),
        Property(
            "It is a constant, a tensor of no dimension through which no gradient flows; x and y are left alone.",
            1,
            ("what it is", "x and y are left alone"),
        ),
    ),
    misconceptions=(
        Misconception(
            "first-sample-only",
            _median_of(lambda x, _: torch.pdist(x)),
            "Your median knows x alone. When y lies far away, the kernel of such a bandwidth is 0 for every pair of x "
            "and y, and cannot tell near from far: pool the two samples first.",
        ),
        Misconception(
            "second-sample-only",
            _median_of(lambda _, y: torch.pdist(y)),
            "Your median knows y alone. Pool the two samples first.",
        ),
        Misconception(
            "across-only",
            _median_of(torch.cdist),
            "You take distances from x to y alone. Pairs within a sample count alike.",
        ),
        Misconception(
            "within-only",
            _median_of(_within_each),
            "You take distances within x and within y; pairs of one point of each are missing.",
        ),
        Misconception(
            "itself-counted",
            _median_of(_with_itself),
            "The distance of a point to itself is among yours, once for each point. These zeros pull the median down.",
        ),
        Misconception(
            "zeros-of-the-triangle",
            _median_of(_triangle),
            "torch.triu keeps the matrix's shape and fills its other half with zeros, and these are counted. Take the "
            "entries above the diagonal alone: torch.triu_indices has their places, and torch.pdist gives nothing "
            "else.",
        ),
        Misconception(
            "zeros-left-out",
            _median_of(_above_zero),
            "You leave out every distance of 0. Two different points may lie in one place: their distance counts. What "
            "does not count is a point's distance to itself, and it is known by its place, not by its value.",
        ),
        Misconception(
            "mean",
            lambda x, y: _pooled(x, y).detach().mean(),
            "That is the mean distance. A few points far away move it; the median hardly minds.",
        ),
        Misconception(
            "squared",
            _median_of(lambda x, y: _pooled(x, y).square()),
            "That is the median of squared distances, in squared units. A bandwidth has the units of the data.",
        ),
        Misconception(
            "halfway-between",
            lambda x, y: torch.quantile(_pooled(x, y).detach(), 0.5),
            "Of an even number of distances you take the mean of the middle two, as NumPy does. The contract takes the "
            "lower one, as torch.median does.",
        ),
        Misconception(
            "upper-middle",
            _upper_middle,
            "Of an even number of distances you take the upper one of the middle two. The contract takes the lower "
            "one, as torch.median does.",
        ),
        Misconception(
            "detached-in-place",
            _detached_in_place,
            "You cut the history off x and y themselves, and the caller's features learn nothing any more. .detach(), "
            "without an underscore, gives you a tensor of your own.",
        ),
        Misconception(
            "no-tensor",
            lambda x, y: _pooled(x, y).median().item(),
            "You return a plain number. The contract wants a tensor of no dimension, of the samples' dtype and on "
            "their device.",
        ),
        Misconception(
            "gradient-flows",
            lambda x, y: _pooled(x, y).median(),
            "A gradient flows through your bandwidth. A network could then lower an MMD by moving the bandwidth "
            "instead of its features.",
        ),
        Misconception(
            "over-root-two",
            _median_of(lambda x, y: _pooled(x, y) / 2**0.5),
            "Yours is the median over √2: another convention, for kernels without the 2 in the denominator.",
        ),
    ),
    difficulty=1,
    minutes=8,
    hints=(
        "torch.cat puts the two samples into one. torch.pdist gives each of its pairs once, and no point with itself.",
        "Three steps: pool, distances of all pairs, median. Before the first, .detach() cuts the history off.",
    ),
)
