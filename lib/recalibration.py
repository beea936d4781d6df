"""Recalibration: batch norm's statistics of the source domain replaced by those of the target.

A network that learnt on one domain normalises by that domain's means and variances. On another its inputs are off
centre, layer after layer. Measuring the statistics anew needs images of the target, but no labels and no training.
"""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.instancenorm import _InstanceNorm

from lib.batchnorm import norms_with_buffers
from lib.features import extract_features


@torch.no_grad()
def recalibrate_batchnorm(model: nn.Module, images: Tensor, batch_size: int = 256) -> nn.Module:
    """Measure all running statistics anew on images of the target domain: AdaBN (Li et al., 2017, Algorithm 1).

    In place; returns `model` itself. images: floating point, shape (N, ...), N ≥ 1, as the model takes them, on its
    device; no labels are needed. For each layer in `norms_with_buffers` and each channel, over all the n values x that
    reach it from all images,

        μ = 1/n Σ x,   σ² = 1/(n−1) Σ (x − μ)²

    A layer's input depends on the layers before it, so they are measured in the order in which an image passes them,
    each behind layers that are measured already and in evaluation mode. In the end, in evaluation mode and on these
    images, what reaches a layer has just the mean and the variance that the layer holds, up to rounding, whatever
    `batch_size` is. A single pass in training mode does not give this: it counts a smaller last batch as if it were
    full, and misses the variance between batches. The price is one pass for each layer, up to that layer. Instance
    norm, which normalises image by image, gets the average over the images of each one's mean and unbiased variance.

    Frozen layers are measured too. Modes, parameters, momentum and `num_batches_tracked` stay as they are, the modes
    also where a pass fails. A layer that no image reaches in evaluation mode keeps its statistics. Nothing is exchanged
    between processes.

    Raises TypeError for images that are not floating point; ValueError for no images or another shape or device, for
    batch_size < 1, where images pass no running statistics or pass a layer twice (its output would decide its input),
    and where fewer than two values a channel reach a layer. Then no statistic has changed.

    Example:
        >>> norm = recalibrate_batchnorm(nn.BatchNorm1d(1), torch.tensor([[1.0], [2.0], [6.0]]), batch_size=2)
        >>> norm.running_mean.item(), norm.running_var.item()
        (3.0, 7.0)
    """
    _check_images(model, images, batch_size)
    for norm in _in_order(model, images):
        measure = _averaged if isinstance(norm, _InstanceNorm) else _pooled
        mean, variance = measure(_inputs(model, norm, images, batch_size))
        norm.get_buffer("running_mean").copy_(mean)
        norm.get_buffer("running_var").copy_(variance)
    return model


class _Reached(Exception):
    """Ends a pass at the layer whose input was wanted."""


def _in_order(model: nn.Module, images: Tensor) -> list[_NormBase]:
    """The layers with running statistics, in the order in which an image passes them in evaluation mode."""
    norms, passed, values = norms_with_buffers(model), list[str](), list[int]()

    def note(name: str, _norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        passed.append(name)
        values.append(inputs[0][0, 0].numel() * (1 if isinstance(norms[name], _InstanceNorm) else len(images)))

    with ExitStack() as hooks:
        for name, norm in norms.items():
            hooks.enter_context(norm.register_forward_pre_hook(partial(note, name)))
        extract_features(model, images[:1])
    _check_passed(passed, values)
    return [norms[name] for name in passed]


def _inputs(model: nn.Module, norm: _NormBase, images: Tensor, batch_size: int) -> Iterator[Tensor]:
    """What reaches `norm` in evaluation mode, batch by batch, in float64. Each pass ends there."""

    def stop(_layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        raise _Reached(inputs[0])

    for batch in images.split(batch_size):
        try:
            with norm.register_forward_pre_hook(stop):
                extract_features(model, batch, batch_size)
        except _Reached as reached:
            [values] = reached.args
        yield values.double()


def _pooled(batches: Iterable[Tensor]) -> tuple[Tensor, Tensor]:
    """Mean and unbiased variance of each channel over all values, joined batch by batch (Chan et al., 1979)."""
    count, mean, squares = 0, torch.zeros(()), torch.zeros(())  # squares: Σ (x − mean)²
    for batch in batches:
        values = batch.transpose(0, 1).flatten(1)  # (N, C, ...) → (C, n)
        variance, new_mean = torch.var_mean(values, 1, correction=0)
        new, shift = values.shape[1], new_mean - mean
        squares = squares + new * variance + shift.square() * (count * new / (count + new))
        count += new
        mean = mean + shift * (new / count)
    return mean, squares / (count - 1)


def _averaged(batches: Iterable[Tensor]) -> tuple[Tensor, Tensor]:
    """Mean over the images of each one's mean and unbiased variance, channel by channel."""
    moments = [torch.var_mean(batch.flatten(2), 2) for batch in batches]  # (N, C) each
    variance, mean = (torch.cat(column).mean(0) for column in zip(*moments, strict=True))
    return mean, variance


def _check_images(model: nn.Module, images: Tensor, batch_size: int) -> None:
    if not isinstance(images, Tensor) or not images.is_floating_point():
        raise TypeError(f"images: expected a floating-point tensor, got {getattr(images, 'dtype', type(images))}")
    home = next(model.buffers(), images).device
    if images.ndim < 2 or len(images) == 0 or images.device != home:
        got = f"{tuple(images.shape)} on {images.device}"
        raise ValueError(f"images: expected the shape (N, ...), N ≥ 1, on {home} like the model, got {got}")
    if not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(f"batch_size: expected an integer of at least 1, got {batch_size!r}")


def _check_passed(names: list[str], values: list[int]) -> None:
    twice = [name for name in names if names.count(name) > 1]
    if twice or not names:
        found = f"{twice[0]!r} more than once" if twice else "none"
        raise ValueError(f"model: expected images to pass running statistics, each layer once; they pass {found}")
    for name, count in zip(names, values, strict=True):
        if count < 2:
            raise ValueError(f"images: expected at least two values a channel at every norm, got {count} at {name!r}")
