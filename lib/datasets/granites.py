"""Six granites, told apart by the colour of one mineral's grains alone: a task that is distant from the source.

Shape says nothing: grains, clouds and veins are drawn alike for all six. Nor does any one pixel say much, for the
ground may have any colour. What counts is how the coloured grains differ from what lies around them: plain to see, and
lost on a network that has learnt to read shapes in whatever colour they come, because it has learnt to throw that away.
"""

import math
from functools import lru_cache

import torch
from torch import Tensor

from lib.datasets.drawing import blur, check_rows, drawn_task, each, noise, spots, uniform
from lib.datasets.task import Task

IMAGE_SIZE = 48
COLOURS = ("red", "yellow", "green", "cyan", "blue", "magenta")  # of the grains: hues 60° apart
_PER_CLASS = {"train": 200, "validation": 50, "test": 100}


@lru_cache(maxsize=4)
def granites(seed: int = 0) -> Task:
    """The six stones, 200 training images each; `seed` decides every image.

    Example:
        >>> granites().classes
        ('red', 'yellow', 'green', 'cyan', 'blue', 'magenta')
    """
    return drawn_task(
        "granites", COLOURS, _PER_CLASS, lambda labels, draws: draw_granites(labels, generator=draws), seed=seed
    )


def draw_granites(colours: Tensor, *, generator: torch.Generator) -> Tensor:
    """A stone with grains of each colour, float32 in [0, 1], shape (N, 3, 48, 48).

    colours: rows of COLOURS, int64, shape (N,), on the generator's device. The generator decides everything else.
    Raises TypeError or ValueError where they are not so.

    Example:
        >>> draw_granites(torch.tensor([0, 5]), generator=torch.Generator()).shape
        torch.Size([2, 3, 48, 48])
    """
    check_rows("colours", colours, len(COLOURS), generator)
    count = len(colours)
    ground = uniform(count, 0.35, 0.65, generator) + uniform(count, -0.1, 0.1, generator, 3, 1, 1)
    hue = hue_direction(colours).view(count, 3, 1, 1)
    mineral = ground + uniform(count, -0.1, 0.1, generator) + uniform(count, 0.16, 0.3, generator) * hue
    stone = ground + (_other_mineral(count, generator) + _clouds_and_veins(count, generator)).unsqueeze(1)
    stone = torch.lerp(stone, mineral, _grains(count, 20, 0.12, 0.35, generator).unsqueeze(1))
    stone = torch.lerp(stone, blur(stone, 0.8), uniform(count, 0, 0.8, generator))
    noise = torch.randn(stone.shape, generator=generator, device=stone.device)
    return (stone + uniform(count, 0.005, 0.02, generator) * noise).clamp(0, 1)


def hue_direction(colours: Tensor) -> Tensor:
    """What a colour adds to red, green and blue: cos(hue), cos(hue − 120°), cos(hue − 240°); shape (N, 3).

    The sum is 0, so that no colour is brighter than another.

    Example:
        >>> hue_direction(torch.tensor([0]))  # red
        tensor([[ 1.0000, -0.5000, -0.5000]])
    """
    hue = colours.unsqueeze(1) * math.pi / 3
    return (hue - torch.arange(3, device=colours.device) * 2 * math.pi / 3).cos()


def _grains(count: int, cells: int, least: float, most: float, generator: torch.Generator) -> Tensor:
    share = each(count, least, most, generator)
    return spots(noise(count, cells, IMAGE_SIZE, generator), share, 0.35)


def _other_mineral(count: int, generator: torch.Generator) -> Tensor:
    """Grains that are brighter or darker than the ground, whatever the class."""
    return each(count, -0.25, 0.25, generator) * _grains(count, 30, 0.1, 0.4, generator)


def _clouds_and_veins(count: int, generator: torch.Generator) -> Tensor:
    clouds = each(count, 0.02, 0.1, generator) * noise(count, 4, IMAGE_SIZE, generator)
    veins = (1 - noise(count, 4, IMAGE_SIZE, generator).abs() / 0.16).clamp(min=0)
    return clouds + each(count, -0.35, 0.35, generator) * veins
