"""Intervals and tests, against SciPy, closed forms and plain enumeration."""

import itertools
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lib.settings import generator
from lib.statistics import bootstrap_interval, paired_permutation_test

SKEWED = np.random.default_rng(0).exponential(size=40)


# ---- bootstrap_interval -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("confidence", [0.8, 0.95])
@pytest.mark.parametrize(
    ("options", "theirs"),
    [
        pytest.param({}, np.mean, id="mean"),
        pytest.param({"statistic": lambda rows: rows.std(-1)}, partial(np.std, ddof=1), id="deviation"),
    ],
)
def test_bootstrap_interval_agrees_with_scipy(options: dict, theirs, confidence: float) -> None:
    interval = bootstrap_interval(SKEWED, **options, confidence=confidence, resamples=30_000, generator=generator(0))
    expected = stats.bootstrap(
        (SKEWED,), theirs, confidence_level=confidence, n_resamples=30_000, method="percentile", rng=1
    )
    assert interval == pytest.approx(tuple(expected.confidence_interval), abs=0.05 * expected.standard_error)


@pytest.mark.parametrize(("confidence", "expected"), [(0.4, (2.0, 2.0)), (0.6, (1.0, 3.0)), (0.95, (1.0, 3.0))])
def test_bootstrap_interval_of_two_values_is_the_closed_form(confidence: float, expected: tuple) -> None:
    # the mean of a resample is 1, 2 or 3, with probabilities ¼, ½ and ¼
    assert bootstrap_interval([1, 3], confidence=confidence, resamples=2_000, generator=generator(0)) == expected


def test_bootstrap_interval_is_made_of_the_quantiles_of_the_statistic() -> None:
    interval = bootstrap_interval(
        SKEWED, lambda rows: torch.arange(len(rows)), confidence=0.9, resamples=101, generator=generator(0)
    )
    assert interval == pytest.approx((5, 95))


def test_bootstrap_interval_hands_over_resamples_of_the_values() -> None:
    seen: list[torch.Tensor] = []
    values = [1.0, 2.0, 4.0]

    def statistic(rows: torch.Tensor) -> torch.Tensor:
        seen.append(rows)
        return rows[:, 0]

    bootstrap_interval(values, statistic, resamples=500, generator=generator(0))
    drawn = torch.cat(seen)
    assert drawn.shape == (500, 3)
    assert drawn.dtype == torch.float64
    shares = [float((drawn == value).double().mean()) for value in values]
    assert sum(shares) == pytest.approx(1)
    assert shares == pytest.approx([1 / 3] * 3, abs=0.05)
    alike = float((drawn[:, 0] == drawn[:, 1]).double().mean())  # with replacement
    assert alike == pytest.approx(1 / 3, abs=0.07)


def test_bootstrap_interval_works_on_a_million_numbers_at_a_time() -> None:
    portions: list[int] = []

    def statistic(rows: torch.Tensor) -> torch.Tensor:
        portions.append(len(rows))
        return rows[:, 0]

    bootstrap_interval(np.zeros(2**18), statistic, resamples=6, generator=generator(0))
    assert portions == [4, 2]


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=8), st.floats(-5, 5), st.floats(0.1, 4))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_bootstrap_interval_moves_and_stretches_with_the_values(values: list, shift: float, scale: float) -> None:
    low, high = bootstrap_interval(values, resamples=50, generator=generator(3))
    moved = bootstrap_interval([shift + scale * v for v in values], resamples=50, generator=generator(3))
    assert min(values) - 1e-9 <= low <= high <= max(values) + 1e-9
    assert moved == pytest.approx((shift + scale * low, shift + scale * high), abs=1e-9)


