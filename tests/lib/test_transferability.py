"""Transferability scores, against SciPy's search for the largest evidence, NumPy's loops and scikit-learn."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.covariance import ledoit_wolf_shrinkage as their_shrinkage

from lib.transferability import h_score, ledoit_wolf_shrinkage, leep, log_me, nce

quick = settings(max_examples=20, deadline=None, derandomize=True)
seeds = st.integers(0, 10_000)


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def a_task(seed: int, points: int = 12, width: int = 4, classes: int = 3, pull: float = 1.0):
    """Features that lean towards their class, and labels with gaps between their numbers."""
    labels = rng(seed).integers(0, classes, points)
    centres = rng(seed + 1).normal(size=(classes, width))
    features = rng(seed + 2).normal(size=(points, width)) + pull * centres[labels] + 0.3
    return torch.from_numpy(features), torch.from_numpy(labels * 3 + 2)


def probabilities(seed: int, points: int = 12, sources: int = 5):
    return torch.from_numpy(rng(seed).dirichlet(np.full(sources, 0.4), points))


def entropy(labels: torch.Tensor) -> float:
    shares = np.unique(labels.numpy(), return_counts=True)[1] / len(labels)
    return float(-(shares * np.log(shares)).sum())


POINTS = 9
PLAIN, NAMES = a_task(5, POINTS)
DEGENERATE = {
    "constant": (torch.full_like(PLAIN, 0.1), NAMES),
    "zero": (torch.zeros_like(PLAIN), NAMES),
    "equal columns": (PLAIN[:, :1].expand(-1, 4).contiguous(), NAMES),
    "one class": (PLAIN, torch.full_like(NAMES, 4)),
    "a class each": (PLAIN, torch.arange(POINTS)),
    "classes of one member": (PLAIN, torch.tensor([0] * (POINTS - 2) + [3, 8])),
    "one point": (PLAIN[:1], NAMES[:1]),
    "wide": (torch.from_numpy(rng(3).normal(size=(POINTS, 40))), NAMES),
    "exact": (torch.nn.functional.one_hot(NAMES).double(), NAMES),
    "far off": (PLAIN + 1e8, NAMES),
    "large": (PLAIN * 1e30, NAMES),
}


# ---- LogME --------------------------------------------------------------------------------------------------------


def log_density(features: np.ndarray, target: np.ndarray, alpha: float, beta: float) -> float:
    """log N(target; 0, I/β + F Fᵀ/α), with the covariance written out."""
    covariance = np.eye(len(target)) / beta + features @ features.T / alpha
    _, log_determinant = np.linalg.slogdet(covariance)
    quadratic = target @ np.linalg.solve(covariance, target)
    return -0.5 * (len(target) * math.log(2 * math.pi) + log_determinant + quadratic)


def largest_evidence(features: torch.Tensor, labels: torch.Tensor) -> float:
    """LogME by a search over (log α, log β) from several starts, β ≤ 10⁶.

    log α stays above −10: below it F Fᵀ/α swallows I/β in float64, and the determinant is rounding alone.
    """
    matrix, total = features.numpy(), []
    for name in np.unique(labels.numpy()):
        target = (labels.numpy() == name).astype(float)

        def loss(logs, target=target):
            return -log_density(matrix, target, *np.exp(logs)) / len(target)

        starts = [(a, b) for a in (-8.0, -1.0, 6.0) for b in (1.0, 5.0, 13.0)]
        bounds = [(-10, 25), (-5, math.log(1e6))]
        total.append(max(-minimize(loss, s, method="L-BFGS-B", bounds=bounds).fun for s in starts))
    return float(np.mean(total))


def paper_iteration(features: torch.Tensor, labels: torch.Tensor, rounds: int = 300) -> float:
    """LogME as the paper iterates it: α = γ/‖m‖², β = (N − γ)/‖y − F m‖² from α = β = 1, with dense matrices."""
    matrix, total = features.numpy(), []
    for name in np.unique(labels.numpy()):
        target, alpha, beta = (labels.numpy() == name).astype(float), 1.0, 1.0
        for _ in range(rounds):
            inverse = np.linalg.inv(alpha * np.eye(matrix.shape[1]) + beta * matrix.T @ matrix)
            weights = beta * inverse @ matrix.T @ target
            effective = matrix.shape[1] - alpha * np.trace(inverse)
            alpha = effective / (weights @ weights)
            beta = (len(target) - effective) / ((target - matrix @ weights) ** 2).sum()
        total.append(log_density(matrix, target, alpha, beta) / len(target))
    return float(np.mean(total))


@pytest.mark.parametrize(
    ("seed", "points", "width", "classes"),
    [(0, 12, 3, 3), (1, 8, 8, 2), (2, 6, 15, 3), (3, 15, 1, 4), (4, 10, 4, 1), (5, 20, 12, 2)],
)
def test_log_me_is_the_largest_evidence(seed, points, width, classes):
    features, labels = a_task(seed, points, width, classes)
    assert log_me(features, labels) == pytest.approx(largest_evidence(features, labels), abs=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_log_me_is_what_the_paper_iterates_to(seed):
    features, labels = a_task(seed, 40, 5)
    assert log_me(features, labels) == pytest.approx(paper_iteration(features, labels), abs=1e-6)


def test_log_me_finds_the_higher_of_two_maxima():
    labels = torch.tensor([0, 0, 1, 0, 1, 1, 1, 0, 1, 0, 0, 1])
    features = torch.from_numpy(rng(193).normal(size=(12, 9)) * 10.0 ** (-0.5 * np.arange(9)))
    assert log_me(features, labels) == pytest.approx(largest_evidence(features, labels), abs=1e-5)
    assert log_me(features, labels) > paper_iteration(features, labels) + 0.05


def test_log_me_of_useless_features_is_that_of_noise_alone():
    labels = torch.tensor([0, 0, 1, 1])
    features = torch.tensor([[1.0], [-1.0], [1.0], [-1.0]])
    assert log_me(features, labels) == pytest.approx(-0.5 * math.log(2 * math.pi * math.e / 2), abs=1e-9)


def test_log_me_of_an_exact_fit_is_finite_and_holds_the_noise_at_a_thousandth():
    features, labels = DEGENERATE["exact"]
    assert log_me(features, labels) == pytest.approx(largest_evidence(features, labels), abs=1e-5)


@quick
@given(seed=seeds, scale=st.floats(1e-6, 1e6), points=st.integers(2, 15), width=st.integers(1, 15))
def test_log_me_is_invariant_to_rotation_scaling_order_and_names(seed, scale, points, width):
    features, labels = a_task(seed, points, width)
    rotation, _ = np.linalg.qr(rng(seed).normal(size=(width, width)))
    order = torch.from_numpy(rng(seed).permutation(points))
    moved = (features @ torch.from_numpy(rotation) * scale)[order]
    renamed = 100 - labels[order]
    assert log_me(moved, renamed) == pytest.approx(log_me(features, labels), abs=1e-6)


@quick
@given(seed=seeds)
def test_log_me_is_at_least_the_evidence_at_any_alpha_and_beta(seed):
    features, labels = a_task(seed)
    alphas, betas = 10 ** rng(seed).uniform(-4, 4, 20), 10 ** rng(seed).uniform(-2, 4, 20)
    targets = [(labels == name).double().numpy() for name in labels.unique()]
    score = log_me(features, labels)
    for alpha, beta in zip(alphas, betas, strict=True):
        at = np.mean([log_density(features.numpy(), target, alpha, beta) for target in targets]) / len(labels)
        assert score >= at - 1e-9


def test_log_me_orders_features_by_how_much_they_tell():
    scores = [log_me(*a_task(7, 60, 6, 3, pull)) for pull in (0.0, 0.5, 1.0, 2.0)]
    assert scores == sorted(scores)


# ---- LEEP and NCE -------------------------------------------------------------------------------------------------


def leep_by_loops(theta: np.ndarray, labels: np.ndarray) -> float:
    points, sources = theta.shape
    joint = {}
    for i in range(points):
        for z in range(sources):
            joint[labels[i], z] = joint.get((labels[i], z), 0.0) + theta[i, z] / points
    total = 0.0
    for i in range(points):
        inner = 0.0
        for z in range(sources):
            mass = sum(joint[y, z] for y in set(labels))
            if mass > 0:
                inner += joint[labels[i], z] / mass * theta[i, z]
        total += math.log(inner)
    return total / points


def nce_by_loops(source: np.ndarray, labels: np.ndarray) -> float:
    total = 0.0
    for z in set(source):
        for y in set(labels):
            both = np.mean((source == z) & (labels == y))
            if both > 0:
                total += both * math.log(both / np.mean(source == z))
    return total


@pytest.mark.parametrize("seed", range(4))
def test_leep_equals_its_definition_in_loops(seed):
    theta, (_, labels) = probabilities(seed), a_task(seed)
    assert leep(theta, labels) == pytest.approx(leep_by_loops(theta.numpy(), labels.numpy()), abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_nce_equals_its_definition_in_loops(seed):
    source, (_, labels) = probabilities(seed).argmax(1), a_task(seed)
    assert nce(source, labels) == pytest.approx(nce_by_loops(source.numpy(), labels.numpy()), abs=1e-12)


def test_leep_is_finite_where_source_classes_get_no_mass_and_classes_have_no_member():
    theta = torch.tensor([[0.7, 0.0, 0.3, 0.0], [0.2, 0.0, 0.8, 0.0], [1.0, 0.0, 0.0, 0.0]], dtype=torch.float64)
    labels = torch.tensor([0, 6, 0])
    assert leep(theta, labels) == pytest.approx(leep_by_loops(theta.numpy(), labels.numpy()), abs=1e-12)


def test_leep_is_finite_where_probabilities_are_as_small_as_floats_get():
    theta = torch.tensor([[1.0, 5e-324], [1.0, 0.0]], dtype=torch.float64)
    assert leep(theta, torch.tensor([0, 1])) == pytest.approx(-math.log(2), abs=1e-12)


@quick
@given(seed=seeds)
def test_leep_lies_between_minus_the_entropy_of_the_labels_and_zero(seed):
    theta, (_, labels) = probabilities(seed, 20), a_task(seed, 20)
    assert -entropy(labels) - 1e-9 <= leep(theta, labels) <= 1e-9


def test_leep_reaches_both_bounds():
    labels = torch.tensor([0, 0, 1, 2])
    told = torch.eye(3)[labels]
    untold = torch.tensor([[0.2, 0.3, 0.5]]).expand(4, 3)
    assert leep(told, labels) == pytest.approx(0, abs=1e-12)
    assert leep(untold, labels) == pytest.approx(-entropy(labels), abs=1e-7)


@quick
@given(seed=seeds)
def test_leep_of_certain_predictions_is_nce(seed):
    (_, labels), source = a_task(seed, 20), probabilities(seed, 20).argmax(1)
    assert leep(torch.eye(5)[source], labels) == pytest.approx(nce(source, labels), abs=1e-12)


@quick
@given(seed=seeds)
def test_leep_and_nce_do_not_depend_on_order_or_names(seed):
    theta, (_, labels) = probabilities(seed), a_task(seed)
    rows, columns = (torch.from_numpy(rng(seed).permutation(n)) for n in theta.shape)
    source = theta.argmax(1)
    assert leep(theta[rows][:, columns], 50 - labels[rows]) == pytest.approx(leep(theta, labels), abs=1e-12)
    assert nce(9 - source[rows], 50 - labels[rows]) == pytest.approx(nce(source, labels), abs=1e-12)


@quick
@given(seed=seeds)
def test_nce_lies_between_minus_the_entropy_of_the_labels_and_zero(seed):
    (_, labels), source = a_task(seed, 20), probabilities(seed, 20).argmax(1)
    assert -entropy(labels) - 1e-12 <= nce(source, labels) <= 0
    assert nce(labels, labels) == 0
    assert nce(torch.zeros_like(labels), labels) == pytest.approx(-entropy(labels), abs=1e-12)


# ---- H-score ------------------------------------------------------------------------------------------------------


def h_score_by_covariances(features: torch.Tensor, labels: torch.Tensor, shrinkage: float = 0.0) -> float:
    matrix, names = features.double().numpy(), labels.numpy()
    means = np.stack([matrix[names == name].mean(0) for name in names])
    covariance = np.cov(matrix, rowvar=False, bias=True).reshape(matrix.shape[1], -1)
    between = np.cov(means, rowvar=False, bias=True).reshape(matrix.shape[1], -1)
    width = len(covariance)
    shrunk = (1 - shrinkage) * covariance + shrinkage * np.trace(covariance) / width * np.eye(width)
    return float((1 - shrinkage) * np.trace(np.linalg.pinv(shrunk, rcond=1e-12, hermitian=True) @ between))


@pytest.mark.parametrize("shrinkage", [0.0, 0.2, 1.0])
@pytest.mark.parametrize(("points", "width"), [(30, 4), (6, 9), (10, 1)])
def test_h_score_equals_its_definition_by_covariances(points, width, shrinkage):
    features, labels = a_task(points, points, width)
    expected = h_score_by_covariances(features, labels, shrinkage)
    assert h_score(features, labels, shrinkage) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("kind", ["equal columns", "classes of one member", "wide"])
def test_h_score_uses_the_pseudo_inverse(kind):
    features, labels = DEGENERATE[kind]
    assert h_score(features, labels) == pytest.approx(h_score_by_covariances(features, labels), abs=1e-9)


def test_h_score_takes_what_float32_rounds_off_for_rounding():
    features, labels = a_task(2, 40, 3)
    single = features.float()
    repeated = torch.cat([single, (single.sum(1, keepdim=True))], 1)  # of rank 3, but for rounding
    assert h_score(repeated, labels) == pytest.approx(h_score(features, labels), abs=1e-4)


@quick
@given(seed=seeds, shift=st.floats(-100, 100))
def test_h_score_is_invariant_to_affine_maps_order_and_names(seed, shift):
    features, labels = a_task(seed, 30)
    mixing = rng(seed).normal(size=(4, 4)) + 4 * np.eye(4)
    order = torch.from_numpy(rng(seed).permutation(30))
    moved = (features @ torch.from_numpy(mixing) + shift)[order]
    assert h_score(moved, 100 - labels[order]) == pytest.approx(h_score(features, labels), abs=1e-6)


@quick
@given(seed=seeds, points=st.integers(1, 20), width=st.integers(1, 12), shrinkage=st.floats(0, 1))
def test_h_score_lies_between_zero_and_classes_less_one(seed, points, width, shrinkage):
    features, labels = a_task(seed, points, width)
    limit = min(len(labels.unique()) - 1, width)
    assert -1e-9 <= h_score(features, labels, shrinkage) <= limit + 1e-9


@quick
@given(seed=seeds, points=st.integers(2, 25), width=st.integers(1, 25))
def test_ledoit_wolf_shrinkage_agrees_with_scikit_learn(seed, points, width):
    features = rng(seed).normal(size=(points, width)) * np.linspace(0.2, 2, width) + 5
    expected = their_shrinkage(features)
    assert ledoit_wolf_shrinkage(torch.from_numpy(features)) == pytest.approx(expected, abs=1e-9)


def test_ledoit_wolf_shrinkage_of_constant_features_is_zero():
    assert ledoit_wolf_shrinkage(torch.full((5, 3), 0.1)) == 0


# ---- all of them --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", DEGENERATE)
def test_scores_are_finite_on_degenerate_input(kind):
    features, labels = DEGENERATE[kind]
    theta = features.softmax(1)
    shrunk = h_score(features, labels, ledoit_wolf_shrinkage(features))
    scores = [log_me(features, labels), h_score(features, labels), shrunk, leep(theta, labels)]
    assert all(math.isfinite(score) for score in [*scores, nce(theta.argmax(1), labels)])


@pytest.mark.parametrize("kind", ["constant", "zero", "one class", "one point"])
def test_h_score_is_zero_where_nothing_differs(kind):
    features, labels = DEGENERATE[kind]
    assert h_score(features, labels) == pytest.approx(0, abs=1e-12)


def test_scores_of_float32_are_those_of_float64_and_leave_their_arguments_alone():
    features, labels = a_task(4, 30)
    single = features.float().requires_grad_()
    theta = features.softmax(1).float().requires_grad_()
    kept = single.detach().clone(), theta.detach().clone(), labels.clone()
    assert log_me(single, labels) == pytest.approx(log_me(features, labels), abs=1e-5)
    assert h_score(single, labels) == pytest.approx(h_score(features, labels), abs=1e-5)
    assert leep(theta, labels) == pytest.approx(leep(features.softmax(1), labels), abs=1e-6)
    assert all(torch.equal(now, before) for now, before in zip((single, theta, labels), kept, strict=True))


FEATURES, LABELS = torch.ones(3, 2), torch.tensor([0, 1, 1])
THETA = torch.full((3, 2), 0.5)
WRONG = [
    (log_me, (FEATURES.int(), LABELS), TypeError, "features: expected a float32 or float64 tensor, got torch.int32"),
    (log_me, ([[1.0]], LABELS), TypeError, "features: expected a float32 or float64 tensor, got list"),
    (log_me, (FEATURES.half(), LABELS), TypeError, "features: expected a float32 or float64 tensor, got torch.float16"),
    (log_me, (torch.ones(3), LABELS), ValueError, r"features: expected the shape \(N, D\).* got \(3,\)"),
    (log_me, (torch.ones(0, 2), LABELS[:0]), ValueError, r"features: expected the shape \(N, D\).* got \(0, 2\)"),
    (log_me, (torch.ones(3, 0), LABELS), ValueError, r"features: expected the shape \(N, D\).* got \(3, 0\)"),
    (log_me, (FEATURES / 0, LABELS), ValueError, "features: expected finite numbers, got 6 that are not"),
    (log_me, (FEATURES, LABELS.int()), TypeError, "labels: expected an int64 tensor, got torch.int32"),
    (log_me, (FEATURES, [0, 1, 1]), TypeError, "labels: expected an int64 tensor, got list"),
    (log_me, (FEATURES, LABELS[:2]), ValueError, r"labels: expected the shape \(3,\), got \(2,\)"),
    (log_me, (FEATURES, LABELS[:, None]), ValueError, r"labels: expected the shape \(3,\), got \(3, 1\)"),
    (log_me, (FEATURES, LABELS - 1), ValueError, "labels: expected class numbers from 0 on, got -1 to 0"),
    (log_me, (FEATURES, LABELS.to("meta")), ValueError, "labels: expected them on cpu, got meta"),
    (h_score, (FEATURES, LABELS, -0.1), ValueError, r"shrinkage: expected a number in \[0, 1\], got -0.1"),
    (h_score, (FEATURES, LABELS, math.nan), ValueError, r"shrinkage: expected a number in \[0, 1\], got nan"),
    (h_score, (torch.ones(3), LABELS), ValueError, "features: expected the shape"),
    (h_score, (FEATURES, LABELS.float()), TypeError, "labels: expected an int64"),
    (ledoit_wolf_shrinkage, (torch.ones(3),), ValueError, "features: expected the shape"),
    (leep, (torch.randn(3, 4) * 9, LABELS), ValueError, "source_probabilities: expected rows of probabilities"),
    (leep, (THETA + torch.tensor([1.0, -1.0]), LABELS), ValueError, "a least entry of -0.5 and sums from 1 to 1"),
    (leep, (THETA * 0.9, LABELS), ValueError, "sums from 0.9 to 0.9"),
    (leep, (THETA.long(), LABELS), TypeError, "source_probabilities: expected a float32"),
    (leep, (THETA, LABELS[:1]), ValueError, r"labels: expected the shape \(3,\), got \(1,\)"),
    (nce, (LABELS.float(), LABELS), TypeError, "source_labels: expected an int64"),
    (nce, (LABELS[:0], LABELS[:0]), ValueError, r"source_labels: expected the shape \(N,\), N at least 1, got \(0,\)"),
    (nce, (LABELS, LABELS[:2]), ValueError, r"labels: expected the shape \(3,\), got \(2,\)"),
    (nce, (LABELS - 1, LABELS), ValueError, "source_labels: expected class numbers from 0 on"),
]


@pytest.mark.parametrize(("function", "arguments", "error", "message"), WRONG)
def test_scores_refuse_what_they_cannot_use(function, arguments, error, message):
    with pytest.raises(error, match=message):
        function(*arguments)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_scores_are_the_same_on_a_gpu():
    features, labels = a_task(4, 30)
    theta = features.softmax(1)
    for function, first in [(log_me, features), (h_score, features), (leep, theta), (nce, theta.argmax(1))]:
        assert function(first.cuda(), labels.cuda()) == pytest.approx(function(first, labels), abs=1e-9)
