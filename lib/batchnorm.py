"""Batch norm's running statistics: the part of a network that moves without a gradient.

In training mode a batch-norm layer normalises by the batch at hand and pulls its running mean μ and variance σ² towards
it, μ ← (1 − m)·μ + m·batch mean, with momentum m = 0.1 in torch (Ioffe & Szegedy, 2015, §3.1). These are buffers: no
optimiser holds them, no `requires_grad` stops them.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase  # the root of BatchNorm 1d–3d, SyncBatchNorm and InstanceNorm 1d–3d


@dataclass(frozen=True)
class Statistics:
    """Copies of one layer's running statistics, shape (C,) each; `eps` is what the layer adds to the variance."""

    mean: Tensor
    variance: Tensor
    eps: float


def norms_with_buffers(module: nn.Module) -> dict[str, _NormBase]:
    """The layers in `module` that keep running statistics, by dotted name, in order; `module` itself is named "".

    Batch norm of 1 to 3 dimensions, synchronised batch norm, and instance norm where it tracks statistics. Layer norm
    and group norm keep none, and neither does a batch norm made with `track_running_stats=False`.

    Example:
        >>> list(norms_with_buffers(nn.Sequential(nn.BatchNorm1d(2), nn.LayerNorm(2), nn.InstanceNorm1d(2))))
        ['0']
    """
    norms = ((name, layer) for name, layer in module.named_modules() if isinstance(layer, _NormBase))
    return {name: layer for name, layer in norms if layer.running_mean is not None}


@torch.no_grad()
def snapshot(module: nn.Module) -> dict[str, Statistics]:
    """Copies of all running statistics in `module`, by the layer's dotted name. Later training does not reach them."""
    return {name: _copies(layer) for name, layer in norms_with_buffers(module).items()}


def statistics_drift(before: dict[str, Statistics], after: dict[str, Statistics]) -> dict[str, float]:
    """How far each layer's running mean moved, in units of that channel's earlier standard deviation.

        drift = √( 1/C · Σ_c (μ'_c − μ_c)² / (σ²_c + eps) )

    0: nothing moved. 1: the typical channel is now centred where, before, only every third value lay as far out. Raises
    ValueError if the two snapshots are not of the same layers.

    Example:
        >>> norm = nn.BatchNorm1d(1)
        >>> before = snapshot(norm)
        >>> _ = norm(torch.tensor([[4.0], [6.0]]))
        >>> round(statistics_drift(before, snapshot(norm))[""], 4)
        0.5
    """
    if before.keys() != after.keys():
        raise ValueError(f"after: expected statistics of the layers {list(before)}, got those of {list(after)}")
    return {name: _shift(before[name], after[name]) for name in before}


def _copies(norm: _NormBase) -> Statistics:
    mean, variance = norm.get_buffer("running_mean"), norm.get_buffer("running_var")
    return Statistics(mean.clone(), variance.clone(), norm.eps)


def _shift(before: Statistics, after: Statistics) -> float:
    moved = (after.mean - before.mean).square() / (before.variance + before.eps)
    return float(moved.mean().sqrt())
