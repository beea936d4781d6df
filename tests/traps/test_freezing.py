"""Traps of freezing and of the optimiser's groups."""

import copy
from functools import partial

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts, LambdaLR, OneCycleLR
from torchvision.models import googlenet, resnet18

from lib.backbones import replace_head
from lib.freezing import freeze, freeze_until
from lib.learning_rates import parameter_groups
from lib.stages import stages
from lib.unfreezing import GradualUnfreezer


def model():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)), nn.Sequential(nn.Linear(4, 4)), nn.Linear(4, 2)
    )


def images():
    return torch.randn(6, 3, generator=torch.Generator().manual_seed(1)) * 2 + 1


def test_trap_01_requires_grad_is_false_and_statistics_move_all_the_same():
    naive, ours = model(), model()
    naive.requires_grad_(False)
    freeze(ours)
    for network in (naive, ours):
        network.train()(images())
    assert not torch.equal(naive[0][1].running_mean, torch.zeros(4))
    assert torch.equal(ours[0][1].running_mean, torch.zeros(4))


def test_trap_03_a_norm_s_own_train_does_not_set_it_moving():
    network = freeze(model())
    for layer in network.modules():
        layer.train(True)
    network(images())
    assert torch.equal(network[0][1].running_mean, torch.zeros(4))


def test_trap_04_a_fresh_head_of_equal_values_is_not_taken_for_an_old_parameter():
    network = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    network[1].load_state_dict(network[0].state_dict())  # equal, not the same
    held = {id(p) for group in parameter_groups(network, 0.1) for p in group["params"]}
    assert held == {id(p) for p in network.parameters()}
    freeze(network[0])
    assert network[1].weight.requires_grad


def test_trap_07_groups_built_up_front_serve_every_scheduler_when_a_stage_is_unfrozen():
    for make in (
        lambda o: LambdaLR(o, lambda step: 0.9**step),
        lambda o: CosineAnnealingWarmRestarts(o, 2),
        lambda o: OneCycleLR(o, [group["lr"] for group in o.param_groups], total_steps=10),
    ):
        network = model()
        unfreezer = GradualUnfreezer(network, frozen_norms=False)
        optimiser = torch.optim.AdamW(parameter_groups(network, 0.1, 0.5))
        schedule = make(optimiser)
        before = copy.deepcopy(network.state_dict())
        for _ in range(3):
            optimiser.zero_grad()
            network.train()(images()).square().sum().backward()
            optimiser.step()
            schedule.step()
            unfreezer.step(1.0)
        assert all(not torch.equal(p, before[name]) for name, p in network.named_parameters())
        steps = [
            int(optimiser.state[p]["step"]) for p in (network[2].weight, network[1][0].weight, network[0][0].weight)
        ]
        assert steps == [3, 2, 1]  # the state of what learnt before is kept


def test_trap_08_a_shared_parameter_is_stepped_once():
    network = model()
    network[1][0].bias = network[0][0].bias
    optimiser = torch.optim.SGD(parameter_groups(network, 1.0, weight_decay=0.0))
    before = network[0][0].bias.detach().clone()
    network(images()).sum().backward()
    step = network[0][0].bias.grad.clone()
    optimiser.step()
    torch.testing.assert_close(network[0][0].bias.detach(), before - step)


@pytest.mark.parametrize("build", [resnet18, partial(googlenet, init_weights=False)], ids=["resnet18", "googlenet"])
def test_trap_12_no_parameter_that_learns_stays_without_a_gradient(build):
    network = replace_head(build(weights=None), 3)
    for stage in reversed(stages(network)):
        freeze_until(network, stage).train()
        network.zero_grad()
        scores = network(torch.rand(2, 3, 64, 64))  # of GoogLeNet, the auxiliary heads' beside its own
        sum(one.sum() for one in (scores if isinstance(scores, tuple) else [scores])).backward()
        learning = [p for p in network.parameters() if p.requires_grad]
        assert all(p.grad is not None for p in learning)
