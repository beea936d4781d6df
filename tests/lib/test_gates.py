"""Gates put in the place of others: against products written out."""

import pytest
import torch
from torch import nn
from torchvision.ops import SqueezeExcitation

from lib.gates import gates_changed


def test_gates_changed_multiplies_by_the_given_gates_and_by_its_own_again_after():
    torch.manual_seed(0)
    model, x = nn.Sequential(SqueezeExcitation(4, 2), SqueezeExcitation(4, 2)), torch.randn(3, 4, 2, 2)
    before = model(x)
    with gates_changed(model, lambda gates: torch.full_like(gates, 0.5)):
        torch.testing.assert_close(model(x), x / 4)
    torch.testing.assert_close(model(x), before)


def test_gates_changed_hands_on_what_the_layer_would_use():
    torch.manual_seed(0)
    model, x, seen = SqueezeExcitation(4, 2), torch.randn(3, 4, 2, 2), []
    expected = model(x) / x
    with gates_changed(model, lambda gates: seen.append(gates) or gates):
        model(x)
    torch.testing.assert_close(seen[0].expand_as(x), expected)


def test_gates_changed_is_over_after_an_error_and_refuses_a_model_without_gates():
    model = SqueezeExcitation(4, 2)
    with pytest.raises(RuntimeError), gates_changed(model, torch.ones_like):
        model(torch.ones(1, 3, 2, 2))
    assert bool((model(torch.ones(1, 4, 2, 2)) < 1).all())
    with (
        pytest.raises(ValueError, match="model: expected one with squeeze-and-excitation, got Linear without"),
        gates_changed(nn.Linear(2, 2), torch.ones_like),
    ):
        pass
