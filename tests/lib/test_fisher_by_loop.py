"""The Fisher information as its formula reads: against many images at once, and against a closed form."""

import pytest
import torch
from torch import nn

from lib import fisher, fisher_by_loop


def network():
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Dropout(0.5), nn.Linear(144, 3)]
    return nn.Sequential(*layers).double().eval()


def test_fisher_diagonal_is_that_of_lib_fisher_over_all_classes():
    model, images = network(), torch.randn(4, 3, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    by_loop, at_once = (
        fisher_by_loop.fisher_diagonal(model, images),
        fisher.fisher_diagonal(model, images, labels="exact"),
    )
    assert by_loop.keys() == at_once.keys()
    for name, values in by_loop.items():
        torch.testing.assert_close(values, at_once[name])


def test_fisher_diagonal_of_logistic_regression_has_a_closed_form():
    x = torch.randn(6, 2, generator=torch.Generator().manual_seed(0))
    model = nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        p = model(x).softmax(1)
    expected = ((p * (1 - p)).T @ x.square()) / len(x)  # E[(1{y = k} − p_k)²] = p_k (1 − p_k)
    torch.testing.assert_close(fisher_by_loop.fisher_diagonal(model, x)["weight"], expected)


@pytest.mark.parametrize("frozen", ["0.weight", "5.bias"])
def test_fisher_diagonal_leaves_out_what_is_frozen_and_the_model_alone(frozen):
    model, images = network(), torch.zeros(2, 3, 8, 8, dtype=torch.float64)
    model.get_parameter(frozen).requires_grad_(False)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    found = fisher_by_loop.fisher_diagonal(model, images)
    assert frozen not in found and len(found) == len(list(model.parameters())) - 1
    assert all(parameter.grad is None for parameter in model.parameters())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
