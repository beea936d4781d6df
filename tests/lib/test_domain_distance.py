"""CORAL and the proxy A-distance, against NumPy's covariance and classifiers whose error is known."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from torch.autograd import gradcheck

from lib.domain_distance import coral_loss, proxy_a_distance

laws = settings(max_examples=25, deadline=None, derandomize=True)
seeds = st.integers(0, 10_000)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def samples(n: int, m: int, d: int, seed: int = 0, shift: float = 0.0) -> tuple[torch.Tensor, torch.Tensor]:
    x, y = torch.randn(n + m, d, generator=generator(seed), dtype=torch.float64).split([n, m])
    return x * torch.arange(1.0, d + 1), y + shift


# ---- CORAL --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "m", "d"), [(5, 9, 3), (2, 2, 4), (6, 3, 1)])
def test_coral_loss_is_numpys_covariances(n, m, d):
    x, y = samples(n, m, d)
    difference = np.atleast_2d(np.cov(x.numpy(), rowvar=False) - np.cov(y.numpy(), rowvar=False))
    assert coral_loss(x, y).item() == pytest.approx((difference**2).sum() / (4 * d * d), rel=1e-12)
    assert coral_loss(x, y).shape == ()


@laws
@given(seeds, st.integers(2, 8), st.integers(2, 8), st.floats(-50, 50))
def test_coral_loss_is_symmetric_positive_and_blind_to_a_shift(seed, n, m, shift):
    x, y = samples(n, m, 3, seed)
    loss = coral_loss(x, y)
    assert loss > 0
    torch.testing.assert_close(coral_loss(y, x), loss)
    torch.testing.assert_close(coral_loss(x + shift, y - shift), loss)
    assert coral_loss(x, x + shift) < 1e-18


@laws
@given(seeds)
def test_coral_loss_is_invariant_under_rotation(seed):
    x, y = samples(6, 5, 4, seed)
    turn, _ = torch.linalg.qr(torch.randn(4, 4, generator=generator(seed + 1), dtype=torch.float64))
    torch.testing.assert_close(coral_loss(x @ turn, y @ turn), coral_loss(x, y))


def test_coral_loss_passes_gradcheck():
    x, y = samples(4, 5, 3)
    assert gradcheck(coral_loss, (x.requires_grad_(), y.requires_grad_()))


def test_coral_loss_under_autocast_keeps_float32():
    x, y = samples(40, 40, 16)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = coral_loss(x.float(), y.float())
    torch.testing.assert_close(inside, coral_loss(x, y).float())


# ---- the proxy A-distance -----------------------------------------------------------------------------------------


def test_proxy_a_distance_is_two_where_a_plane_parts_the_domains_and_about_zero_where_nothing_does():
    x, _ = samples(200, 1, 2)
    assert proxy_a_distance(x, x + 50, generator()) == 2
    assert proxy_a_distance(x, x.clone(), generator()) == pytest.approx(0, abs=0.4)
    assert proxy_a_distance(torch.ones(9, 2), torch.ones(7, 2), generator()) == 0


def test_proxy_a_distance_is_that_of_the_best_error_for_two_gaussians():
    """Means 2 apart, variance 1: no classifier errs less than Φ(−1) = 0.1587, and the linear one reaches it."""
    x = torch.randn(4000, 1, generator=generator(1))
    y = torch.randn(4000, 1, generator=generator(2)) + 2
    assert proxy_a_distance(x, y, generator()) == pytest.approx(2 * (1 - 2 * 0.1587), abs=0.06)


def test_proxy_a_distance_is_held_out():
    """In 60 dimensions 20 points are always parted by a plane; on other points it is no better than chance."""
    x, y = torch.randn(2, 20, 60, generator=generator(3))
    fitted = LogisticRegression(C=1e6).fit(np.concatenate([x, y]), [0] * 20 + [1] * 20)
    assert fitted.score(np.concatenate([x, y]), [0] * 20 + [1] * 20) == 1
    values = [proxy_a_distance(x, y, generator(seed)) for seed in range(10)]
    assert np.mean(values) < 0.5


def test_proxy_a_distance_weighs_the_domains_alike_however_unequal_they_are():
    """Naming every row the larger domain would be right in 97 of 100 rows, and is worth nothing here."""
    x = torch.randn(1200, 2, generator=generator(4))
    y = torch.randn(40, 2, generator=generator(5))
    values = [proxy_a_distance(x, y, generator(seed)) for seed in range(10)]
    assert abs(np.mean(values)) < 0.4


def test_proxy_a_distance_of_the_smallest_samples_fits_one_row_of_each_and_tests_the_other():
    x, y = torch.tensor([[0.0], [1.0]]), torch.tensor([[8.0], [9.0]])
    assert proxy_a_distance(x, y, generator()) == 2


@laws
@given(seeds, st.integers(2, 9), st.integers(2, 9))
def test_proxy_a_distance_stays_in_its_range_and_repeats(seed, n, m):
    x, y = samples(n, m, 3, seed)
    values = [proxy_a_distance(x, y, generator(seed)) for _ in range(2)]
    assert values[0] == values[1]
    assert -2 <= values[0] <= 2
    tested = min(n, m) // 2
    assert values[0] * tested == pytest.approx(round(values[0] * tested))  # of 2·tested rows, each counts 2/tested


def test_proxy_a_distance_takes_features_with_history_and_leaves_the_global_random_state_alone():
    x, y = samples(6, 6, 2)
    state, before = torch.get_rng_state(), x.clone()
    proxy_a_distance(x.requires_grad_(), y, generator())
    assert x.grad is None
    assert torch.equal(x, before)
    assert torch.equal(torch.get_rng_state(), state)


# ---- errors -------------------------------------------------------------------------------------------------------

X = torch.zeros(3, 2)


@pytest.mark.parametrize(
    ("x", "y", "error", "message"),
    [
        (X[0], X, ValueError, r"x: expected the shape \(rows, features\).*got \(2,\)"),
        (X, X[:1], ValueError, r"y: .*at least 2 rows.*got \(1, 2\)"),
        (X[:, :0], X[:, :0], ValueError, r"x: .*got \(3, 0\)"),
        (X, X[:, :1], ValueError, "y: expected 2 features, as x has, got 1"),
        (X.long(), X, TypeError, r"x: expected a float32 or float64 tensor, got torch\.int64"),
        (X, X.double(), TypeError, r"y: expected torch\.float32, as x is"),
        (X, X.to("meta"), ValueError, "y: expected the device cpu, as x has, got meta"),
    ],
    ids=["vector", "one row", "no features", "widths", "integers", "dtypes", "devices"],
)
@pytest.mark.parametrize("function", [coral_loss, lambda x, y: proxy_a_distance(x, y, generator())], ids=["coral", "a"])
def test_errors_name_the_sample_what_was_expected_and_what_came(function, x, y, error, message):
    with pytest.raises(error, match=message):
        function(x, y)


def test_proxy_a_distance_refuses_a_seed_for_a_generator():
    with pytest.raises(TypeError, match=r"generator: expected a torch\.Generator, got int"):
        proxy_a_distance(X, X, 0)
