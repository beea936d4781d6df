"""Deep stacks: against stacks written out by hand, and what the chain rule says of their gradients."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from lib.depth import KINDS, Residual, deep_stack, gradient_reach


def batch(count: int = 6) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(count, 3, 12, 12, generator=generator), torch.arange(count) % 3


@pytest.mark.parametrize("kind", KINDS)
def test_deep_stack_is_what_its_layers_written_out_give(kind):
    stack, (x, _) = deep_stack(kind, 4, seed=1, channels=5, classes=3), batch()
    convolutions = [layer for layer in stack.modules() if isinstance(layer, nn.Conv2d)]
    y = convolutions[0](x).clamp_min(0)
    for first, second in zip(convolutions[1::2], convolutions[2::2], strict=True):
        kept = y
        y = F.conv2d(y, first.weight, first.bias, padding=1)
        y = F.conv2d((y if kind == "plain" else normed(y)).relu(), second.weight, second.bias, padding=1)
        y = ((y if kind == "plain" else normed(y)) + (kept if kind == "residual" else 0)).relu()
    torch.testing.assert_close(stack(x), stack[-1](y.mean((2, 3))))


def normed(y: torch.Tensor) -> torch.Tensor:
    mean, variance = y.mean((0, 2, 3), keepdim=True), y.var((0, 2, 3), keepdim=True, correction=0)
    return (y - mean) / (variance + 1e-5).sqrt()


@pytest.mark.parametrize("kind", KINDS)
def test_deep_stack_has_as_many_convolutions_as_asked_and_weights_of_its_seed_alone(kind):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    one, again, other = deep_stack(kind, 6, seed=0), deep_stack(kind, 6, seed=0), deep_stack(kind, 6, seed=1)
    assert torch.equal(before, torch.get_rng_state())
    assert sum(isinstance(layer, nn.Conv2d) for layer in one.modules()) == 1 + 6
    assert torch.equal(one[-1].weight, again[-1].weight) and not torch.equal(one[-1].weight, other[-1].weight)


def test_residual_adds_its_input():
    x = torch.tensor([[1.0, -3.0]])
    assert Residual(nn.Identity())(x).tolist() == [[2.0, 0.0]]


def test_gradient_reach_is_the_ratio_of_the_gradients_that_backward_leaves():
    stack, (x, y) = deep_stack("residual", 6, seed=0), batch()
    reach = gradient_reach(stack, x, y)
    assert all(parameter.grad is None for parameter in stack.parameters())
    F.cross_entropy(stack(x), y).backward()
    norms = [layer.weight.grad.norm() for layer in stack.modules() if isinstance(layer, nn.Conv2d)]
    assert reach == pytest.approx(float(norms[1] / norms[-1]), rel=1e-4)


def test_gradient_reach_vanishes_in_plain_stacks_explodes_with_batch_norm_and_stays_with_residuals():
    x, y = batch(16)
    plain, normed, residual = (gradient_reach(deep_stack(kind, 30, seed=0), x, y) for kind in KINDS)
    assert plain < 1e-6 and normed > 20 and 0.5 < residual < 20


@pytest.mark.parametrize("layers", [0, 3, -2], ids=["none", "odd", "below zero"])
def test_deep_stack_refuses_a_number_that_gives_no_pairs(layers):
    with pytest.raises(ValueError, match=f"layers: expected an even number of at least 2, got {layers}"):
        deep_stack("plain", layers, seed=0)


def test_deep_stack_and_gradient_reach_refuse_what_they_do_not_know():
    with pytest.raises(ValueError, match="kind: expected one of plain, normed, residual, got 'dense'"):
        deep_stack("dense", 2, seed=0)
    with pytest.raises(ValueError, match="expected a stem and at least two convolutions, got 1 convolutions"):
        gradient_reach(nn.Sequential(nn.Conv2d(3, 3, 1)), *batch())
