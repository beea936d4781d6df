"""Ten handwritten digits on photographs: the target task of the course, from files that scikit-learn ships.

The digits are the 1,797 of Alpaydin and Kaynak (1998), 8 × 8 pixels, written by 43 people; the photographs are
scikit-learn's two. A digit is set at a random pose on a patch and the two are blended as |patch − digit|, the way of
MNIST-M (Ganin et al., 2016). Every digit is used once. No digit, and no pixel of a photograph, is in two splits.
"""

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits, load_sample_images
from torch import Tensor

from lib.datasets.task import Split, Task

IMAGE_SIZE = 48
_HELD_OUT = {"test": 60, "validation": 20}  # digits a class; all others are for training, 94 to 103 a class
# the photographs, 427 × 640 pixels, are cut into 7 × 10 tiles each, and every tile belongs to one split: of each
# fourteen that are about equally busy, so many to each
_TILE = (61, 64)
_TILES = {"test": 3, "validation": 2, "train": 9}


@lru_cache(maxsize=4)
def digits_on_photographs(seed: int = 0) -> Task:
    """Digits on photographs, in colour; `seed` decides the split, the poses and the patches.

    Example:
        >>> digits_on_photographs().train.images.shape
        torch.Size([997, 3, 48, 48])
    """
    return _task("digits-on-photographs", seed, _on_photographs)


@lru_cache(maxsize=4)
def clean_digits(seed: int = 0) -> Task:
    """The same digits in the same splits and at the same poses, white on black: the other domain of the same task.

    Example:
        >>> torch.equal(clean_digits().test.labels, digits_on_photographs().test.labels)
        True
    """
    return _task("clean-digits", seed, lambda digits, *_: digits.expand(-1, 3, -1, -1))


def _task(name: str, seed: int, paint: Callable[[Tensor, Tensor, torch.Generator], Tensor]) -> Task:
    pixels, labels = _digits()
    splits, tiles = {}, photograph_tiles(seed)
    for number, (split, rows) in enumerate(_indices(labels, seed).items()):
        generator = torch.Generator().manual_seed(seed * 8 + number)
        posed = pose(pixels[rows], generator)
        images = (paint(posed, tiles[split], generator) * 255).round().to(torch.uint8)
        splits[split] = Split(images, labels[rows])
    return Task(name, tuple("0123456789"), **splits)


def _digits() -> tuple[Tensor, Tensor]:
    """All digits, float32 in [0, 1], shape (1797, 1, 8, 8), and their labels."""
    data = load_digits()
    return torch.from_numpy(data.images).float().unsqueeze(1) / 16, torch.from_numpy(data.target).long()


def _indices(labels: Tensor, seed: int) -> dict[str, Tensor]:
    """The rows of each split: of every class 60 for the test, 20 for validation, the rest for training."""
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    rank = torch.empty_like(labels)  # how many of its class come before it in that order
    for label in range(10):
        rows = order[labels[order] == label]
        rank[rows] = torch.arange(len(rows))
    edges = torch.tensor(list(_HELD_OUT.values())).cumsum(0)
    part = torch.bucketize(rank[order], edges, right=True)
    return {split: order[part == i] for i, split in enumerate((*_HELD_OUT, "train"))}


def pose(digits: Tensor, generator: torch.Generator) -> Tensor:
    """Rotate up to 30°, scale to 0.4–0.8 of the image and shift within it; (N, 1, 8, 8) → (N, 1, 48, 48).

    Example:
        >>> pose(torch.ones(2, 1, 8, 8), torch.Generator().manual_seed(0)).shape
        torch.Size([2, 1, 48, 48])
    """
    count = len(digits)
    angle, scale, x, y = torch.rand(4, count, generator=generator).sub(0.5).mul(2).unbind()
    angle, scale = angle * math.radians(30), 0.6 + 0.2 * scale
    cos, sin = angle.cos() / scale, angle.sin() / scale
    linear = torch.stack([cos, sin, -sin, cos], 1).view(count, 2, 2)
    shift = (1 - 1.1 * scale).unsqueeze(1) * torch.stack([x, y], 1)  # turned, a digit needs a little more room
    theta = torch.cat([linear, -linear @ shift.unsqueeze(2)], 2)
    grid = F.affine_grid(theta, [count, 1, IMAGE_SIZE, IMAGE_SIZE], align_corners=False)
    return F.grid_sample(digits, grid, mode="bicubic", align_corners=False).clamp(0, 1)


def _on_photographs(digits: Tensor, tiles: Tensor, generator: torch.Generator) -> Tensor:
    return (_patches(len(digits), tiles, generator) - digits).abs()


def photograph_tiles(seed: int) -> dict[str, Tensor]:
    """The tiles of each split, uint8, shape (tiles, 61, 64, 3), from both photographs: as busy in one as in another.

    Example:
        >>> {split: len(tiles) for split, tiles in photograph_tiles(seed=0).items()}
        {'test': 30, 'validation': 20, 'train': 90}
    """
    height, width = _TILE
    photographs = torch.from_numpy(np.stack(load_sample_images().images))
    tiles = photographs.unfold(1, height, height).unfold(2, width, width).flatten(0, 2).permute(0, 2, 3, 1)
    alike = tiles.float().std((1, 2, 3)).argsort().view(-1, sum(_TILES.values()))
    mixed = torch.rand(alike.shape, generator=torch.Generator().manual_seed(seed)).argsort(1)
    parts = alike.gather(1, mixed).split(list(_TILES.values()), dim=1)
    return {split: tiles[part.flatten()] for split, part in zip(_TILES, parts, strict=True)}


def _patches(count: int, tiles: Tensor, generator: torch.Generator) -> Tensor:
    """Patches at random places of random tiles, float32 in [0, 1], shape (count, 3, 48, 48)."""
    rooms = (len(tiles), _TILE[0] - IMAGE_SIZE + 1, _TILE[1] - IMAGE_SIZE + 1)
    draws = (torch.randint(room, (count,), generator=generator).tolist() for room in rooms)
    places = zip(*draws, strict=True)
    patches = [tiles[tile, top : top + IMAGE_SIZE, left : left + IMAGE_SIZE] for tile, top, left in places]
    return torch.stack(patches).permute(0, 3, 1, 2).float() / 255
