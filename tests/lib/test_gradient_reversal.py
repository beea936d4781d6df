"""Gradient reversal, against −λ times the identity by finite differences, once and twice."""

import copy
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.autograd import gradcheck, gradgradcheck

from lib.gradient_reversal import GradientReversal, reversal_strength

laws = settings(max_examples=25, deadline=None, derandomize=True)
strengths = pytest.mark.parametrize("strength", [0, 0.3, 1.0, 7])


def drawn(*shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64).to(dtype)


# ---- the layer ----------------------------------------------------------------------------------------------------


@strengths
def test_gradient_reversal_is_minus_lambda_times_the_identity(strength):
    x = drawn(3, 4).requires_grad_()
    jacobian = torch.autograd.functional.jacobian(GradientReversal(strength), x)
    torch.testing.assert_close(jacobian.view(12, 12), -strength * torch.eye(12, dtype=torch.float64))


@strengths
def test_gradient_reversal_under_a_curve_has_the_chain_rules_first_and_second_derivative(strength):
    """sin(R(x)) has the slope −λ·cos(R(x)); differentiated again, that passes through R once more: −λ²·sin(x)."""
    x = drawn(3, 4).requires_grad_()
    (slope,) = torch.autograd.grad(GradientReversal(strength)(x).sin().sum(), x, create_graph=True)
    torch.testing.assert_close(slope, -strength * x.cos())
    (second,) = torch.autograd.grad(slope.sum(), x)
    torch.testing.assert_close(second, -(strength**2) * x.sin())


def test_gradient_reversal_twice_passes_gradcheck_and_gradgradcheck():
    """Two layers of strength 1 have the slope of the identity, so finite differences hold for the pair."""
    layer = GradientReversal(1.0)
    x = drawn(3, 4).requires_grad_()
    assert gradcheck(lambda x: layer(layer(x)).sin(), x)
    assert gradgradcheck(lambda x: layer(layer(x)).sin(), x)
    other = nn.Sequential(GradientReversal(4.0), GradientReversal(0.25))
    assert gradgradcheck(lambda x: other(x).pow(3), x)


def test_gradient_reversal_backward_passes_gradcheck_in_the_gradient():
    """−λ·g is linear in g: its own derivative is checked where it matters, in double backward."""
    layer = GradientReversal(0.7)
    x = drawn(5).requires_grad_()

    def backward(gradient):
        return torch.autograd.grad(layer(x), x, gradient, create_graph=True)[0]

    assert gradcheck(backward, drawn(5).requires_grad_())
    assert gradgradcheck(backward, drawn(5).requires_grad_())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64])
def test_gradient_reversal_keeps_every_bit_forward_and_the_dtype_backward(dtype):
    x = drawn(4, 3, dtype=dtype).requires_grad_()
    output = GradientReversal(0.5)(x)
    assert output.dtype == dtype
    assert torch.equal(output, x)
    output.backward(torch.ones_like(x))
    assert torch.equal(x.grad, torch.full_like(x, -0.5))
    assert x.grad.dtype == dtype


def test_gradient_reversal_takes_what_cannot_learn():
    layer = GradientReversal()
    assert torch.equal(layer(torch.arange(3)), torch.arange(3))
    assert not layer(drawn(3)).requires_grad
    with torch.no_grad():
        assert not layer(drawn(3).requires_grad_()).requires_grad


@pytest.mark.parametrize(
    "view",
    [lambda x: x.T, lambda x: x[:, ::2], lambda x: x[:1].expand(5, 6), lambda x: x.unfold(0, 2, 1)],
    ids=["transposed", "strided", "expanded", "overlapping"],
)
def test_gradient_reversal_of_non_contiguous_tensors(view):
    x = drawn(4, 6).requires_grad_()
    seen = view(x)
    output = GradientReversal(2.0)(seen)
    assert torch.equal(output, seen)
    (ours,) = torch.autograd.grad(output.sin().sum(), x)
    (theirs,) = torch.autograd.grad(view(x).sin().sum(), x)
    torch.testing.assert_close(ours, -2 * theirs)


def test_gradient_reversal_keeps_channels_last():
    x = drawn(2, 3, 4, 4).to(memory_format=torch.channels_last)
    assert GradientReversal()(x).is_contiguous(memory_format=torch.channels_last)


def test_gradient_reversal_under_autocast_scales_the_same_gradient():
    network = nn.Sequential(nn.Linear(4, 4), GradientReversal(0.5), nn.Linear(4, 1))
    plain = nn.Sequential(network[0], nn.Linear(4, 1))
    plain[1].load_state_dict(network[2].state_dict())
    gradients = []
    for model in (network, plain):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            output = model(drawn(6, 4, dtype=torch.float32))
        gradients.append(torch.autograd.grad(output.float().sum(), network[0].weight)[0])
    assert gradients[0].dtype == torch.float32
    torch.testing.assert_close(gradients[0], -0.5 * gradients[1])


def test_gradient_reversal_has_no_state_and_no_mode():
    layer = GradientReversal(0.25)
    assert not list(layer.parameters()) and not layer.state_dict()
    assert copy.deepcopy(layer).strength == 0.25
    assert repr(layer) == "GradientReversal(strength=0.25)"
    for mode in (True, False):
        x = drawn(2).requires_grad_()
        layer.train(mode)(x).sum().backward()
        torch.testing.assert_close(x.grad, torch.full_like(x, -0.25))


# ---- the schedule -------------------------------------------------------------------------------------------------


@laws
@given(st.floats(0, 1), st.floats(1e-3, 50))
def test_reversal_strength_is_a_hyperbolic_tangent(progress, gamma):
    assert reversal_strength(progress, gamma) == pytest.approx(math.tanh(gamma * progress / 2), abs=1e-14)


def test_reversal_strength_rises_from_exactly_zero_towards_one():
    values = [reversal_strength(p) for p in np.linspace(0, 1, 101)]
    assert values[0] == 0
    assert (np.diff(values) > 0).all()
    assert values[-1] == pytest.approx(1 - 2 / (1 + math.exp(10)))  # 0.99991
    assert reversal_strength(1, 1e6) == 1
    assert isinstance(reversal_strength(np.float32(0.5)), float)


# ---- errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (-0.1, ValueError, r"strength: expected a finite number of at least 0, got -0\.1"),
        (math.nan, ValueError, "strength: .*got nan"),
        (math.inf, ValueError, "strength: .*got inf"),
        ("1", TypeError, "strength: expected a number, got str"),
        (None, TypeError, "strength: .*got NoneType"),
        (torch.tensor(1.0), TypeError, "strength: .*got Tensor"),
    ],
)
def test_gradient_reversal_refuses_a_strength_when_made_and_when_used(value, error, message):
    with pytest.raises(error, match=message):
        GradientReversal(value)
    layer = GradientReversal()
    layer.strength = value
    with pytest.raises(error, match=message):
        layer(drawn(2))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((-0.01,), ValueError, r"progress: expected a share in \[0, 1\], got -0\.01"),
        ((1.01,), ValueError, "progress: "),
        ((math.nan,), ValueError, "progress: .*nan"),
        ((0.5, 0.0), ValueError, r"gamma: expected a positive, finite number, got 0\.0"),
        ((0.5, math.inf), ValueError, "gamma: .*inf"),
        ((torch.tensor(0.5),), TypeError, "progress: expected a number, got Tensor"),
        ((0.5, "10"), TypeError, "gamma: expected a number, got str"),
    ],
)
def test_reversal_strength_refuses_what_is_out_of_range(arguments, error, message):
    with pytest.raises(error, match=message):
        reversal_strength(*arguments)
