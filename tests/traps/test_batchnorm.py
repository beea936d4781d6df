"""Batch norm's traps: statistics that move though "frozen", statistics that are not there, parameters left behind."""

import pytest
import torch
from torch import nn

from lib.batchnorm import keep_batchnorm_frozen, norms_with_buffers, replace_batchnorm, snapshot, statistics_drift


def images(count: int = 8, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, 3, 4, 4, generator=torch.Generator().manual_seed(seed)) * 2 + 3


@pytest.mark.parametrize("norm", [nn.BatchNorm2d(3), nn.InstanceNorm2d(3, affine=True, track_running_stats=True)])
def test_trap_01_statistics_move_without_a_gradient_and_are_held(norm: nn.Module) -> None:
    network = nn.Sequential(norm).requires_grad_(False)
    before = snapshot(network)
    network.train()(images())
    moved = snapshot(network)
    assert statistics_drift(before, moved)["0"] > 0.1  # the trap
    keep_batchnorm_frozen(network).train()(images())
    assert statistics_drift(moved, snapshot(network)) == {"0": 0.0}


def test_trap_02_an_image_is_classified_alike_in_any_company() -> None:
    """Statistics are kept by using them. Not tracking them makes evaluation mode depend on the batch, too."""
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    network.train()(images())
    expected = network.eval()(images(1))
    keep_batchnorm_frozen(network)
    for mode in (True, False):
        torch.testing.assert_close(network.train(mode)(images(8))[:1], network(images(1)))
        torch.testing.assert_close(network(images(1)), expected)
    assert list(norms_with_buffers(network)) == ["1"]

    untracked = nn.BatchNorm2d(3, track_running_stats=False).eval()
    company = untracked(images(8))[:1]
    assert (company - untracked(images(1))).abs().max() > 0.1  # the trap
    replaced = replace_batchnorm(nn.Sequential(untracked), "layer").eval()
    torch.testing.assert_close(replaced(images(8))[:1], replaced(images(1)))


def test_trap_05_an_optimiser_made_before_the_swap_trains_the_new_layers() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
    replace_batchnorm(network, "group", groups=2)
    held = {id(parameter) for group in optimiser.param_groups for parameter in group["params"]}
    assert {id(parameter) for parameter in network.parameters()} == held
    before = network[1].weight.detach().clone()
    network(images()).square().sum().backward()
    optimiser.step()
    assert not torch.equal(network[1].weight, before)
