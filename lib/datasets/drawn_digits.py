"""Ten drawn digits: the synthetic side of drawn digits → handwritten ones.

Each digit stands in the twelve faces of GlyphNet's, in strokes of any weight, white on black and at the same range of
poses as the handwritten ones of `clean-digits`. Classes, ground and pose agree; what differs between the two domains is
the hand: type is regular, and nobody writes the 1, 4 or 7 of a typeface.
"""

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from lib.datasets import digits
from lib.datasets.drawing import blur, character_masks, check_rows, coverage, drawn_task, uniform
from lib.datasets.task import Task

_PER_CLASS = {"train": 300, "validation": 50, "test": 100}
_MARGIN = 8  # pixels of a mask around its glyph


@lru_cache(maxsize=4)
def drawn_digits(seed: int = 0) -> Task:
    """Drawn digits, white on black, 48 × 48 pixels; `seed` decides every image."""
    return drawn_task("drawn-digits", tuple("0123456789"), _PER_CLASS, _in_three_channels, seed=seed)


def draw_digits(labels: Tensor, *, generator: torch.Generator) -> Tensor:
    """An image of each digit in a random face, float32 in [0, 1], shape (N, 1, 48, 48).

    labels: int64 in [0, 10), shape (N,), on the CPU. generator: on the CPU too; it decides the rest.
    Raises TypeError or ValueError where they are not so.

    Example:
        >>> draw_digits(torch.tensor([4, 2]), generator=torch.Generator()).shape
        torch.Size([2, 1, 48, 48])
    """
    check_rows("labels", labels, 10, generator)
    masks = character_masks("0123456789")[:, :, _MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
    faces = torch.randint(masks.shape[1], (len(labels),), generator=generator)
    glyphs = F.avg_pool2d(masks[labels, faces].unsqueeze(1).float() / 255, 2)
    return digits.pose(_restroke(glyphs, generator), generator)


def _restroke(glyphs: Tensor, generator: torch.Generator) -> Tensor:
    """Thinner or bolder: soften, and take another level of the softened ink for its edge."""
    level = uniform(len(glyphs), 0.3, 0.6, generator)
    return coverage(blur(glyphs, 1.0) - level, 0.25)


def _in_three_channels(labels: Tensor, generator: torch.Generator) -> Tensor:
    return draw_digits(labels, generator=generator).expand(-1, 3, -1, -1)
