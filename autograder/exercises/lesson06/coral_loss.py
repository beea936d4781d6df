"""Exercise: the CORAL loss, a distance between covariances."""

from collections.abc import Callable

import torch
from torch import Tensor

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson06 as probes
from lib.domain_distance import coral_loss


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def drawn(rows: int, features: int, scale: float = 1.0) -> Tensor:
        mixing = torch.randn(features, features, generator=generator, dtype=torch.float64)
        return scale * torch.randn(rows, features, generator=generator, dtype=torch.float64) @ mixing + 2

    x = torch.randint(-256, 256, (4, 3), generator=generator).double() / 64  # whole 64ths: exact, and so are its means
    return [
        Case("4 and 7 points of 3 features", {"x": drawn(4, 3), "y": drawn(7, 3, 1.5)}),
        Case("6 and 6 points of 2 features", {"x": drawn(6, 2), "y": drawn(6, 2, 0.5)}),
        Case(
            "3 and 5 points of 1 feature, in single precision",
            {"x": drawn(3, 1).float(), "y": drawn(5, 1, 2.0).float()},
        ),
        Case("4 points, and the same moved by 3", {"x": x, "y": x + 3}),
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------


def _spread(x: Tensor, divisor: int) -> Tensor:
    centred = x - x.mean(0)
    return centred.T @ centred / divisor


def _right(x: Tensor) -> Tensor:
    return _spread(x, len(x) - 1)


def _quarter(difference: Tensor) -> Tensor:
    return difference.square().sum() / (4 * len(difference) ** 2)


def _with(
    covariance: Callable[[Tensor], Tensor] = _right, end: Callable[[Tensor], Tensor] = _quarter
) -> Callable[[Tensor, Tensor], Tensor]:
    return lambda x, y: end(covariance(x) - covariance(y))


def _centred_together(x: Tensor, y: Tensor) -> Tensor:
    centre = torch.cat([x, y]).mean(0)
    a, b = x - centre, y - centre
    return _quarter(a.T @ a / (len(x) - 1) - b.T @ b / (len(y) - 1))


def _over_rows(x: Tensor, y: Tensor) -> Tensor:
    """Covariances of the points instead of the features; where there are unequally many, they cannot be subtracted."""
    difference = _spread(x.T, x.shape[1] - 1) - _spread(y.T, y.shape[1] - 1)
    return difference.square().sum() / (4 * x.shape[1] ** 2)


def _correlations(x: Tensor) -> Tensor:
    covariance = _right(x)
    deviations = covariance.diagonal().sqrt()
    return covariance / (deviations[:, None] * deviations)


def _in_place(x: Tensor, y: Tensor) -> Tensor:
    for sample in (x, y):
        sample.data -= sample.data.mean(0)
    return _quarter(x.T @ x / (len(x) - 1) - y.T @ y / (len(y) - 1))


EXERCISE = Exercise(
    lesson="06_domain_adaptation",
    reference=coral_loss,
    probe=probes.distance,
    cases=_cases,
    properties=(
        Property("It is the formula's distance between the covariance matrices.", 2, ("value",), cases=(0, 1, 2)),
        Property("A shift alone costs nothing.", 1, ("value", "gradient in x", "gradient in y"), cases=(3,)),
        Property(
            "Both samples get the right gradient, and are left alone.",
            1,
            ("gradient in x", "gradient in y", "x and y are left alone"),
            cases=(0, 1, 2),
        ),
    ),
    misconceptions=(
        Misconception(
            "divided-by-n",
            _with(lambda x: _spread(x, len(x))),
            "You divide by n. The formula divides by n − 1, for the mean is estimated from the same rows.",
        ),
        Misconception(
            "not-divided",
            _with(lambda x: _spread(x, 1)),
            "You compare sums, which grow with the number of rows; a covariance is such a sum over n − 1.",
        ),
        Misconception(
            "not-centred",
            _with(lambda x: x.T @ x / (len(x) - 1)),
            "Your second moments are about the origin. Take each sample's own mean away first, or a shift counts as a "
            "difference of covariance.",
        ),
        Misconception(
            "centred-together",
            _centred_together,
            "You centre both samples on their common mean: a shift between them then looks like spread. Each has its "
            "own.",
        ),
        Misconception(
            "not-squared",
            _with(end=lambda difference: difference.square().sum().sqrt() / (4 * len(difference) ** 2)),
            "You take the Frobenius norm; the formula has its square.",
        ),
        Misconception(
            "scale-forgotten",
            _with(end=lambda difference: difference.square().sum()),
            "1/(4·d²) is missing. Without it the loss grows with the number of features, and no weight fits two "
            "networks.",
        ),
        Misconception(
            "mean-taken",
            _with(end=lambda difference: difference.square().mean()),
            "A mean over the d² entries is close: the formula has a 4 below as well.",
        ),
        Misconception(
            "divided-by-d",
            _with(end=lambda difference: difference.square().sum() / (4 * len(difference))),
            "You divide by 4·d. The formula has 4·d², for a d-by-d matrix has d² entries.",
        ),
        Misconception(
            "variances-only",
            _with(lambda x: _right(x).diagonal().diag()),
            "You compare the variances. Covariances between different features count as well, and they are most of the "
            "matrix.",
        ),
        Misconception(
            "means-too",
            lambda x, y: _with()(x, y) + (x.mean(0) - y.mean(0)).square().sum(),
            "You add the distance between the means. CORAL looks at covariances alone.",
        ),
        Misconception(
            "over-rows",
            _over_rows,
            "Your matrix has a row for each point, so samples of unequally many cannot be compared. It should have one "
            "for each feature, (d, d): torch.cov wants the features in rows.",
        ),
        Misconception(
            "over-rows-throughout",
            _with(lambda x: _spread(x.T, x.shape[1] - 1)),
            "Your matrix has a row for each point, and d is counted along it. It should have one for each feature, "
            "(d, d): torch.cov wants the features in rows.",
        ),
        Misconception(
            "absolute",
            _with(end=lambda difference: difference.abs().sum() / (4 * len(difference) ** 2)),
            "You sum absolute values; ‖·‖²_F is the sum of squares.",
        ),
        Misconception(
            "matrix-squared",
            _with(end=lambda difference: (difference @ difference).sum() / (4 * len(difference) ** 2)),
            "D @ D is a product of matrices, whose entries mix rows and columns. ‖D‖²_F squares entry by entry: "
            "D.square().sum().",
        ),
        Misconception(
            "correlations",
            _with(_correlations),
            "You compare correlations: each feature's scale is divided out. "
            "CORAL compares covariances with their scales.",
        ),
        Misconception(
            "centred-in-place",
            _in_place,
            "You centre the caller's own tensors: after your loss, the features are others. Write x = x - x.mean(0), "
            "which makes a new tensor, not x -= x.mean(0).",
        ),
    ),
    difficulty=1,
    minutes=10,
    hints=(
        "Two covariance matrices of shape (d, d), one for each sample, about its own mean. Then their difference, "
        "squared entry by entry and summed.",
        "torch.cov takes features in rows: torch.cov(x.T). It gives a tensor of no dimension where d = 1, which the "
        "sum does not mind; d itself is x.shape[1].",
    ),
)
