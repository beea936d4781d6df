"""Drawn tasks, and what they are drawn with: uniform draws, blur, noise, shapes with soft edges, characters as masks.

All of it works on whole batches, on the generator's device. A shape is given by its depth: how far each point lies
inside it, negative outside. Coordinates and depths have the shape (N, H, W); what is one number an image has (N, 1, 1).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from lib.datasets.glyph_bank import FACES, draw_masks, font_folder
from lib.datasets.task import Split, Task

_BATCH = 128  # images drawn at a time: what is in work then fits into the processor's cache


def drawn_task(
    name: str,
    classes: Sequence[str],
    per_class: Mapping[str, int],
    draw: Callable[[Tensor, torch.Generator], Tensor],
    *,
    seed: int,
    stream: int = 0,
) -> Task:
    """A Task with `per_class[split]` images of each class, in random order; `seed` and `stream` decide all of it.

    draw: takes labels, int64, shape (n,), and a CPU generator; gives images in [0, 1], shape (n, 3, H, W). stream: a
    multiple of 4; tasks of different streams share no draw with one another.

    Example:
        >>> grey = lambda labels, generator: (labels / 2).view(-1, 1, 1, 1).expand(-1, 3, 4, 4)
        >>> task = drawn_task("greys", ("dark", "light"), {"train": 3, "validation": 1, "test": 1}, grey, seed=0)
        >>> task.train.images[task.train.labels == 1].unique(), task.train.labels.bincount()
        (tensor([128], dtype=torch.uint8), tensor([3, 3]))
    """
    splits = {}
    for number, (split, count) in enumerate(per_class.items()):
        generator = torch.Generator().manual_seed(seed * 8 + stream + number)
        labels = torch.arange(len(classes)).repeat(count)
        labels = labels[torch.randperm(len(labels), generator=generator)]
        images = [(draw(batch, generator) * 255).round().to(torch.uint8) for batch in labels.split(_BATCH)]
        splits[split] = Split(torch.cat(images), labels)
    return Task(name, tuple(classes), **splits)


def check_rows(argument: str, rows: Tensor, count: int, generator: torch.Generator) -> None:
    """Raise TypeError or ValueError unless `rows` is int64 in [0, count), shape (N,), N ≥ 1, where the generator is.

    Example:
        >>> check_rows("labels", torch.tensor([0, 10]), 10, torch.Generator())
        Traceback (most recent call last):
        ValueError: labels: expected 0 to 9, got 0 to 10
    """
    if rows.dtype != torch.int64:
        raise TypeError(f"{argument}: expected int64, got {rows.dtype}")
    if rows.ndim != 1 or len(rows) == 0:
        raise ValueError(f"{argument}: expected the shape (N,), N ≥ 1, got {tuple(rows.shape)}")
    if rows.device.type != generator.device.type:
        raise ValueError(f"{argument}: expected the generator's device, {generator.device}, got {rows.device}")
    if int(rows.min()) < 0 or int(rows.max()) >= count:
        raise ValueError(f"{argument}: expected 0 to {count - 1}, got {int(rows.min())} to {int(rows.max())}")


def uniform(count: int, low: float, high: float, generator: torch.Generator, *shape: int) -> Tensor:
    """One number an image, uniform in [low, high); float32, shape (count, *shape), by default (count, 1, 1, 1).

    Example:
        >>> draw = uniform(1000, -1, 1, torch.Generator().manual_seed(0), 3)
        >>> draw.shape, bool(draw.abs().max() <= 1)
        (torch.Size([1000, 3]), True)
    """
    draw = torch.rand(count, *(shape or (1, 1, 1)), generator=generator, device=generator.device)
    return low + (high - low) * draw


def each(count: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    """One number an image, uniform in [low, high); float32, shape (count, 1, 1).

    Example:
        >>> each(5, 2, 2, torch.Generator()).flatten()  # a range of no width
        tensor([2., 2., 2., 2., 2.])
    """
    return uniform(count, low, high, generator, 1, 1)


def blur(images: Tensor, sigma: float) -> Tensor:
    """Gaussian blur by `sigma` pixels of images of shape (..., H, W); at the edge, of what lies inside the image.

    Both directions are a matrix product, which on small images is faster than a convolution.

    Example:
        >>> blur(torch.ones(1, 4, 4), 2.0).allclose(torch.ones(1, 4, 4))  # no darker at the edge
        True
    """
    rows, columns = (_gaussian(size, sigma, images) for size in images.shape[-2:])
    return rows @ images @ columns.T


def _gaussian(size: int, sigma: float, like: Tensor) -> Tensor:
    place = torch.arange(size, device=like.device, dtype=like.dtype)
    return torch.softmax(-(place - place.unsqueeze(1)).square() / (2 * sigma**2), dim=1)


def noise(count: int, cells: int, size: int, generator: torch.Generator) -> Tensor:
    """Smooth noise with mean about 0 and variance 1, `cells` bumps across; float32, shape (count, size, size).

    Example:
        >>> noise(3, 4, 24, torch.Generator().manual_seed(0)).std((1, 2))
        tensor([1., 1., 1.])
    """
    values = torch.randn(count, 1, cells, cells, generator=generator, device=generator.device)
    smooth = F.interpolate(values, size=(size, size), mode="bicubic", align_corners=False).squeeze(1)
    return smooth / smooth.std(dim=(1, 2), keepdim=True).clamp(min=1e-6)


def disc(
    x: Tensor, y: Tensor, radius: Tensor, roughness: Tensor | float, generator: torch.Generator, waves: int = 3
) -> Tensor:
    """Depth in an irregular disc around the origin: radius · (1 + Σₖ aₖ cos kθ + bₖ sin kθ) − distance, 2 ≤ k ≤ waves.

    aₖ and bₖ are drawn between ±roughness / k.

    Example:
        >>> x = torch.tensor([1.0, 3.0, 5.0]).view(1, 1, 3)
        >>> disc(x, torch.zeros(1, 1, 3), torch.tensor([3.0]).view(1, 1, 1), 0.0, torch.Generator())  # a circle
        tensor([[[ 2.,  0., -2.]]])
    """
    distance = (x.square() + y.square()).sqrt().clamp_(min=1e-6)
    cos, sin = x / distance, y / distance
    cos_k, sin_k, edge = cos, sin, radius - distance
    for k in range(2, waves + 1):
        cos_k, sin_k = cos * cos_k - sin * sin_k, sin * cos_k + cos * sin_k  # of kθ, by the addition theorem
        a, b = (each(len(x), -1, 1, generator) * radius * roughness / k for _ in range(2))
        edge = edge + a * cos_k + b * sin_k
    return edge


def thread(x: Tensor, y: Tensor, ends: tuple[Tensor, Tensor, Tensor, Tensor], radius: Tensor) -> Tensor:
    """Depth in a line of that radius, with round ends, from (ends[0], ends[1]) to (ends[2], ends[3]).

    Example:
        >>> x, zero, four = (torch.tensor(values).view(1, 1, -1) for values in ([2.0, 6.0], [0.0], [4.0]))
        >>> thread(x, zero, (zero, zero, four, zero), torch.tensor(1.0))  # on the line; 2 beyond its end
        tensor([[[ 1., -1.]]])
    """
    across, down = ends[2] - ends[0], ends[3] - ends[1]
    x, y = x - ends[0], y - ends[1]
    along = ((x * across + y * down) / (across.square() + down.square()).clamp(min=1e-6)).clamp(0, 1)
    return radius - ((x - along * across).square() + (y - along * down).square()).sqrt()


def coverage(depth: Tensor, softness: float) -> Tensor:
    """How much of a point is covered, in [0, 1]: ½ on the edge, all of it `softness` further in.

    Example:
        >>> coverage(torch.tensor([-0.5, 0.0, 0.25, 0.5]), softness=0.5)
        tensor([0.0000, 0.5000, 0.7500, 1.0000])
    """
    return (depth * (0.5 / softness) + 0.5).clamp_(0, 1)


def spots(field: Tensor, share: Tensor, softness: float) -> Tensor:
    """Coverage by the spots where a normally distributed field of variance 1 is highest: about `share` of all points.

    field: shape (N, H, W); share: in (0, 1), shape (N, 1, 1).

    Example:
        >>> field = torch.randn(1, 100, 100, generator=torch.Generator().manual_seed(0))
        >>> round(spots(field, torch.tensor(0.25), 0.1).mean().item(), 2)
        0.25
    """
    return coverage(field - math.sqrt(2) * torch.erfinv(1 - 2 * share), softness)


@lru_cache(maxsize=4)
def character_masks(characters: str) -> Tensor:
    """Each character in each of GlyphNet's twelve faces, uint8, shape (characters, 12, 64, 64), 255 = ink.

    Example:
        >>> character_masks("ab").shape
        torch.Size([2, 12, 64, 64])
    """
    return torch.stack([draw_masks(characters, font_folder() / face) for face in FACES], dim=1)
