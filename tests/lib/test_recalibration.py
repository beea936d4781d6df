"""Recalibration, against NumPy: in the end each layer holds the moments of what reaches it."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torchvision.models.resnet import BasicBlock, ResNet

from lib.batchnorm import norms_with_buffers
from lib.freezing import freeze, is_frozen
from lib.recalibration import recalibrate_batchnorm


def named(value: object) -> str:
    return "x".join(map(str, value)) if isinstance(value, tuple) else type(value).__name__


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * 2 + 3


def resnet() -> ResNet:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return ResNet(BasicBlock, [1, 1, 1, 1], num_classes=3)


def statistics(model: nn.Module) -> dict[str, torch.Tensor]:
    return {name: value for name, value in model.state_dict().items() if "running" in name}


@pytest.mark.parametrize(
    ("norm", "shape"),
    [
        (nn.BatchNorm1d(3), (7, 3)),
        (nn.BatchNorm1d(3), (7, 3, 5)),
        (nn.BatchNorm2d(3), (7, 3, 4, 4)),
        (nn.BatchNorm3d(3), (7, 3, 2, 2, 2)),
        (nn.SyncBatchNorm(3), (7, 3, 4)),
        (nn.BatchNorm2d(3, momentum=None).double(), (7, 3, 2, 4)),
    ],
    ids=named,
)
def test_recalibrate_batchnorm_pools_all_values(norm: nn.Module, shape: tuple) -> None:
    images = drawn(*shape).to(norm.weight.dtype)
    recalibrate_batchnorm(norm, images, batch_size=3)
    values = images.numpy().swapaxes(0, 1).reshape(3, -1)
    np.testing.assert_allclose(norm.running_mean, values.mean(1), rtol=1e-6)
    np.testing.assert_allclose(norm.running_var, values.var(1, ddof=1), rtol=1e-6)
    assert norm.num_batches_tracked == 0


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_recalibrate_batchnorm_averages_instance_norms_image_by_image(dimensions: int) -> None:
    kind = [nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d][dimensions - 1]
    norm, images = kind(3, track_running_stats=True), drawn(7, 3, *[4] * dimensions)
    recalibrate_batchnorm(norm, images, batch_size=3)
    each = images.numpy().reshape(7, 3, -1)
    np.testing.assert_allclose(norm.running_mean, each.mean(2).mean(0), rtol=1e-6)
    np.testing.assert_allclose(norm.running_var, each.var(2, ddof=1).mean(0), rtol=1e-6)
    learnt = kind(3, track_running_stats=True, momentum=1.0)
    learnt(images)  # what the layer itself estimates of one batch of them all
    torch.testing.assert_close(norm.running_var, learnt.running_var)


def test_recalibrate_batchnorm_ends_where_every_layer_holds_the_moments_of_its_input() -> None:
    network, images = resnet(), drawn(7, 3, 32, 32)
    recalibrate_batchnorm(network, images, batch_size=3)
    seen: dict[str, np.ndarray] = {}
    for name, norm in norms_with_buffers(network).items():
        norm.register_forward_pre_hook(lambda _, inputs, name=name: seen.update({name: inputs[0].detach().numpy()}))
    network.eval()(images)
    assert len(seen) == 12
    for name, norm in norms_with_buffers(network).items():
        values = seen[name].swapaxes(0, 1).reshape(norm.num_features, -1).astype(np.float64)
        np.testing.assert_allclose(norm.running_mean, values.mean(1), rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(norm.running_var, values.var(1, ddof=1), rtol=1e-4)


@given(st.integers(1, 12), st.integers(0, 5))
@settings(max_examples=10, deadline=None, derandomize=True)
def test_recalibrate_batchnorm_does_not_depend_on_the_split_nor_on_the_order(batch_size: int, seed: int) -> None:
    layers = [nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 2, 2), nn.BatchNorm2d(2)]
    whole = nn.Sequential(*layers)
    split, images = copy.deepcopy(whole), drawn(11, 3, 6, 6, seed=seed)
    recalibrate_batchnorm(whole, images)
    recalibrate_batchnorm(split, images.flip(0), batch_size)
    torch.testing.assert_close(statistics(whole), statistics(split), rtol=1e-5, atol=1e-5)


def test_recalibrate_batchnorm_does_not_depend_on_the_statistics_it_finds() -> None:
    one, images = resnet(), drawn(5, 3, 32, 32)
    other = copy.deepcopy(one).train()
    other(drawn(6, 3, 32, 32, seed=1) * 10)
    torch.testing.assert_close(
        statistics(recalibrate_batchnorm(one, images)), statistics(recalibrate_batchnorm(other, images))
    )


def test_recalibrate_batchnorm_is_not_what_one_pass_under_the_old_statistics_finds() -> None:
    network, images = nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 2), nn.BatchNorm1d(2)), drawn(9, 2)
    stale = network[1](network[0].eval()(images)).mean(0)
    network[0].train()
    recalibrate_batchnorm(network, images)
    assert (network[2].running_mean - stale).abs().max() > 0.1


def test_recalibrate_batchnorm_stays_accurate_far_from_zero() -> None:
    images = drawn(50, 2).double() + 1e8
    norm = recalibrate_batchnorm(nn.BatchNorm1d(2).double(), images, batch_size=7)
    np.testing.assert_allclose(norm.running_var, images.numpy().var(0, ddof=1), rtol=1e-6)


def test_recalibrate_batchnorm_rounds_once_in_half_precision() -> None:
    images = drawn(50, 2).bfloat16()
    norm = recalibrate_batchnorm(nn.BatchNorm1d(2).bfloat16(), images, batch_size=7)
    assert torch.equal(norm.running_mean, images.double().mean(0).bfloat16())
    assert torch.equal(norm.running_var, images.double().var(0).bfloat16())


def test_recalibrate_batchnorm_changes_nothing_but_the_statistics() -> None:
    network = nn.Sequential(nn.BatchNorm1d(3, momentum=0.3), nn.Dropout(), nn.Linear(3, 2))
    network(drawn(4, 3))
    network[1].eval()
    images = drawn(5, 3, seed=1).requires_grad_()
    before = copy.deepcopy(network.state_dict())
    flags = [p.requires_grad for p in network.parameters()]
    state = torch.get_rng_state()
    assert recalibrate_batchnorm(network, images, 2) is network
    moved = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert moved == {"0.running_mean", "0.running_var"}
    assert [layer.training for layer in network] == [True, False, True]
    assert [p.requires_grad for p in network.parameters()] == flags
    assert network[0].momentum == 0.3
    assert images.grad is None
    assert not network[0].running_mean.requires_grad
    assert torch.equal(torch.get_rng_state(), state)
    assert not network[0]._forward_pre_hooks


def test_recalibrate_batchnorm_measures_frozen_layers_which_stay_frozen() -> None:
    network = freeze(nn.Sequential(nn.BatchNorm1d(3)))
    recalibrate_batchnorm(network, drawn(5, 3))
    assert is_frozen(network)
    assert network[0].running_mean.min() > 0.5


class Auxiliary(nn.Module):
    """Passes its second layer in training mode only."""

    def __init__(self) -> None:
        super().__init__()
        self.own, self.aux = nn.BatchNorm1d(3), nn.BatchNorm1d(3)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.own(images) + (self.aux(images) if self.training else 0)


def test_recalibrate_batchnorm_leaves_what_no_image_reaches() -> None:
    network = recalibrate_batchnorm(Auxiliary(), drawn(5, 3))
    assert network.own.running_mean.min() > 0.5
    assert network.aux.running_mean.tolist() == [0, 0, 0]


class Failing(nn.Module):
    """Fails on its third call."""

    calls = 0

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        if self.calls == 3:
            raise ArithmeticError("third call")
        return images


def test_recalibrate_batchnorm_restores_modes_and_hooks_where_a_pass_fails() -> None:
    network = nn.Sequential(Failing(), nn.BatchNorm1d(3), nn.Dropout())
    network[2].eval()
    with pytest.raises(ArithmeticError):
        recalibrate_batchnorm(network, drawn(5, 3), batch_size=2)
    assert [layer.training for layer in network] == [True, True, False]
    assert not network[1]._forward_pre_hooks
    assert network[1].running_mean.tolist() == [0, 0, 0]


SHARED = nn.BatchNorm1d(3)


@pytest.mark.parametrize(
    ("model", "images", "batch_size", "error", "message"),
    [
        (
            nn.BatchNorm1d(3),
            drawn(5, 3).long(),
            2,
            TypeError,
            "images: expected a floating-point tensor, got torch.int64",
        ),
        (nn.BatchNorm1d(3), [[1.0]], 2, TypeError, "images: expected a floating-point tensor, got <class 'list'>"),
        (nn.BatchNorm1d(3), drawn(0, 3), 2, ValueError, r"images: expected the shape \(N, ...\), N ≥ 1"),
        (nn.BatchNorm1d(3), drawn(3), 2, ValueError, r"got \(3,\)"),
        (nn.BatchNorm1d(3), drawn(5, 3).to("meta"), 2, ValueError, "on cpu like the model, got .* on meta"),
        (nn.BatchNorm1d(3), drawn(5, 3), 0, ValueError, "batch_size: expected an integer of at least 1, got 0"),
        (nn.BatchNorm1d(3), drawn(5, 3), 2.0, ValueError, "batch_size: expected an integer of at least 1, got 2.0"),
        (nn.LayerNorm(3), drawn(5, 3), 2, ValueError, "model: expected images to pass running statistics.*pass none"),
        (nn.Sequential(SHARED, SHARED), drawn(5, 3), 2, ValueError, "they pass '0' more than once"),
        (
            nn.BatchNorm1d(3),
            drawn(1, 3),
            2,
            ValueError,
            "images: expected at least two values a channel .* got 1 at ''",
        ),
        (nn.InstanceNorm1d(3, track_running_stats=True), drawn(5, 3, 1), 2, ValueError, "got 1 at ''"),
    ],
)
def test_recalibrate_batchnorm_refuses(
    model: nn.Module, images: torch.Tensor, batch_size: int, error: type[Exception], message: str
) -> None:
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(error, match=message):
        recalibrate_batchnorm(model, images, batch_size)
    torch.testing.assert_close(dict(model.state_dict()), dict(before))
    assert all(layer.training for layer in model.modules())
