"""The audit of freezing finds what is wrong, and nothing where all is well."""

import copy

import torch
from torch import nn
from torchvision.models import resnet18

from lib.freezing import freeze, freeze_until, trainable_parameters
from lib.freezing_report import freezing_report
from lib.learning_rates import parameter_groups


def model():
    return nn.Sequential(nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Dropout(0.5)), nn.Linear(3, 2))


def test_freezing_report_counts_what_a_sum_over_the_stage_counts():
    network = freeze_until(resnet18(weights=None), "layer4")
    report = freezing_report(network)
    rows = {row.name: row for row in report.stages}
    assert rows["layer4"].trainable == rows["layer4"].parameters == sum(p.numel() for p in network.layer4.parameters())
    assert (rows["layer4"].norms, rows["layer4"].pinned) == (5, 0)
    assert (rows["layer1"].trainable, rows["layer1"].norms, rows["layer1"].pinned) == (0, 4, 4)
    assert sum(row.parameters for row in report.stages) == sum(p.numel() for p in network.parameters())
    assert report.problems == ()


def test_freezing_report_finds_norms_and_dropout_that_would_move():
    network = model()
    network[0].requires_grad_(False)
    problems = freezing_report(network).problems
    assert [problem.split(" is ")[0] for problem in problems] == ["0.1", "0.2"]
    assert "statistics move" in problems[0] and "noise" in problems[1]
    freeze(network[0])
    assert freezing_report(network).problems == ()


def test_freezing_report_finds_what_the_optimiser_would_do_wrong():
    network = model()
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
    network(torch.ones(4, 2)).sum().backward()
    network[0][0].weight.requires_grad_(False)
    optimiser.param_groups[0]["params"].append(network[1].bias)
    network[1].add_module("late", nn.Linear(1, 1, bias=False))
    problems = freezing_report(network, optimiser).problems
    assert any(p.startswith("0.0.weight is frozen and has a gradient left over") for p in problems)
    assert any(p.startswith("1.bias is in the optimiser's groups 2 times") for p in problems)
    assert any(p.startswith("1.late.weight learns and is in no group") for p in problems)
    assert len(problems) == 3


def test_freezing_report_finds_nothing_in_groups_that_hold_frozen_parameters_too():
    network = freeze_until(model(), "head")
    assert freezing_report(network, torch.optim.AdamW(parameter_groups(network, 0.1))).problems == ()
    assert freezing_report(network, torch.optim.AdamW(trainable_parameters(network))).problems == ()


def test_freezing_report_changes_nothing():
    network = model()
    network[0].requires_grad_(False)
    before = copy.deepcopy(network.state_dict())
    flags = [p.requires_grad for p in network.parameters()]
    text = str(freezing_report(network, torch.optim.SGD(network.parameters(), lr=0.1)))
    assert text.startswith("stage") and "! 0.1 is a norm" in text
    assert [p.requires_grad for p in network.parameters()] == flags
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
