"""Traps around elastic weight consolidation: batch-averaged gradients, batch norm under vmap, the factor ½."""

import copy

import pytest
import torch
from torch import nn

from lib.ewc import add_ewc_gradient_, copy_parameters, ewc_penalty
from lib.fisher import fisher_diagonal


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_trap_18_fisher_from_batch_averaged_gradients():
    """The square of a batch's mean gradient is smaller than the mean of squares, here by more than ten times."""
    model, images = nn.Linear(5, 3).double(), drawn(64, 5)
    with torch.no_grad():
        model.weight.copy_(0.3 * drawn(3, 5, seed=1))
    labels = torch.multinomial(model(images).softmax(1), 1, generator=torch.Generator().manual_seed(2)).flatten()
    fisher = fisher_diagonal(model, images, labels="empirical", true_labels=labels)["weight"]
    squares = torch.zeros_like(fisher)
    for image, label in zip(images, labels, strict=True):
        loss = nn.functional.cross_entropy(model(image), label)
        squares += torch.autograd.grad(loss, model.weight)[0].square() / 64
    averaged = torch.autograd.grad(nn.functional.cross_entropy(model(images), labels), model.weight)[0].square()
    torch.testing.assert_close(fisher, squares)
    assert averaged.sum() < fisher.sum() / 10


@pytest.mark.parametrize("labels", ["sampled", "exact", "empirical"])
def test_trap_19_vmap_over_batch_norm_in_training_mode(labels: str):
    """vmap refuses to move running statistics: the model is used in evaluation mode, and comes back as it was."""
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(12, 4)).double()
    model[1].running_mean.fill_(0.5)
    images, true_labels = drawn(6, 2, 4, 4), torch.tensor([0, 1, 2, 3, 0, 1])
    before = copy.deepcopy(model.train().state_dict())
    options = {"labels": labels, "true_labels": true_labels if labels == "empirical" else None}
    in_training = fisher_diagonal(model, images, generator=torch.Generator().manual_seed(0), **options)
    assert all(layer.training for layer in model.modules())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    in_evaluation = fisher_diagonal(model.eval(), images, generator=torch.Generator().manual_seed(0), **options)
    assert not any(layer.training for layer in model.modules())
    for name, values in in_evaluation.items():
        torch.testing.assert_close(in_training[name], values)


def test_trap_ewc_without_its_half():
    """Equation 3 has λ/2: with λ = F = 1, one step of size 1 lands on the anchor, and the penalty of a unit is ½."""
    model = nn.Linear(1, 1, bias=False)
    anchor, fisher = copy_parameters(model), {"weight": torch.ones(1, 1)}
    with torch.no_grad():
        model.weight += 1
    assert ewc_penalty(model, fisher, anchor, 1.0).item() == pytest.approx(0.5)
    add_ewc_gradient_(model, fisher, anchor, 1.0)
    torch.optim.SGD(model.parameters(), lr=1.0).step()
    torch.testing.assert_close(model.weight.detach(), anchor["weight"])
