"""Calibration, against SciPy's minimiser and plain counting."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from lib.calibration import expected_calibration_error, fit_temperature


def overconfident(count: int = 400, classes: int = 5, temperature: float = 2.5, seed: int = 0):
    """Logits, and labels drawn from softmax(logits / temperature)."""
    draw = torch.Generator().manual_seed(seed)
    logits = torch.randn(count, classes, generator=draw, dtype=torch.float64) * 4
    labels = torch.multinomial((logits / temperature).softmax(1), 1, generator=draw).squeeze(1)
    return logits, labels


# ---- fit_temperature ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5, 8.0])
def test_fit_temperature_is_scipys_minimum(temperature: float) -> None:
    logits, labels = overconfident(temperature=temperature)

    def loss(t: float) -> float:
        return -log_softmax(logits.numpy() / t, axis=1)[np.arange(400), labels.numpy()].mean()

    expected = minimize_scalar(loss, bounds=(0.01, 100), method="bounded", options={"xatol": 1e-9}).x
    assert fit_temperature(logits, labels) == pytest.approx(expected, rel=1e-5)


def test_fit_temperature_of_two_sure_classes_is_the_closed_form() -> None:
    """Scores (s, 0), right in 3 of 4: sigmoid(s / T) = ¾, so T = s / log 3."""
    logits = torch.tensor([[6.0, 0.0]]).repeat(4, 1)
    assert fit_temperature(logits, torch.tensor([0, 0, 1, 0])) == pytest.approx(6 / np.log(3), rel=1e-9)


def test_fit_temperature_finds_the_one_that_labels_were_drawn_with() -> None:
    logits, labels = overconfident(20_000)
    assert fit_temperature(logits, labels) == pytest.approx(2.5, rel=0.03)


@given(st.floats(1e-6, 1e6), st.floats(-100, 100))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_fit_temperature_scales_with_the_logits_and_ignores_a_shift(scale: float, shift: float) -> None:
    logits, labels = overconfident(60)
    shifts = torch.linspace(-shift, shift, 60, dtype=torch.float64).unsqueeze(1)
    expected = scale * fit_temperature(logits, labels)
    assert fit_temperature((logits + shifts) * scale, labels) == pytest.approx(expected, rel=1e-8)


def test_fit_temperature_lowers_the_calibration_error_and_leaves_its_input_alone() -> None:
    logits, labels = overconfident(2_000)
    logits, before = logits.float().requires_grad_(), logits.float()
    temperature = fit_temperature(logits, labels)
    found = []
    for t in (1.0, temperature):
        confidence, predicted = (before / t).softmax(1).max(1)
        found.append(expected_calibration_error(confidence, predicted == labels))
    assert found[0] > 0.15
    assert found[1] < 0.04
    assert torch.equal(logits, before)
    assert logits.grad is None


@pytest.mark.parametrize("gap", [1e-9, 1e-15])
def test_fit_temperature_is_finite_for_the_smallest_mistake(gap: float) -> None:
    logits = torch.tensor([[1.0, 0.0], [gap, 0.0]], dtype=torch.float64)
    assert 0 < fit_temperature(logits, torch.tensor([0, 1])) < 0.1


LOGITS = torch.tensor([[2.0, 1.0], [0.0, 1.0]])
LABELS = torch.tensor([1, 1])


@pytest.mark.parametrize(
    ("logits", "labels", "error", "message"),
    [
        ([[1.0]], LABELS, TypeError, "logits: expected a float32 or float64 tensor, got list"),
        (LOGITS.long(), LABELS, TypeError, "logits: expected a float32 or float64 tensor, got torch.int64"),
        (LOGITS[0], LABELS, ValueError, r"logits: expected the shape \(N, D\)"),
        (LOGITS[:0], LABELS[:0], ValueError, r"logits: expected the shape \(N, D\)"),
        (LOGITS / 0, LABELS, ValueError, "logits: expected finite numbers"),
        (LOGITS, LABELS.float(), TypeError, "labels: expected an int64 tensor, got torch.float32"),
        (LOGITS, LABELS[:1], ValueError, r"labels: expected the shape \(2,\), got \(1,\)"),
        (LOGITS, LABELS + 1, ValueError, "labels: expected class numbers from 0 to 1, got 2 to 2"),
        (LOGITS, LABELS - 2, ValueError, "labels: expected class numbers from 0 to 1, got -1 to -1"),
        (LOGITS, torch.tensor([0, 1]), ValueError, "labels: expected at least one that does not have the highest"),
        (LOGITS, torch.tensor([1, 0]), ValueError, "labels: expected them to score higher on average"),
        (LOGITS, torch.tensor([0, 0]), ValueError, "labels: expected them to score higher on average"),
        (LOGITS[:, :1], torch.tensor([0, 0]), ValueError, "labels: expected at least one that does not"),
    ],
    ids=str,
)
def test_fit_temperature_refuses(logits, labels, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        fit_temperature(logits, labels)


# ---- expected_calibration_error -----------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans()), min_size=1, max_size=40), st.integers(1, 20))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_expected_calibration_error_is_counted(predictions: list, bins: int) -> None:
    confidence, correct = (np.array(column) for column in zip(*predictions, strict=True))
    expected = 0.0
    for m in range(1, bins + 1):
        inside = (confidence > (m - 1) / bins) & (confidence <= m / bins) | ((m == 1) & (confidence == 0))
        if inside.any():
            expected += inside.mean() * abs(correct[inside].mean() - confidence[inside].mean())
    found = expected_calibration_error(torch.from_numpy(confidence), torch.from_numpy(correct), bins)
    assert found == pytest.approx(expected, abs=1e-12)
    assert 0 <= found <= 1


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
def test_expected_calibration_error_closes_its_bins_on_the_right(dtype: torch.dtype) -> None:
    """1/5 belongs to the first of five bins in every precision, so it shares it with 1/10."""
    confidence = torch.tensor([0.2, 0.1], dtype=dtype)
    correct = torch.tensor([True, False])
    assert expected_calibration_error(confidence, correct, 5) == pytest.approx(0.35, abs=2e-3)


def test_expected_calibration_error_of_the_true_probabilities_tends_to_zero() -> None:
    logits, labels = overconfident(20_000)
    probabilities = torch.from_numpy(softmax(logits.numpy() / 2.5, axis=1))
    confidence, predicted = probabilities.max(1)
    assert expected_calibration_error(confidence, predicted == labels) < 0.015


RIGHT = torch.tensor([True, False])


@pytest.mark.parametrize(
    ("confidence", "correct", "bins", "error", "message"),
    [
        (0.5, RIGHT, 5, TypeError, "confidence: expected a floating-point tensor, got float"),
        (torch.tensor([1, 0]), RIGHT, 5, TypeError, "confidence: expected a floating-point tensor, got torch.int64"),
        (torch.rand(2), RIGHT.long(), 5, TypeError, "correct: expected a bool tensor, got torch.int64"),
        (torch.rand(2, 1), RIGHT, 5, ValueError, r"confidence: expected the shape \(N,\), N ≥ 1, got \(2, 1\)"),
        (torch.rand(0), RIGHT[:0], 5, ValueError, r"confidence: expected the shape \(N,\), N ≥ 1, got \(0,\)"),
        (torch.rand(3), RIGHT, 5, ValueError, r"correct: expected \(3,\) on cpu, got \(2,\) on cpu"),
        (torch.rand(2), RIGHT.to("meta"), 5, ValueError, r"correct: expected \(2,\) on cpu, got \(2,\) on meta"),
        (torch.tensor([0.5, 1.5]), RIGHT, 5, ValueError, r"confidence: expected numbers in \[0, 1\], got 0.5 to 1.5"),
        (torch.tensor([0.5, float("nan")]), RIGHT, 5, ValueError, r"confidence: expected numbers in \[0, 1\]"),
        (torch.rand(2), RIGHT, 0, ValueError, "bins: expected an integer of at least 1, got 0"),
        (torch.rand(2), RIGHT, 2.5, ValueError, "bins: expected an integer of at least 1, got 2.5"),
    ],
    ids=lambda value: "" if isinstance(value, torch.Tensor) else str(value),
)
def test_expected_calibration_error_refuses(confidence, correct, bins, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        expected_calibration_error(confidence, correct, bins)
