"""Scores without target labels, against SciPy, NumPy's covariance, known density ratios and shuffled labels."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import entropy, norm
from sklearn.metrics import mutual_info_score

from lib.model_selection import (
    cluster_agreement,
    deep_embedded_validation,
    importance_weights,
    information_maximisation,
    target_entropy,
)
from tests.lib.global_states import global_states

laws = settings(max_examples=25, deadline=None, derandomize=True)
seeds = st.integers(0, 10_000)


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def probabilities(logits: torch.Tensor) -> np.ndarray:
    powers = np.exp(logits.numpy())
    return powers / powers.sum(1, keepdims=True)


def one_hot(labels: list[int] | torch.Tensor, classes: int, certainty: float = 50.0) -> torch.Tensor:
    return certainty * torch.nn.functional.one_hot(torch.as_tensor(labels), classes).double()


# ---- by the predictions -------------------------------------------------------------------------------------------


@laws
@given(seeds, st.integers(1, 8), st.integers(1, 5), st.floats(0.1, 10))
def test_target_entropy_is_scipys_mean_entropy(seed, n, classes, scale):
    logits = scale * drawn(n, classes, seed=seed)
    assert target_entropy(logits) == pytest.approx(entropy(probabilities(logits), axis=1).mean(), abs=1e-12)
    assert -1e-12 <= target_entropy(logits) <= math.log(classes) + 1e-12


@laws
@given(seeds, st.integers(1, 8), st.integers(1, 5), st.floats(0.1, 10))
def test_information_maximisation_is_the_mean_divergence_from_the_mean_prediction(seed, n, classes, scale):
    """I = 1/N Σ KL(pᵢ ‖ p̄): the same quantity by another formula."""
    logits = scale * drawn(n, classes, seed=seed)
    p = probabilities(logits)
    divergence = entropy(p, np.broadcast_to(p.mean(0), p.shape), axis=1).mean()
    assert information_maximisation(logits) == pytest.approx(divergence, abs=1e-12)
    assert 0 <= information_maximisation(logits) <= math.log(classes) + 1e-12


@pytest.mark.parametrize("score", [target_entropy, information_maximisation])
def test_scores_of_predictions_do_not_depend_on_order_repetition_or_offset(score):
    logits = drawn(7, 4)
    shuffled = logits[[3, 1, 0, 6, 5, 4, 2]][:, [2, 0, 3, 1]]
    for same in (shuffled, torch.cat([logits, logits]), logits + 700, logits.requires_grad_()):
        assert score(same) == pytest.approx(score(drawn(7, 4)))


def test_a_network_that_collapsed_has_the_best_entropy_and_the_worst_information():
    collapsed, sensible = one_hot([2] * 12, 3), one_hot([0, 1, 2] * 4, 3, certainty=3.0)
    assert target_entropy(collapsed) < target_entropy(sensible)
    assert information_maximisation(collapsed) == pytest.approx(0, abs=1e-12)
    assert information_maximisation(sensible) > 0.5
    assert information_maximisation(one_hot([0, 1, 2] * 4, 3)) == pytest.approx(math.log(3))


# ---- by the clusters ----------------------------------------------------------------------------------------------


def three_clusters(n: int = 60) -> tuple[torch.Tensor, torch.Tensor]:
    labels = torch.arange(n) % 3
    centres = torch.tensor([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]], dtype=torch.float64)
    return centres[labels] + 0.5 * drawn(n, 2), labels


def adjusted(first: np.ndarray, second: np.ndarray, shuffles: int = 800) -> float:
    """Adjusted mutual information, with the expectation under chance by shuffling (Vinh et al., 2010, arithmetic)."""
    rng = np.random.default_rng(0)
    expected = np.mean([mutual_info_score(first, rng.permutation(second)) for _ in range(shuffles)])
    sizes = (entropy(np.unique(labels, return_counts=True)[1]) for labels in (first, second))
    return (mutual_info_score(first, second) - expected) / (sum(sizes) / 2 - expected)


def test_cluster_agreement_is_one_where_predictions_follow_the_clusters_whatever_they_are_called():
    features, labels = three_clusters()
    assert cluster_agreement(features, one_hot((labels + 1) % 3, 3)) == pytest.approx(1)


def test_cluster_agreement_is_adjusted_for_chance():
    features, labels = three_clusters()
    wrong = torch.where(torch.arange(60) % 4 == 0, (labels + 1) % 3, labels)
    expected = adjusted(wrong.numpy(), labels.numpy())  # the clusters are the labels
    assert cluster_agreement(features, one_hot(wrong, 3)) == pytest.approx(expected, abs=0.01)
    random = torch.randint(3, (60,), generator=torch.Generator().manual_seed(0))
    assert abs(cluster_agreement(features, one_hot(random, 3))) < 0.1


def test_cluster_agreement_gives_nothing_to_a_network_that_collapsed():
    features, _ = three_clusters()
    assert cluster_agreement(features, one_hot([1] * 60, 3)) == 0
    assert cluster_agreement(torch.ones(60, 2), one_hot([1] * 60, 3)) == 0


def test_cluster_agreement_has_no_more_clusters_than_different_rows():
    rows = torch.tensor([[0.0], [5.0]] * 4)
    assert cluster_agreement(rows, one_hot([3, 0] * 4, 7)) == 1
    assert cluster_agreement(torch.ones(4, 2), one_hot([0, 1, 0, 1], 3)) == pytest.approx(0, abs=1e-12)


def test_cluster_agreement_repeats_and_leaves_the_global_random_state_alone():
    features, logits = drawn(40, 3), drawn(40, 5, seed=1)
    before = global_states()
    assert cluster_agreement(features, logits, seed=3) == cluster_agreement(features, logits, seed=3)
    assert global_states() == before


# ---- by the labelled source ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "m"), [(3000, 3000), (4000, 1500)])
def test_importance_weights_are_the_ratio_of_the_densities(n, m):
    """For N(0, 1) and N(1, 1) the log ratio x − ½ is linear, so a linear classifier can find it."""
    source, target, at = drawn(n, 1), drawn(m, 1, seed=1) + 1, torch.linspace(-1, 2, 13).double().view(-1, 1)
    expected = norm.pdf(at.numpy(), 1)[:, 0] / norm.pdf(at.numpy())[:, 0]
    found = importance_weights(source, target, at)
    assert found.numpy() == pytest.approx(expected, rel=0.15)
    assert importance_weights(source, target, drawn(3000, 1, seed=2)).mean().item() == pytest.approx(1, abs=0.1)


def test_importance_weights_carry_no_history_and_touch_nothing():
    source, target, at = drawn(5, 2).requires_grad_(), drawn(6, 2, seed=1), drawn(4, 2, seed=2).requires_grad_()
    weights = importance_weights(source, target, at)
    assert weights.shape == (4,)
    assert weights.dtype == torch.float64
    assert not weights.requires_grad
    assert source.grad is None and at.grad is None


@laws
@given(seeds, st.integers(2, 9))
def test_deep_embedded_validation_is_the_formula_in_numpy(seed, n):
    losses, weights = drawn(n, seed=seed).abs(), drawn(n, seed=seed + 1).exp()
    l, w = losses.numpy(), weights.numpy()
    covariance = np.cov(l * w, w)
    eta = -covariance[0, 1] / covariance[1, 1]
    assert deep_embedded_validation(losses, weights) == pytest.approx((l * w).mean() + eta * w.mean() - eta)


@laws
@given(seeds, st.floats(0, 10))
def test_deep_embedded_validation_of_a_constant_loss_is_that_loss(seed, loss):
    """The control variate takes all noise of the weights away where the loss does not depend on the image."""
    weights = drawn(8, seed=seed).exp()
    assert deep_embedded_validation(torch.full((8,), loss), weights) == pytest.approx(loss, abs=1e-6)


def test_deep_embedded_validation_of_equal_weights_is_the_weighted_mean():
    losses = drawn(7).abs()
    for weight in (1.0, 0.1, 1 / 3):
        weights = torch.full((7,), weight, dtype=torch.float64)
        assert deep_embedded_validation(losses, weights) == pytest.approx(weight * losses.mean().item())


def test_deep_embedded_validation_estimates_the_risk_on_the_target():
    """Source N(0, 1), target N(1, 1), loss x²: its mean is 1 on the source and 2 on the target."""
    x = drawn(20_000, 1)
    weights = importance_weights(drawn(20_000, 1, seed=1), drawn(20_000, 1, seed=2) + 1, x)
    assert deep_embedded_validation(x[:, 0].square(), weights) == pytest.approx(2, abs=0.15)


# ---- errors -------------------------------------------------------------------------------------------------------

P = torch.zeros(3, 2)
V = torch.ones(3)


@pytest.mark.parametrize(
    ("logits", "error", "message"),
    [
        (V, ValueError, r"logits: expected the shape \(N, C\) with N, C ≥ 1, got \(3,\)"),
        (P[:0], ValueError, r"logits: .*got \(0, 2\)"),
        (P[:, :0], ValueError, r"logits: .*got \(3, 0\)"),
        (P.long(), TypeError, r"logits: expected a floating-point tensor, got torch\.int64"),
        (P * math.nan, ValueError, "logits: expected finite numbers, got 6 others"),
        (P - math.inf, ValueError, "logits: expected finite numbers"),
    ],
    ids=["vector", "no images", "no classes", "integers", "nan", "infinite"],
)
@pytest.mark.parametrize(
    "score", [target_entropy, information_maximisation, lambda logits: cluster_agreement(P, logits)],
    ids=["entropy", "information", "clusters"],
)  # fmt: skip
def test_scores_name_what_is_wrong_with_the_logits(score, logits, error, message):
    with pytest.raises(error, match=message):
        score(logits)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: cluster_agreement(P[:2], P), ValueError, "features: expected 3 rows, one for each of logits, got 2"),
        (lambda: cluster_agreement(P * math.nan, P), ValueError, "features: expected finite numbers, got 6 others"),
        (lambda: cluster_agreement(V, P), ValueError, r"features: expected the shape .*got \(3,\)"),
        (lambda: cluster_agreement(P.half(), P), TypeError, r"features: .*got torch\.float16"),
        (lambda: importance_weights(P, V, P), ValueError, r"target: expected the shape .*got \(3,\)"),
        (lambda: importance_weights(P[:0], P, P), ValueError, r"source: .*got \(0, 2\)"),
        (lambda: importance_weights(P, P, P[:, :1]), ValueError, "at: expected 2 features, as source has, got 1"),
        (lambda: importance_weights(P, P, P.double()), TypeError, r"at: expected torch\.float32, as source is"),
        (lambda: deep_embedded_validation(P, P), ValueError, r"losses: expected the shape \(N,\).*got \(3, 2\)"),
        (lambda: deep_embedded_validation(V, V[:2]), ValueError, r"weights: expected the shape .*got \(2,\)"),
        (lambda: deep_embedded_validation(V[:1], V[:1]), ValueError, r"losses: .*N ≥ 2, got \(1,\)"),
        (lambda: deep_embedded_validation(V.long(), V), TypeError, r"losses: .*got torch\.int64"),
        (lambda: deep_embedded_validation(V, V / 0), ValueError, "weights: expected finite numbers, got 3 others"),
        (lambda: deep_embedded_validation(V, -V), ValueError, r"weights: expected numbers of at least 0, got -1\.0"),
    ],
    ids=range(14),
)
def test_errors_name_the_argument_what_was_expected_and_what_came(call, error, message):
    with pytest.raises(error, match=message):
        call()
