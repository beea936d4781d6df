"""Costs: against torchvision's metadata, products written out, and a clock that is made to tick."""

import pytest
import torch
from torch import nn
from torchvision import models

from lib import network_costs
from lib.architectures import classifier_table
from lib.network_costs import processor_seconds, stage_costs


@pytest.mark.parametrize("name", ["alexnet", "resnet18", "efficientnet_b0"])
def test_stage_costs_add_up_to_what_torchvision_says(name):
    [row] = [row for row in classifier_table() if row.name == name]
    with torch.device("meta"):
        costs = stage_costs(models.get_model(name), row.image_size)
    assert sum(cost.parameters for cost in costs) == row.parameters
    assert sum(cost.gflops for cost in costs) == pytest.approx(row.gflops, abs=0.001)


def test_stage_costs_of_a_convolution_and_a_layer_are_their_products():
    model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 6 * 6, 10)).train()
    first, head = stage_costs(model, 6)
    assert (first.parameters, first.gflops) == (3 * 8 * 9 + 8, 6 * 6 * 3 * 8 * 9 / 1e9)
    assert (head.name, head.parameters, head.gflops) == ("head", 2890, 2880 / 1e9)
    assert all(layer.training for layer in model.modules())


def test_processor_seconds_is_the_median_of_the_repeats_after_the_first(monkeypatch):
    ticks = iter([0, 100, 200, 201, 300, 305, 400, 402])  # one pass that does not count, then 1, 5 and 2 seconds
    monkeypatch.setattr(network_costs.time, "process_time", lambda: next(ticks))
    assert processor_seconds(nn.Identity(), torch.zeros(1), repeats=3) == 2


def test_processor_seconds_runs_in_evaluation_mode_and_leaves_every_mode():
    modes = []
    model = nn.Sequential(nn.BatchNorm1d(2), nn.Dropout(0.5).eval())
    model[0].register_forward_hook(lambda layer, _, __: modes.append((layer.training, torch.is_grad_enabled())))
    assert processor_seconds(model, torch.ones(4, 2), repeats=1) >= 0
    assert modes == [(False, False)] * 2
    assert [layer.training for layer in model.modules()] == [True, True, False]
    assert torch.equal(model[0].running_mean, torch.zeros(2))


@pytest.mark.parametrize(("device", "repeats"), [("meta", 3), ("cpu", 0)], ids=["elsewhere", "no repeats"])
def test_processor_seconds_refuses_other_devices_and_no_repeats(device, repeats):
    with pytest.raises(ValueError, match=f"expected the CPU and at least 1, got {device} and {repeats}"):
        processor_seconds(nn.Identity(), torch.zeros(1, device=device), repeats)
