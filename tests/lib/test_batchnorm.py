"""Running statistics, against NumPy and against what torch itself does in training mode."""

import numpy as np
import pytest
import torch
from torch import nn

from lib.batchnorm import norms_with_buffers, snapshot, statistics_drift


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
