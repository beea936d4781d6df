"""Running statistics, against NumPy and against what torch itself does in training mode."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torchvision.models.resnet import BasicBlock, ResNet

from lib.batchnorm import (
    keep_batchnorm_frozen,
    norms_with_buffers,
    replace_batchnorm,
    snapshot,
    statistics_drift,
)
from lib.freezing import unpin


def images(seed: int = 0) -> torch.Tensor:
    return torch.randn(16, 3, 5, 5, generator=torch.Generator().manual_seed(seed)) * 2 + 3


@pytest.mark.parametrize(
    "norm",
    [nn.BatchNorm1d(3), nn.BatchNorm2d(3), nn.BatchNorm3d(3), nn.SyncBatchNorm(3)],
    ids=lambda n: type(n).__name__,
)
def test_norms_with_buffers_finds_every_kind_at_any_depth(norm: nn.Module) -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.ReLU(), norm))
    assert norms_with_buffers(network) == {"1.1": norm}


def test_norms_with_buffers_finds_instance_norm_only_where_it_tracks() -> None:
    network = nn.Sequential(nn.InstanceNorm2d(3), nn.InstanceNorm2d(3, track_running_stats=True))
    assert list(norms_with_buffers(network)) == ["1"]


@pytest.mark.parametrize("norm", [nn.LayerNorm(3), nn.GroupNorm(1, 3), nn.BatchNorm2d(3, track_running_stats=False)])
def test_norms_with_buffers_leaves_out_what_keeps_none(norm: nn.Module) -> None:
    assert norms_with_buffers(nn.Sequential(norm)) == {}


def test_snapshot_is_a_copy() -> None:
    norm = nn.BatchNorm2d(3)
    before = snapshot(norm)[""]
    norm(images())
    assert before.mean.tolist() == [0, 0, 0]
    assert before.variance.tolist() == [1, 1, 1]
    assert norm.running_mean is not None
    assert norm.running_mean.abs().min() > 0


def test_statistics_drift_is_the_formula() -> None:
    norm = nn.BatchNorm2d(3, momentum=0.25, eps=1e-3)
    norm(images(1))
    before = snapshot(norm)
    mean, variance = norm.running_mean.numpy().copy(), norm.running_var.numpy().copy()
    norm(images(2))
    shift = 0.25 * (images(2).numpy().mean(axis=(0, 2, 3)) - mean)
    expected = np.sqrt(np.mean(shift**2 / (variance + 1e-3)))
    assert statistics_drift(before, snapshot(norm))[""] == pytest.approx(expected, rel=1e-5)


def test_statistics_drift_is_zero_in_evaluation_mode() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).eval()
    before = snapshot(network)
    network(images())
    assert statistics_drift(before, snapshot(network)) == {"1": 0.0}


def test_statistics_drift_refuses_other_layers() -> None:
    with pytest.raises(ValueError, match="after: expected statistics of the layers"):
        statistics_drift(snapshot(nn.BatchNorm1d(2)), {})


# ---- keep_batchnorm_frozen ----------------------------------------------------------------------------------------

NORMS = [
    (nn.BatchNorm1d(3), (6, 3)),
    (nn.BatchNorm1d(3), (6, 3, 5)),
    (nn.BatchNorm2d(3), (6, 3, 4, 4)),
    (nn.BatchNorm3d(3), (6, 3, 2, 2, 2)),
    (nn.SyncBatchNorm(3), (6, 3, 4)),
    (nn.InstanceNorm1d(3, affine=True, track_running_stats=True), (6, 3, 5)),
    (nn.InstanceNorm2d(3, affine=True, track_running_stats=True), (6, 3, 4, 4)),
    (nn.InstanceNorm3d(3, affine=True, track_running_stats=True), (6, 3, 2, 2, 2)),
]


def named(value: object) -> str:
    return "x".join(map(str, value)) if isinstance(value, tuple) else type(value).__name__


def drawn(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0)) * 2 + 3


def resnet() -> ResNet:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return ResNet(BasicBlock, [1, 1, 1, 1], num_classes=3)


@pytest.mark.parametrize(("norm", "shape"), NORMS, ids=named)
def test_keep_batchnorm_frozen_holds_the_statistics_while_gamma_and_beta_learn(norm: nn.Module, shape: tuple) -> None:
    network = nn.Sequential(copy.deepcopy(norm), nn.Dropout())
    assert keep_batchnorm_frozen(network) is network
    network.train()
    images = drawn(*shape)
    expected = F.batch_norm(images, torch.zeros(3), torch.ones(3))  # the statistics of a new layer: 0 and 1
    torch.testing.assert_close(network[0](images), expected)
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    network(images).square().sum().backward()
    optimiser.step()
    moved = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert moved == {"0.weight", "0.bias"}
    assert network[1].training


def test_keep_batchnorm_frozen_leaves_other_modes_and_every_flag() -> None:
    network = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(), nn.Sequential(nn.BatchNorm1d(3), nn.ReLU()))
    network[1].eval()
    network[0].weight.requires_grad_(False)
    keep_batchnorm_frozen(network)
    assert [layer.training for layer in network.modules()] == [True, False, False, True, False, True]
    assert [p.requires_grad for p in network.parameters()] == [False, True, True, True]


def test_keep_batchnorm_frozen_holds_under_every_way_of_training_and_after_a_copy() -> None:
    network = nn.Sequential(nn.Sequential(nn.Conv2d(3, 3, 3), nn.BatchNorm2d(3)))
    copied = copy.deepcopy(keep_batchnorm_frozen(keep_batchnorm_frozen(network)))
    for one in (network, copied):
        norm = one[0][1]
        for train in (one.train, one[0].train, norm.train, nn.Sequential(one).train):
            train()
            assert not norm.training
    unpin(network[0][1])
    assert network.train()[0][1].training


def test_keep_batchnorm_frozen_leaves_alone_what_has_no_statistics() -> None:
    network = nn.Sequential(nn.LayerNorm(3), nn.BatchNorm1d(3, track_running_stats=False), nn.InstanceNorm1d(3))
    assert all(layer.training for layer in keep_batchnorm_frozen(network))


# ---- replace_batchnorm --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("norm", "shape"), NORMS[:5], ids=named)
@pytest.mark.parametrize(("kind", "groups"), [("group", 3), ("group", 1), ("layer", 32)])
def test_replace_batchnorm_normalises_each_image_by_itself(
    norm: nn.Module, shape: tuple, kind: str, groups: int
) -> None:
    norm = copy.deepcopy(norm)
    norm.eps = 0.5
    with torch.no_grad():
        norm.weight.copy_(torch.tensor([1.0, 2.0, 3.0]))
        norm.bias.copy_(torch.tensor([0.5, 0.0, -0.5]))
    images = drawn(*shape)
    output = replace_batchnorm(nn.Sequential(norm), kind, groups=groups)(images)
    array = images.numpy().reshape(6, 3 if (kind, groups) == ("group", 3) else 1, -1)
    scaled = (array - array.mean(2, keepdims=True)) / np.sqrt(array.var(2, keepdims=True) + 0.5)
    by_channel = scaled.reshape(6, 3, -1) * np.array([[[1], [2], [3]]]) + np.array([[[0.5], [0], [-0.5]]])
    np.testing.assert_allclose(output.detach().numpy(), by_channel.reshape(shape), rtol=1e-5, atol=1e-5)


def test_replace_batchnorm_gives_layer_norm_where_there_are_no_pictures() -> None:
    vectors = drawn(4, 6)
    replaced = replace_batchnorm(nn.Sequential(nn.BatchNorm1d(6)), "layer")
    torch.testing.assert_close(replaced(vectors), F.layer_norm(vectors, (6,)))


def test_replace_batchnorm_leaves_no_batch_norm_in_a_network_and_keeps_its_parameters_and_modes() -> None:
    network = resnet().eval()
    network.layer1.train()
    network.layer2[0].bn1.weight.requires_grad_(False)
    modes = {name: layer.training for name, layer in network.named_modules()}
    before = dict(network.named_parameters())
    assert replace_batchnorm(network, "group", 16) is network
    assert norms_with_buffers(network) == {}
    assert dict(network.named_buffers()) == {}
    assert {name: layer.training for name, layer in network.named_modules()} == modes
    after = dict(network.named_parameters())
    assert after.keys() == before.keys()
    assert all(after[name] is before[name] for name in before)


def test_replace_batchnorm_takes_those_without_parameters_or_statistics_and_leaves_other_norms() -> None:
    network = nn.Sequential(
        nn.BatchNorm2d(4, affine=False).double(),
        nn.BatchNorm2d(4, track_running_stats=False),
        nn.InstanceNorm2d(4, track_running_stats=True),
    )
    instance = network[2]
    replace_batchnorm(network, "group", 2)
    assert [type(layer) for layer in network[:2]] == [nn.GroupNorm, nn.GroupNorm]
    assert network[2] is instance
    assert list(network[0].parameters()) == []
    assert network[0](drawn(2, 4, 3, 3).double()).dtype == torch.float64


def test_replace_batchnorm_keeps_a_shared_layer_shared() -> None:
    norm = nn.BatchNorm1d(4)
    network = replace_batchnorm(nn.Sequential(norm, nn.Linear(4, 4), norm), "layer")
    assert isinstance(network[0], nn.GroupNorm)
    assert network[0] is network[2]


@pytest.mark.parametrize(
    ("norm", "groups", "message"),
    [
        ("batch", 2, "norm: expected 'group' or 'layer', got 'batch'"),
        ("group", 4, r"groups: expected a divisor of every batch norm's channels, \[4, 6\], got 4"),
        ("group", 0, "got 0"),
        ("layer", -1, "got -1"),
        ("group", 2.0, r"got 2\.0"),
    ],
)
def test_replace_batchnorm_refuses_and_replaces_nothing(norm: str, groups: int, message: str) -> None:
    network = nn.Sequential(nn.BatchNorm1d(4), nn.BatchNorm1d(6))
    with pytest.raises(ValueError, match=message):
        replace_batchnorm(network, norm, groups)
    assert [type(layer) for layer in network] == [nn.BatchNorm1d] * 2


def test_replace_batchnorm_refuses_a_batch_norm_that_nothing_holds() -> None:
    with pytest.raises(ValueError, match="model: expected a network with batch norms inside"):
        replace_batchnorm(nn.BatchNorm1d(4), "layer")
