"""Batch norm's running statistics: the part of a network that moves without a gradient.

In training mode a batch-norm layer normalises by the batch at hand and pulls its running mean μ and variance σ² towards
it, μ ← (1 − m)·μ + m·batch mean, with momentum m = 0.1 in torch (Ioffe & Szegedy, 2015, §3.1). These are buffers: no
optimiser holds them, no `requires_grad` stops them. On another domain than the source's there are three remedies: keep
them as they are, do without them, or measure them anew (`lib.recalibration`).
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm, _NormBase  # the roots: of batch norm, and of instance norm as well

from lib.freezing import pin


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
    """Copies of all running statistics in `module`, by the layer's dotted name. Later training does not reach them.

    Example:
        >>> norm = nn.BatchNorm1d(1)
        >>> before = snapshot(norm)
        >>> _ = norm(torch.tensor([[4.0], [6.0]]))
        >>> before[""].mean, norm.running_mean
        (tensor([0.]), tensor([0.5000]))
    """
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


# ---- what to do about them -------------------------------------------------------------------------------------------


def keep_batchnorm_frozen(model: nn.Module) -> nn.Module:
    """Let every layer with running statistics use them as they are, whatever is trained in it and around it.

    In place; returns `model` itself. Meant are the layers, at any depth or the model itself, whose `running_mean` is a
    tensor (`norms_with_buffers` finds them): batch norm of 1 to 3 dimensions, and instance norm that tracks. They are
    put in evaluation mode and stay there through any later `.train()`, of their own or of a network around them.

    Their γ and β are left as they are: those that require a gradient still learn. Every other layer keeps its mode and
    follows `.train()` as before: dropout, layer norm, and a batch norm made with `track_running_stats=False`, which has
    no statistics to use. `lib.freezing.pin(layer)` does it for one layer, `unpin` undoes it.

    Example:
        >>> network = keep_batchnorm_frozen(nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))).train()
        >>> [layer.training for layer in network], network[1].weight.requires_grad
        ([True, False], True)
    """
    for norm in norms_with_buffers(model).values():
        pin(norm)
    return model


def replace_batchnorm(model: nn.Module, norm: Literal["group", "layer"], groups: int = 32) -> nn.Module:
    """Replace every batch norm by a norm that looks at one image at a time, and so holds no statistics of a domain.

    In place; returns `model` itself. norm: "group" for nn.GroupNorm with `groups` groups (Wu & He, 2018); "layer" for
    layer norm (Ba et al., 2016) in the form that takes pictures: group norm with one group, and γ and β by channel.
    Batch norm of 1 to 3 dimensions and synchronised batch norm are replaced at any depth, with running statistics or
    without; instance norm stays. A new layer has the old one's mode, eps, γ and β. These are the very same parameters,
    not copies, so an optimiser that was made before still trains them. A layer used in two places stays one layer. The
    outputs change: train the model further.

    Raises ValueError for another `norm`, for a model that is itself a batch norm, and for groups < 1 or, with "group",
    groups that do not divide the channels of every batch norm; then nothing has been replaced.

    Example:
        >>> replace_batchnorm(nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)), "group", groups=4)[1].num_groups
        4
    """
    found = {n: m for n, m in model.named_modules(remove_duplicate=False) if isinstance(m, _BatchNorm)}
    _check_replacement(found, norm, groups)
    new = {old: _group_norm(old, groups if norm == "group" else 1) for old in found.values()}
    for name, old in found.items():
        model.set_submodule(name, new[old])
    return model


# ---- helpers ------------------------------------------------------------------------------------------------------


def _group_norm(old: _BatchNorm, groups: int) -> nn.GroupNorm:
    new = nn.GroupNorm(groups, old.num_features, old.eps, old.affine, device="meta")
    new.weight, new.bias = old.weight, old.bias
    return new.train(old.training)


def _copies(norm: _NormBase) -> Statistics:
    mean, variance = norm.get_buffer("running_mean"), norm.get_buffer("running_var")
    return Statistics(mean.clone(), variance.clone(), norm.eps)


def _shift(before: Statistics, after: Statistics) -> float:
    moved = (after.mean - before.mean).square() / (before.variance + before.eps)
    return float(moved.mean().sqrt())


def _check_replacement(found: dict[str, _BatchNorm], norm: str, groups: int) -> None:
    if norm not in ("group", "layer"):
        raise ValueError(f"norm: expected 'group' or 'layer', got {norm!r}")
    if "" in found:
        raise ValueError("model: expected a network with batch norms inside, got a batch norm itself")
    widths = sorted({layer.num_features for layer in found.values()})
    if not isinstance(groups, int) or groups < 1 or (norm == "group" and any(width % groups for width in widths)):
        raise ValueError(f"groups: expected a divisor of every batch norm's channels, {widths}, got {groups!r}")