@pytest.mark.parametrize("kind", [list, tuple, np.array, torch.tensor], ids=lambda kind: kind.__name__)
def test_bootstrap_interval_takes_any_sequence_and_leaves_it_and_the_global_state_alone(kind) -> None:
    values, state = kind([0.5, 0.25, 0.75]), torch.get_rng_state()
    read_only = np.array([0.5, 0.25, 0.75])
    read_only.flags.writeable = False
    interval = bootstrap_interval(values, resamples=50, generator=generator(0))
    assert interval == bootstrap_interval(read_only, resamples=50, generator=generator(0))
    assert list(values) == [0.5, 0.25, 0.75]
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("values", "options", "error", "message"),
    [
        ([1.0], {}, ValueError, r"values: expected at least 2 finite numbers in one dimension, got \[1\.0\]"),
        ([], {}, ValueError, r"values: expected at least 2 .* got \[\]"),
        ([[1.0, 2.0]], {}, ValueError, "values: expected at least 2 .* in one dimension"),
        ([1.0, float("nan")], {}, ValueError, "values: expected at least 2 finite numbers"),
        (np.full(20, np.inf), {}, ValueError, r"got the shape \(20,\)"),
        (["a", "b"], {}, TypeError, r"values: expected real numbers in one dimension, got \['a', 'b'\]"),
        ([1, 2], {"confidence": 0.0}, ValueError, "confidence: expected a number between 0 and 1, got 0.0"),
        ([1, 2], {"confidence": 95}, ValueError, "confidence: expected a number between 0 and 1, got 95"),
        ([1, 2], {"resamples": 0}, ValueError, "resamples: expected an integer of at least 1, got 0"),
        ([1, 2], {"resamples": 1e3}, ValueError, r"resamples: expected an integer of at least 1, got 1000\.0"),
        ([1, 2], {"generator": 3}, TypeError, r"generator: expected a torch\.Generator on the CPU, got 3"),
        ([1, 2], {"statistic": torch.mean}, ValueError, r"statistic: expected a finite number for each of 9.*got \(\)"),
        ([1, 2], {"statistic": lambda v: v[:, 0] / 0}, ValueError, r"statistic: expected a finite number .*\(9,\): "),
        ([1, 2], {"statistic": lambda v: 0.5}, ValueError, "statistic: expected a finite number .*got float: 0.5"),
    ],
    ids=lambda value: ", ".join(value) if isinstance(value, dict) else str(value),
)
def test_bootstrap_interval_refuses(values, options: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        bootstrap_interval(values, **{"generator": generator(0), "resamples": 9} | options)


# ---- paired_permutation_test --------------------------------------------------------------------------------------


def scipys(a: np.ndarray, b: np.ndarray, resamples: int) -> float:
    def difference(x, y, axis):
        return np.mean(x - y, axis=axis)

    return stats.permutation_test(
        (a, b), difference, permutation_type="samples", vectorized=True, n_resamples=resamples, rng=0
    ).pvalue


@pytest.mark.parametrize("n", [2, 5, 9])
def test_paired_permutation_test_is_scipys_where_exact(n: int) -> None:
    draw = np.random.default_rng(n)
    a, b = draw.normal(0.4, 1, n), draw.normal(0, 1, n)
    assert paired_permutation_test(a, b, generator=generator(0)) == pytest.approx(scipys(a, b, 10_000))


def test_paired_permutation_test_is_near_scipys_where_drawn() -> None:
    draw = np.random.default_rng(0)
    a = draw.normal(0, 1, 30)
    b = a - draw.normal(0.1, 1, 30)
    ours = paired_permutation_test(a, b, resamples=30_000, generator=generator(0))
    assert 0.02 < ours < 0.5
    assert ours == pytest.approx(scipys(a, b, 30_000), abs=0.01)


@given(st.lists(st.integers(-6, 6), min_size=1, max_size=7))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_paired_permutation_test_counts_ties_exactly(tenths: list[int]) -> None:
    """Tenths are not exact in binary: sums that are equal must count as equal."""
    patterns = itertools.product([1, -1], repeat=len(tenths))
    count = sum(abs(sum(s * d for s, d in zip(signs, tenths, strict=True))) >= abs(sum(tenths)) for signs in patterns)
    a = [0.1 * d for d in tenths]
    p = paired_permutation_test(a, [0.0] * len(a), generator=generator(0))
    assert p == float(Fraction(count, 2 ** len(tenths)))


def test_paired_permutation_test_draws_only_where_it_must() -> None:
    a, b = np.arange(4.0), np.zeros(4)
    source = generator(0)
    before = source.get_state()
    assert paired_permutation_test(a, b, resamples=16, generator=source) == 2 / 16 * 2  # 0 has either sign
    assert torch.equal(source.get_state(), before)
    p = paired_permutation_test(a, b, resamples=15, generator=source)
    assert not torch.equal(source.get_state(), before)
    assert (p * 16) == pytest.approx(round(p * 16))


def test_paired_permutation_test_counts_the_data_among_the_patterns_drawn() -> None:
    a = np.ones(40)
    assert paired_permutation_test(a, np.zeros(40), resamples=99, generator=generator(0)) == 1 / 100
    assert paired_permutation_test(a, a, resamples=99, generator=generator(0)) == 1
    assert paired_permutation_test(a[:3], a[:3], generator=generator(0)) == 1
    assert paired_permutation_test(a[:1], -a[:1], generator=generator(0)) == 1


def test_paired_permutation_test_is_symmetric_and_pairs() -> None:
    a, b = torch.tensor([0.9, 0.5, 0.7, 0.2, 0.4, 0.6]), torch.tensor([0.85, 0.46, 0.66, 0.15, 0.36, 0.55])
    p = paired_permutation_test(a, b, generator=generator(0))
    assert p == paired_permutation_test(b, a, generator=generator(0)) == 2 / 64
    assert paired_permutation_test(a, b.flip(0), generator=generator(0)) > 0.5


def test_paired_permutation_test_rejects_equal_methods_as_often_as_it_says() -> None:
    draw = np.random.default_rng(0)
    ps = [paired_permutation_test(draw.normal(size=6), draw.normal(size=6), generator=generator(0)) for _ in range(400)]
    assert np.mean(np.array(ps) <= 0.125) == pytest.approx(0.125, abs=0.05)


@pytest.mark.parametrize(
    ("a", "b", "options", "error", "message"),
    [
        ([], [], {}, ValueError, "a: expected at least 1 finite numbers"),
        ([1.0], [], {}, ValueError, "b: expected at least 1 finite numbers"),
        ([1, 2], [1, 2, 3], {}, ValueError, "b: expected one number for each of a's 2, got 3"),
        ([1, 2], [1, float("inf")], {}, ValueError, "b: expected at least 1 finite numbers"),
        ([1, 2], [1, "x"], {}, TypeError, "b: expected real numbers"),
        ([1, 2], [1, 1j], {}, TypeError, "b: expected real numbers"),
        ([1, 2], [1, 2], {"resamples": -1}, ValueError, "resamples: expected an integer of at least 1, got -1"),
        ([1, 2], [1, 2], {"generator": None}, TypeError, "generator: expected"),
    ],
    ids=str,
)
def test_paired_permutation_test_refuses(a, b, options: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        paired_permutation_test(a, b, **{"generator": generator(0)} | options)
