"""The maximum mean discrepancy, against NumPy's double loops, closed forms for Gaussians, and enumeration."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist
from torch.autograd import gradcheck

from lib.mmd import gaussian_kernel, median_bandwidth, mmd_permutation_test, mmd_squared

laws = settings(max_examples=25, deadline=None, derandomize=True)
seeds = st.integers(0, 10_000)
ESTIMATORS = ["biased", "unbiased", "linear"]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def samples(n: int, m: int, d: int, seed: int = 0, shift: float = 0.7) -> tuple[torch.Tensor, torch.Tensor]:
    x, y = torch.randn(n + m, d, generator=generator(seed), dtype=torch.float64).split([n, m])
    return x, y + shift


def k(a, b, bandwidths) -> float:
    return float(np.mean([math.exp(-((a - b) ** 2).sum() / (2 * s**2)) for s in bandwidths]))


def by_loops(x, y, bandwidths, estimator) -> float:
    """Gretton et al. (2012): eq. 5, eq. 3 and Lemma 14, pair by pair."""
    x, y, n, m = x.numpy(), y.numpy(), len(x), len(y)
    if estimator == "linear":
        pairs = [(i, i + 1) for i in range(0, n - 1, 2)]
        terms = [(x[a], x[b], y[a], y[b]) for a, b in pairs]
        return np.mean([k(p, q, bandwidths) + k(r, s, bandwidths) - k(p, s, bandwidths) - k(q, r, bandwidths)
                        for p, q, r, s in terms])  # fmt: skip
    apart = estimator == "unbiased"
    xx = sum(k(x[i], x[j], bandwidths) for i in range(n) for j in range(n) if not (apart and i == j))
    yy = sum(k(y[i], y[j], bandwidths) for i in range(m) for j in range(m) if not (apart and i == j))
    xy = sum(k(x[i], y[j], bandwidths) for i in range(n) for j in range(m))
    return xx / (n * (n - apart)) + yy / (m * (m - apart)) - 2 * xy / (n * m)


# ---- the kernel ---------------------------------------------------------------------------------------------------


def test_gaussian_kernel_is_the_formula_pair_by_pair():
    x, y = samples(4, 6, 3)
    kernel = gaussian_kernel(x, y, [0.5, 2.0, 3.0])
    assert kernel.shape == (4, 6)
    expected = [[k(a, b, [0.5, 2.0, 3.0]) for b in y.numpy()] for a in x.numpy()]
    assert kernel.numpy() == pytest.approx(np.array(expected), rel=1e-12)


@pytest.mark.parametrize(
    "bandwidths", [2.0, 2, [2.0], (2.0,), torch.tensor(2.0), torch.tensor([2.0, 2.0]), [torch.tensor(2.0)]], ids=repr
)
def test_gaussian_kernel_takes_one_bandwidth_or_several(bandwidths):
    x, y = torch.zeros(1, 1), torch.full((1, 1), 2.0)
    assert gaussian_kernel(x, y, bandwidths).item() == pytest.approx(math.exp(-0.5))


def test_gaussian_kernel_far_from_the_origin_keeps_its_digits():
    x, y = samples(30, 40, 8)
    near = gaussian_kernel(x, y, [2.0])
    far = gaussian_kernel((x + 1000).float(), (y + 1000).float(), [2.0])
    assert far.numpy() == pytest.approx(near.numpy(), abs=2e-4)  # what float32 loses in x + 1000
    assert 0 <= far.min() <= far.max() <= 1


@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_gaussian_kernel_of_equal_points_is_one_with_gradient_zero(offset):
    x = (samples(40, 1, 16)[0].float() + offset).requires_grad_()
    kernel = gaussian_kernel(x, x.detach().clone(), [1.0])
    torch.testing.assert_close(kernel.diagonal(), torch.ones(40))
    assert kernel.max() <= 1
    (gradient,) = torch.autograd.grad(kernel.diagonal().sum(), x)
    assert gradient.abs().max() < 1e-2


@laws
@given(seeds)
def test_gaussian_kernel_is_positive_semidefinite_with_ones_on_the_diagonal(seed):
    x, _ = samples(12, 1, 3, seed)
    kernel = gaussian_kernel(x, x, [0.3, 1.0])
    assert torch.linalg.eigvalsh(kernel).min() > -1e-12
    torch.testing.assert_close(kernel.diagonal(), torch.ones(12, dtype=torch.float64))


def test_gaussian_kernel_passes_gradcheck():
    x, y = samples(3, 4, 2)
    assert gradcheck(lambda a, b: gaussian_kernel(a, b, [0.5, 2.0]), (x.requires_grad_(), y.requires_grad_()))


def test_gaussian_kernel_under_autocast_keeps_float32():
    x, y = (sample.float() for sample in samples(40, 40, 64))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = [gaussian_kernel(x, y, [8.0]), mmd_squared(x, y, [8.0])]
    assert inside[0].dtype == torch.float32
    torch.testing.assert_close(inside, [gaussian_kernel(x, y, [8.0]), mmd_squared(x, y, [8.0])])


# ---- the bandwidth ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "m"), [(3, 4), (1, 2), (5, 1), (1, 1)])  # odd numbers of pairs
def test_median_bandwidth_is_scipys_over_both_samples(n, m):
    x, y = samples(n, m, 3)
    assert median_bandwidth(x, y).item() == pytest.approx(np.median(pdist(np.concatenate([x, y]))))


def test_median_bandwidth_of_an_even_number_is_the_lower_middle():
    x, y = samples(4, 4, 3)
    assert median_bandwidth(x, y).item() == pytest.approx(np.sort(pdist(np.concatenate([x, y])))[13])


@laws
@given(seeds, st.floats(0.01, 100))
def test_median_bandwidth_scales_with_the_data_and_does_not_care_which_is_which(seed, scale):
    x, y = samples(5, 4, 2, seed)
    torch.testing.assert_close(median_bandwidth(scale * x, scale * y), scale * median_bandwidth(x, y))
    torch.testing.assert_close(median_bandwidth(y, x), median_bandwidth(x, y))


def test_median_bandwidth_is_a_constant_of_the_graph():
    x, y = samples(4, 3, 2)
    bandwidth = median_bandwidth(x.requires_grad_(), y)
    assert not bandwidth.requires_grad
    assert bandwidth.shape == ()
    fixed = mmd_squared(x, y, [bandwidth.item() * factor for factor in (0.25, 0.5, 1, 2, 4)])
    (theirs,) = torch.autograd.grad(fixed, x)
    (ours,) = torch.autograd.grad(mmd_squared(x, y), x)
    torch.testing.assert_close(ours, theirs)


# ---- the estimators -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize(("n", "m"), [(5, 5), (6, 6), (2, 2), (4, 7)])
def test_mmd_squared_is_the_formula_by_loops(n, m, estimator):
    if estimator == "linear":
        m = n
    x, y = samples(n, m, 3)
    ours = mmd_squared(x, y, [0.5, 2.0], estimator)
    assert ours.shape == ()
    assert ours.item() == pytest.approx(by_loops(x, y, [0.5, 2.0], estimator), rel=1e-10, abs=1e-14)


def test_mmd_squared_without_bandwidths_uses_five_around_the_median():
    x, y = samples(6, 5, 3)
    median = np.median(pdist(np.concatenate([x, y])))
    expected = by_loops(x, y, [median / 4, median / 2, median, 2 * median, 4 * median], "biased")
    assert mmd_squared(x, y).item() == pytest.approx(expected)


def closed_form(shift: float, d: int, bandwidth: float) -> float:
    """MMD² of N(0, I) and N(shift·1, I) under one Gaussian kernel: E k is Gaussian in the distance of the means."""
    wide = bandwidth**2 + 2
    return 2 * (bandwidth**2 / wide) ** (d / 2) * (1 - math.exp(-d * shift**2 / (2 * wide)))


@pytest.mark.parametrize("shift", [0.0, 0.8])
@pytest.mark.parametrize("estimator", ["unbiased", "linear"])
def test_mmd_squared_is_unbiased_for_gaussians(estimator, shift):
    draws = torch.randn(2, 500, 10, 2, generator=generator(3), dtype=torch.float64)
    values = torch.stack([mmd_squared(x, y + shift, [1.5], estimator) for x, y in draws.transpose(0, 1)])
    error = values.std() / math.sqrt(len(values))
    assert abs(values.mean() - closed_form(shift, 2, 1.5)) < 3 * error
    if shift == 0:
        assert 0.3 < (values < 0).double().mean() < 0.75  # rightly negative, about as often as not


def test_mmd_squared_of_much_data_approaches_the_closed_form():
    x, y = samples(40_000, 40_000, 2, seed=5, shift=0.8)
    expected = closed_form(0.8, 2, 1.5)
    assert mmd_squared(x[:1000], y[:1000], [1.5]).item() == pytest.approx(expected, rel=0.15)
    assert mmd_squared(x, y, [1.5], "linear").item() == pytest.approx(expected, rel=0.1)


@laws
@given(seeds, st.sampled_from(ESTIMATORS), st.integers(2, 9))
def test_mmd_squared_is_symmetric(seed, estimator, n):
    x, y = samples(n, n, 3, seed)
    torch.testing.assert_close(mmd_squared(x, y, [1.0], estimator), mmd_squared(y, x, [1.0], estimator))


@laws
@given(seeds, st.integers(1, 9), st.integers(1, 9), st.floats(0, 3))
def test_mmd_squared_biased_is_never_negative(seed, n, m, shift):
    x, y = samples(n, m, 3, seed, shift)
    assert mmd_squared(x, y, [0.5, 1.0, 4.0]) >= -1e-12


@laws
@given(seeds, st.integers(1, 40), st.floats(-100, 100), st.sampled_from([torch.float32, torch.float64]))
def test_mmd_squared_biased_is_zero_for_equal_samples_in_any_order(seed, n, offset, dtype):
    x = (samples(n, 1, 4, seed)[0] + offset).to(dtype)
    y = x[torch.randperm(n, generator=generator(seed))]
    assert abs(mmd_squared(x, y, [1.0]).item()) < (1e-5 if dtype == torch.float32 else 1e-12)
    assert mmd_squared(x, x, [1.0]).item() == 0


@laws
@given(seeds, st.sampled_from(ESTIMATORS), st.floats(-50, 50))
def test_mmd_squared_is_invariant_under_rotation_and_translation(seed, estimator, offset):
    x, y = samples(6, 6, 3, seed)
    turn, _ = torch.linalg.qr(torch.randn(3, 3, generator=generator(seed + 1), dtype=torch.float64))
    moved = mmd_squared(x @ turn + offset, y @ turn + offset, estimator=estimator)
    torch.testing.assert_close(moved, mmd_squared(x, y, estimator=estimator), rtol=1e-8, atol=1e-12)


@laws
@given(seeds, st.sampled_from(ESTIMATORS), st.floats(0.01, 100))
def test_mmd_squared_with_the_median_does_not_depend_on_the_units(seed, estimator, scale):
    x, y = samples(6, 6, 3, seed)
    torch.testing.assert_close(
        mmd_squared(scale * x, scale * y, estimator=estimator), mmd_squared(x, y, estimator=estimator)
    )


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_mmd_squared_passes_gradcheck_also_where_points_coincide(estimator):
    x, y = samples(4, 4, 2)
    x[1], y[0] = x[0], x[0]
    x, y = x.requires_grad_(), y.requires_grad_()
    assert gradcheck(lambda a, b: mmd_squared(a, b, [0.5, 2.0], estimator), (x, y))


def test_mmd_squared_has_a_finite_gradient_where_distances_are_zero_to_the_bit():
    x = torch.tensor([[1.0, 3.0], [1.0, 3.0], [5.0, 7.0]], requires_grad=True)
    y = torch.tensor([[1.0, 3.0], [5.0, 7.0]])
    (gradient,) = torch.autograd.grad(mmd_squared(x, y, [4.0]), x)
    # only the pairs at distance √32 pull: −(a − b)/σ²·k, weighed 2/9 within x and −2/6 across
    pull = torch.tensor([4.0, 4.0]) / 16 * math.exp(-1)
    expected = torch.stack([pull * (2 / 9 - 1 / 3), pull * (2 / 9 - 1 / 3), -pull * (4 / 9 - 1 / 3)])
    torch.testing.assert_close(gradient, expected)


def test_mmd_squared_linear_leaves_an_odd_last_row_out():
    x, y = samples(7, 7, 2)
    torch.testing.assert_close(mmd_squared(x, y, [1.0], "linear"), mmd_squared(x[:6], y[:6], [1.0], "linear"))


def test_mmd_squared_linear_never_makes_a_matrix(monkeypatch):
    monkeypatch.setattr("lib.mmd.gaussian_kernel", None)
    monkeypatch.setattr(torch, "pdist", None)
    assert mmd_squared(*samples(6, 6, 2), [1.0], "linear").isfinite()


def test_mmd_squared_leaves_its_inputs_alone():
    x, y = samples(4, 4, 2)
    before = x.clone(), y.clone()
    mmd_squared(x, y)
    mmd_permutation_test(x, y, 3, generator())
    assert torch.equal(x, before[0]) and torch.equal(y, before[1])


# ---- the test -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bandwidths", [None, [1.0, 2.0]])
def test_mmd_permutation_test_reports_the_unbiased_statistic(bandwidths):
    x, y = (sample.float() for sample in samples(6, 4, 3))
    found = mmd_permutation_test(x, y, 10, generator(), bandwidths)
    assert found.statistic == pytest.approx(mmd_squared(x.double(), y.double(), bandwidths, "unbiased").item())


@pytest.mark.parametrize(("n", "m", "shift"), [(4, 4, 0.9), (5, 3, 0.7), (3, 4, 3.0)])
def test_mmd_permutation_test_approaches_the_share_over_every_split(n, m, shift):
    x, y = samples(n, m, 2, seed=1, shift=shift)
    pooled, everyone = torch.cat([x, y]), set(range(n + m))
    splits = [
        by_loops(pooled[list(left)], pooled[sorted(everyone - set(left))], [1.0], "unbiased")
        for left in itertools.combinations(range(n + m), n)
    ]
    share = np.mean(np.array(splits) >= splits[0] - 1e-12)
    found = mmd_permutation_test(x, y, 4000, generator(2), [1.0])
    assert found.p_value == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / 4000) + 1 / 4000)


def test_mmd_permutation_test_counts_the_observed_labelling():
    x, y = samples(20, 20, 2, shift=30.0)
    assert mmd_permutation_test(x, y, 19, generator()).p_value == 1 / 20


def test_mmd_permutation_test_of_equal_points_finds_only_ties():
    x = torch.ones(3, 2)
    assert mmd_permutation_test(x, x, 50, generator(), [1.0]).p_value == 1


def test_mmd_permutation_test_holds_its_level_and_finds_a_shift():
    draws = torch.randn(150, 2, 10, 2, generator=generator(7))
    equal = [mmd_permutation_test(x, y, 39, generator(i)).p_value for i, (x, y) in enumerate(draws)]
    shifted = [mmd_permutation_test(x, y + 1.5, 39, generator(i)).p_value for i, (x, y) in enumerate(draws[:50])]
    assert np.mean(np.array(equal) <= 0.1) < 0.1 + 3 * math.sqrt(0.09 / 150)
    assert np.mean(equal) == pytest.approx(0.5, abs=0.08)
    assert np.mean(np.array(shifted) <= 0.1) > 0.9


def test_mmd_permutation_test_draws_from_its_generator_alone_and_computes_one_kernel(monkeypatch):
    x, y = samples(5, 5, 2)
    state, calls = torch.get_rng_state(), []
    monkeypatch.setattr("lib.mmd.gaussian_kernel", lambda *a: calls.append(a) or gaussian_kernel(*a))
    first, second, other = (mmd_permutation_test(x, y, 99, generator(seed), [1.0]).p_value for seed in (1, 1, 2))
    assert first == second != other
    assert len(calls) == 3
    assert torch.equal(torch.get_rng_state(), state)


# ---- errors -------------------------------------------------------------------------------------------------------

X = torch.zeros(3, 2)
BAD_SAMPLES = [
    (lambda: (X[0], X), ValueError, r"x: expected the shape \(rows, features\).*got \(2,\)"),
    (lambda: (X, X[:0]), ValueError, r"y: expected the shape .*got \(0, 2\)"),
    (lambda: (X[:, :0], X[:, :0]), ValueError, r"x: .*got \(3, 0\)"),
    (lambda: (X, X[:, :1]), ValueError, "y: expected 2 features, as x has, got 1"),
    (lambda: (X.long(), X), TypeError, r"x: expected a float32 or float64 tensor, got torch\.int64"),
    (lambda: (X, X.half()), TypeError, r"y: .*got torch\.float16"),
    (lambda: (X, X.double()), TypeError, r"y: expected torch\.float32, as x is, got torch\.float64"),
    (lambda: (X, X.numpy()), TypeError, "y: .*got ndarray"),
    (lambda: (X, X.to("meta")), ValueError, "y: expected the device cpu, as x has, got meta"),
]


@pytest.mark.parametrize(("make", "error", "message"), BAD_SAMPLES)
@pytest.mark.parametrize(
    "function",
    [
        lambda x, y: gaussian_kernel(x, y, [1.0]),
        median_bandwidth,
        lambda x, y: mmd_squared(x, y, [1.0]),
        lambda x, y: mmd_permutation_test(x, y, 5, generator(), [1.0]),
    ],
    ids=["gaussian_kernel", "median_bandwidth", "mmd_squared", "mmd_permutation_test"],
)
def test_every_function_names_a_sample_that_it_cannot_take(function, make, error, message):
    with pytest.raises(error, match=message):
        function(*make())


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: gaussian_kernel(X, X, []), ValueError, r"bandwidths: expected one or more positive.*got \[\]"),
        (lambda: gaussian_kernel(X, X, [1.0, 0.0]), ValueError, r"bandwidths: .*got \[1\.0, 0\.0\]"),
        (lambda: gaussian_kernel(X, X, -1.0), ValueError, r"bandwidths: .*got \[-1\.0\]"),
        (lambda: mmd_squared(X, X, [math.nan], "linear"), ValueError, r"bandwidths: .*got \[nan\]"),
        (lambda: mmd_squared(X, X, math.inf), ValueError, r"bandwidths: .*got \[inf\]"),
        (lambda: median_bandwidth(X, X), ValueError, r"x, y: expected points whose median distance .*got 0\.0"),
        (lambda: mmd_squared(X, X * math.nan), ValueError, "x, y: .*got nan"),
        (lambda: mmd_squared(X, X, [1.0], "quadratic"), ValueError, "estimator: expected 'biased'.*got 'quadratic'"),
        (lambda: mmd_squared(X, X[:2], [1.0], "linear"), ValueError, "y: expected as many rows as x, 3"),
        (lambda: mmd_squared(X[:1], X, [1.0], "unbiased"), ValueError, r"x: .*at least 2 rows.*got \(1, 2\)"),
        (lambda: mmd_squared(X[:1], X[:1], [1.0], "linear"), ValueError, "x: .*at least 2 rows"),
        (lambda: mmd_permutation_test(X, X[:1], 5, generator(), [1.0]), ValueError, "y: .*at least 2 rows"),
        (lambda: mmd_permutation_test(X, X, 0, generator(), [1.0]), ValueError, "permutations: .*at least 1, got 0"),
        (lambda: mmd_permutation_test(X, X, 1.5, generator(), [1.0]), TypeError, "permutations: .*integer, got float"),
        (
            lambda: mmd_permutation_test(X, X, 5, 0, [1.0]),
            TypeError,
            "generator: expected .*got int",
        ),
    ],
)
def test_errors_name_the_argument_what_was_expected_and_what_came(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_mmd_on_the_gpu_is_that_on_the_cpu():
    x, y = samples(30, 20, 8)
    there = x.cuda(), y.cuda()
    torch.testing.assert_close(mmd_squared(*there).cpu(), mmd_squared(x, y))
    assert mmd_permutation_test(*there, 99, generator()) == pytest.approx(mmd_permutation_test(x, y, 99, generator()))
