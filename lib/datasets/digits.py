"""Ten handwritten digits on photographs: the target task of the course, from files that scikit-learn ships.

The digits are the 1,797 of Alpaydin and Kaynak (1998), 8 × 8 pixels, written by 43 people; the photographs are
scikit-learn's two. A digit is set at a random pose on a patch and the two are blended as |patch − digit|, the way of
MNIST-M (Ganin et al., 2016). Every digit is used once. No digit, and no column of a photograph, is in two splits.
"""

import math
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits, load_sample_images
from torch import Tensor

from lib.datasets.task import Split, Task

IMAGE_SIZE = 48
_HELD_OUT = {"test": 60, "validation": 20}  # digits a class; all others are for training, 94 to 103 a class
# bands of 80 columns, the same in both photographs: eight of them, each wide enough for a patch
_BAND = 80
_BANDS = {"train": (0, 1, 3, 4, 6), "validation": (5,), "test": (2, 7)}


@lru_cache(maxsize=4)
def digits_on_photographs(seed: int = 0) -> Task:
    """Digits on photographs, in colour; `seed` decides the split, the poses and the patches."""
    return _task("digits-on-photographs", seed, _on_photographs)


@lru_cache(maxsize=4)
def clean_digits(seed: int = 0) -> Task:
    """The same digits in the same splits and at the same poses, white on black: the other domain of the same task."""
    return _task("clean-digits", seed, lambda digits, *_: digits.expand(-1, 3, -1, -1))


def _task(name: str, seed: int, paint) -> Task:  # type: ignore[no-untyped-def]
    pixels, labels = _digits()
    splits = {}
    for number, (split, rows) in enumerate(_indices(labels, seed).items()):
        generator = torch.Generator().manual_seed(seed * 8 + number)
        posed = _pose(pixels[rows], generator)
        images = (paint(posed, split, generator) * 255).round().to(torch.uint8)
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


def _pose(digits: Tensor, generator: torch.Generator) -> Tensor:
    """Rotate up to 15°, scale to 0.5–0.9 of the image and shift within it; (N, 1, 8, 8) → (N, 1, 48, 48)."""
    count = len(digits)
    angle, scale, x, y = torch.rand(4, count, generator=generator).sub(0.5).mul(2).unbind()
    angle, scale = angle * math.radians(15), 0.7 + 0.2 * scale
    cos, sin = angle.cos() / scale, angle.sin() / scale
    linear = torch.stack([cos, sin, -sin, cos], 1).view(count, 2, 2)
    shift = (1 - scale).unsqueeze(1) * torch.stack([x, y], 1)
    theta = torch.cat([linear, -linear @ shift.unsqueeze(2)], 2)
    grid = F.affine_grid(theta, [count, 1, IMAGE_SIZE, IMAGE_SIZE], align_corners=False)
    return F.grid_sample(digits, grid, mode="bicubic", align_corners=False).clamp(0, 1)


def _on_photographs(digits: Tensor, split: str, generator: torch.Generator) -> Tensor:
    return (_patches(len(digits), split, generator) - digits).abs()


def _patches(count: int, split: str, generator: torch.Generator) -> Tensor:
    """Patches of the split's own bands, float32 in [0, 1], shape (count, 3, 48, 48)."""
    photographs = [torch.from_numpy(np.array(image)) for image in load_sample_images().images]

    def draw(choices: int) -> int:
        return int(torch.randint(choices, (), generator=generator))

    patches = []
    for _ in range(count):
        photograph, band = photographs[draw(len(photographs))], _BANDS[split][draw(len(_BANDS[split]))]
        top, left = draw(photograph.shape[0] - IMAGE_SIZE + 1), band * _BAND + draw(_BAND - IMAGE_SIZE + 1)
        patches.append(photograph[top : top + IMAGE_SIZE, left : left + IMAGE_SIZE])
    return torch.stack(patches).permute(0, 3, 1, 2).float() / 255
