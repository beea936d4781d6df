"""Exercise: how alike two sets of features are."""

from collections.abc import Callable

import torch
from torch import Tensor

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson01 as probes
from lib.representation import linear_cka


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64) * torch.linspace(0.5, 1.5, shape[1])

    def related(points: int, width: int, other: int, noise: float = 0.8) -> tuple[Tensor, Tensor]:
        x = draw(points, width)
        return x, x @ draw(width, other) / width**0.5 + noise * draw(points, other)

    turned, partner = related(20, 4, 4)
    rotation, _ = torch.linalg.qr(draw(4, 4))
    pairs = {
        "twenty points, four features and four": _centred(*related(20, 4, 4)),
        "twelve points, three features and five, with means far from 0": _moved(*related(12, 3, 5)),
        "six points, nine features and fourteen": _centred(*related(6, 9, 14)),
        "features that are turned, scaled by 50 and shifted": (turned, 50 * (partner @ rotation) + 20),
        "thirty points in single precision": tuple(each.float() for each in _moved(*related(30, 6, 2))),
    }
    return [Case(words, {"x": x, "y": y}) for words, (x, y) in pairs.items()]


def _centred(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    return x - x.mean(0), y - y.mean(0)


def _moved(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    return x + 3, y + torch.linspace(-2, 4, y.shape[1], dtype=y.dtype)


# ---- misconceptions -----------------------------------------------------------------------------------------------

Prepare = Callable[[Tensor], Tensor]
Formula = Callable[[Tensor, Tensor], Tensor]


def _columns(x: Tensor) -> Tensor:
    return x - x.mean(0)


def _formula(x: Tensor, y: Tensor) -> Tensor:
    return (y.T @ x).norm() ** 2 / ((x.T @ x).norm() * (y.T @ y).norm())


def _with(prepare: Prepare = _columns, formula: Formula = _formula) -> Callable[[Tensor, Tensor], float]:
    def cka(x: Tensor, y: Tensor) -> float:
        return float(formula(prepare(x.double()), prepare(y.double())))

    return cka


def _as_it_comes(x: Tensor) -> Tensor:
    return x


def _rows(x: Tensor) -> Tensor:
    return x - x.mean(1, keepdim=True)


def _all_together(x: Tensor) -> Tensor:
    return x - x.mean()


def _standardised(x: Tensor) -> Tensor:
    return (x - x.mean(0)) / x.std(0)


def _unit_rows(x: Tensor) -> Tensor:
    return torch.nn.functional.normalize(_columns(x))


def _not_squared(x: Tensor, y: Tensor) -> Tensor:
    return (y.T @ x).norm() / ((x.T @ x).norm() * (y.T @ y).norm())


def _root(x: Tensor, y: Tensor) -> Tensor:
    return _formula(x, y).sqrt()


def _norms_of_the_features(x: Tensor, y: Tensor) -> Tensor:
    return (y.T @ x).norm() ** 2 / (x.norm() ** 2 * y.norm() ** 2)


def _spectral(x: Tensor, y: Tensor) -> Tensor:
    def largest(matrix: Tensor) -> Tensor:
        return torch.linalg.matrix_norm(matrix, 2)

    return largest(y.T @ x) ** 2 / (largest(x.T @ x) * largest(y.T @ y))


def _one_norm_squared(x: Tensor, y: Tensor) -> Tensor:
    return (y.T @ x).norm() ** 2 / ((x.T @ x).norm() ** 2 * (y.T @ y).norm() ** 2)


def _sums(x: Tensor, y: Tensor) -> Tensor:
    def total(matrix: Tensor) -> Tensor:
        return matrix.abs().sum()

    return total(y.T @ x) ** 2 / (total(x.T @ x) * total(y.T @ y))


def _mean_correlation(x: Tensor, y: Tensor) -> Tensor:
    x, y = x / x.norm(dim=0), y / y.norm(dim=0)
    return (y.T @ x).square().mean()


def _distance(x: Tensor, y: Tensor) -> Tensor:
    return 1 - _formula(x, y)


EXERCISE = Exercise(
    lesson="01_what_is_transfer_learning",
    reference=linear_cka,
    probe=probes.linear_cka,
    cases=_cases,
    properties=(
        Property(
            "On features whose columns have mean 0 it is the formula's number.",
            2,
            ("CKA", "x and y are left alone"),
            cases=(0,),
            relative=1e-3,
        ),
        Property("Each column is centred first.", 1, ("CKA",), (1, 4), relative=1e-3),
        Property("More features than points, and differently many, are no obstacle.", 1, ("CKA",), (2,), relative=1e-3),
        Property("Turning, scaling and shifting one of them changes nothing.", 1, ("CKA",), (3,), relative=1e-3),
    ),
    misconceptions=(
        Misconception(
            "not-centred",
            _with(_as_it_comes),
            "Your columns are not centred: what two sets of features then share most is that their means are not 0.",
        ),
        Misconception(
            "rows-centred",
            _with(_rows),
            "You centre each row, that is, each image over its features. It is each *column* whose mean goes: one "
            "feature over all images.",
        ),
        Misconception(
            "one-mean",
            _with(_all_together),
            "You take off one mean for all features together. Each column has its own.",
        ),
        Misconception(
            "standardised",
            _with(_standardised),
            "You also divide each column by its deviation. CKA only centres: a feature that hardly varies is meant to "
            "count little.",
        ),
        Misconception(
            "rows-of-length-one",
            _with(_unit_rows),
            "You bring each image's features to length 1, as for a cosine. The formula leaves lengths as they are.",
        ),
        Misconception(
            "square-forgotten",
            _with(formula=_not_squared),
            "Your numerator is not squared: scale x by two, and the result halves. In the formula above the line "
            "stands ‖YᵀX‖².",
        ),
        Misconception(
            "root",
            _with(formula=_root),
            "You return the square root. It lies between 0 and 1 as well, but always higher.",
        ),
        Misconception(
            "norms-of-the-features",
            _with(formula=_norms_of_the_features),
            "Below the line you have the norms of X and Y. The formula has those of XᵀX and YᵀY, which are smaller; "
            "yours is below 1 even for x and x.",
        ),
        Misconception(
            "spectral-norm",
            _with(formula=_spectral),
            "Your norm sees the largest singular value alone. Frobenius: square every entry, add, take the root.",
        ),
        Misconception(
            "absolute-values",
            _with(formula=_sums),
            "Your norm adds absolute values. Frobenius: square every entry, add, take the root. (`norm(p=1)` and "
            "`.abs().sum()` turn with the axes; squares do not.)",
        ),
        Misconception(
            "mean-correlation",
            _with(formula=_mean_correlation),
            "You correlate each column of x with each of y and take the mean of the squares. Turn y's axes, and that "
            "changes; and for x and x it is not 1.",
        ),
        Misconception(
            "everything-squared",
            _with(formula=_one_norm_squared),
            "You square below the line too. Scale x by two, and your result changes; the formula's does not.",
        ),
        Misconception(
            "distance",
            _with(formula=_distance),
            "You return how *unlike* they are, 1 − CKA.",
        ),
    ),
    difficulty=2,
    minutes=10,
    hints=(
        "Write the formula down with shapes: YᵀX has as many rows as Y has features. Then check that your function "
        "gives 1 for x and x, and the same number for x and 7·x + 3.",
        "x − x.mean(0) centres the columns; `@` multiplies, `.T` transposes, and `.norm()` of a matrix is its "
        "Frobenius norm. Convert to float64 first.",
    ),
)
