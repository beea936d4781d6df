"""The learning-rate range test: what it finds where the answer is known, and what it leaves alone."""

import copy
import math
from itertools import pairwise

import pytest
import torch
from torch import nn

from lib.range_test import lr_range_test


def problem():
    torch.manual_seed(0)
    labels = torch.arange(40) % 2
    return nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.0)), torch.randn(40, 2) + 3 * labels.unsqueeze(1), labels


def generator():
    return torch.Generator().manual_seed(0)


def test_lr_range_test_rates_rise_by_a_constant_factor_from_lowest_to_highest():
    model, images, labels = problem()
    found = lr_range_test(model, images, labels, lowest=1e-4, highest=1e-1, steps=7, generator=generator())
    assert found.rates[0] == 1e-4
    assert found.rates[-1] == pytest.approx(1e-1)
    ratios = [high / low for low, high in pairwise(found.rates)]
    assert ratios == pytest.approx([math.sqrt(10)] * 6)


def test_lr_range_test_stops_where_the_loss_explodes_and_suggests_a_rate_below():
    model, images, labels = problem()
    found = lr_range_test(
        model, images, labels, lowest=1e-3, highest=1e4, steps=200, generator=generator(), optimiser=torch.optim.SGD
    )
    assert len(found.rates) < 200
    assert found.losses[-1] > 4 * min(found.losses)
    assert found.suggestion == found.rates[found.losses.index(min(found.losses))] / 10


def test_lr_range_test_first_loss_is_the_model_s_and_the_model_is_left_alone():
    model, images, labels = problem()
    before, state = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    found = lr_range_test(model.eval(), images[:8], labels[:8], batch_size=32, generator=generator())
    rows = torch.randint(8, (8,), generator=generator())
    expected = nn.functional.cross_entropy(model(images[rows]), labels[rows]).item()
    assert found.losses[0] == pytest.approx(expected, abs=1e-6)
    assert not model.training and all(p.grad is None for p in model.parameters())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("options", "named"),
    [({"lowest": 1.0, "highest": 0.1}, "highest"), ({"steps": 1}, "steps"), ({"labels": torch.zeros(0)}, "labels")],
)
def test_lr_range_test_refuses(options, named):
    model, images, labels = problem()
    arguments = {"labels": labels, "generator": generator()} | options
    with pytest.raises(ValueError, match=f"{named}: expected"):
        lr_range_test(model, images, **arguments)
