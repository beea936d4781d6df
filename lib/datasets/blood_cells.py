"""Blood cells under the microscope, drawn: a medical-like task, 250 training images of each of eight kinds.

What tells the kinds apart is what a haematologist looks at: how large the nucleus is and how many lobes it has, how
coarse its chromatin is, whether there are granules and which dye they take. What does not: where the cell lies and how
it is turned, the red cells around and under it, focus, light, and the laboratory. It is a drawing after textbooks:
enough to compare methods on, nothing to learn medicine from.
"""

import math
from dataclasses import dataclass, fields
from functools import lru_cache
from types import SimpleNamespace

import torch
from torch import Tensor

from lib.datasets.drawing import check_rows, coverage, disc, drawn_task, each, noise, spots, thread
from lib.datasets.microscope import photograph
from lib.datasets.task import Task

IMAGE_SIZE = 48
FIELD = 24.0  # µm across the image
_PER_CLASS = {"train": 250, "validation": 50, "test": 100}
_LOBES, _RED_CELLS = 5, 9  # at most


@dataclass(frozen=True)
class Kind:
    """How one kind of cell looks. A pair is a range; lobes' sizes and places are in radii of the cell."""

    radius: tuple[float, float]  # of the cell, µm
    lobes: tuple[float, float]  # how many the nucleus has
    lobe: tuple[float, float]  # radius of one
    place: tuple[float, float] = (0, 0.15)  # of a lobe, from the middle of the cell
    step: float = 0  # angle from one to the next
    notch: float = 0  # how far the nucleus is indented
    nucleus: float = 1  # density of purple
    clumps: float = 0.3  # contrast of its chromatin
    nucleoli: float = 0  # how much paler they are than the nucleus
    body: float = 1  # whether there is a cell around it
    eosin: float = 0  # densities in the plasma
    blue: float = 0
    vacuoles: float = 0  # how empty they are
    granules: float = 0  # share of the plasma that they fill
    coarse: float = 0  # from 0, like dust, to 1
    granule_eosin: float = 0  # densities in them
    granule_purple: float = 0
    covering: float = 0  # how much of them lies over the nucleus as well


KINDS = {
    "basophil": Kind(
        radius=(5, 6.2), lobes=(2, 2), lobe=(0.45, 0.6), place=(0.25, 0.4), step=2.0, nucleus=0.7, eosin=0.05,
        blue=0.1, granules=0.3, coarse=1, granule_purple=1.5, covering=1,
    ),
    "blast": Kind(
        radius=(5.2, 6.8), lobes=(1, 1), lobe=(0.76, 0.88), nucleus=0.85, clumps=0.12, nucleoli=0.55, blue=0.42
    ),
    "eosinophil": Kind(
        radius=(5.3, 6.6), lobes=(2, 2), lobe=(0.34, 0.44), place=(0.36, 0.48), step=1.7, eosin=0.25,
        granules=0.48, coarse=0.6, granule_eosin=0.9,
    ),
    "erythroblast": Kind(
        radius=(3.8, 5), lobes=(1, 1), lobe=(0.48, 0.62), place=(0, 0.25), nucleus=1.5, clumps=0.4, eosin=0.35, blue=0.2
    ),
    "lymphocyte": Kind(
        radius=(3.9, 5), lobes=(1, 1), lobe=(0.76, 0.9), notch=0.2, nucleus=1.2, clumps=0.35, blue=0.35
    ),
    "monocyte": Kind(
        radius=(6.2, 7.8), lobes=(1, 1), lobe=(0.62, 0.74), place=(0.1, 0.25), notch=0.9, nucleus=0.85, eosin=0.06,
        blue=0.26, vacuoles=0.8, granules=0.3, granule_purple=0.15,
    ),
    "neutrophil": Kind(
        radius=(5.3, 6.6), lobes=(3, 5), lobe=(0.22, 0.3), place=(0.4, 0.52), step=1.3, nucleus=1.1, eosin=0.16,
        granules=0.4, coarse=0.2, granule_eosin=0.15, granule_purple=0.12,
    ),
    "platelets": Kind(
        radius=(4, 6), lobes=(3, 5), lobe=(0.18, 0.3), place=(0.3, 1), step=1.3, nucleus=0.6, clumps=0.6, body=0
    ),
}  # fmt: skip


@lru_cache(maxsize=4)
def blood_cells(seed: int = 0) -> Task:
    """The eight kinds, in colour, from four laboratories; `seed` decides every image."""
    return _task("blood-cells", 0, seed)


@lru_cache(maxsize=4)
def blood_cells_elsewhere(seed: int = 0) -> Task:
    """Other cells of the same eight kinds, from four other laboratories: another domain of the same task."""
    return _task("blood-cells-elsewhere", 4, seed)


def draw_cells(kinds: Tensor, laboratories: Tensor, *, generator: torch.Generator) -> Tensor:
    """An image of each kind from each laboratory, float32 in [0, 1], shape (N, 3, 48, 48).

    kinds: rows of KINDS, int64, shape (N,); laboratories: numbers, int64 in [0, 1000), shape (N,); both on the
    generator's device. The generator decides everything else. Raises TypeError or ValueError where they are not so.

    Example:
        >>> draw_cells(torch.tensor([0, 7]), torch.tensor([2, 2]), generator=torch.Generator()).shape
        torch.Size([2, 3, 48, 48])
    """
    check_rows("kinds", kinds, len(KINDS), generator)
    check_rows("laboratories", laboratories, 1000, generator)
    if len(laboratories) != len(kinds):
        raise ValueError(f"laboratories: expected one for each of {len(kinds)} kinds, got {len(laboratories)}")
    look = _look(kinds, generator)
    x, y = _field(len(kinds), generator)
    depth = disc(x, y, look.radius, 0.1, generator, waves=4)
    body = coverage(depth, 0.35) * look.body
    nucleus = _nucleus(x, y, look, generator)
    eosin, blue, purple = _white_cell(depth, body, nucleus, look, generator)
    eosin = eosin + _red_cells(x, y, generator) * (1 - 0.9 * body)  # pushed aside, though not everywhere
    return photograph(torch.stack([eosin, blue, purple], 1), laboratories, generator)


def _task(name: str, first: int, seed: int) -> Task:
    """The task of four laboratories, from the one numbered `first`."""

    def draw(labels: Tensor, generator: torch.Generator) -> Tensor:
        laboratories = torch.randint(first, first + 4, (len(labels),), generator=generator)
        return draw_cells(labels, laboratories, generator=generator)

    return drawn_task(name, tuple(KINDS), _PER_CLASS, draw, seed=seed, stream=first)


def _look(kinds: Tensor, generator: torch.Generator) -> SimpleNamespace:
    """The fields of `Kind`, drawn in their ranges; each of shape (N, 1, 1)."""
    look = {}
    for field in fields(Kind):
        values = [getattr(kind, field.name) for kind in KINDS.values()]
        ranges = torch.tensor([v if isinstance(v, tuple) else (v, v) for v in values], device=kinds.device)
        low, high = ranges.float()[kinds].T.view(2, -1, 1, 1)
        look[field.name] = low + (high - low) * each(len(kinds), 0, 1, generator)
    return SimpleNamespace(**look)


def _field(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Coordinates in µm, their origin in the middle of the white cell; the magnification varies by a fifth."""
    axis = ((torch.arange(IMAGE_SIZE, device=generator.device) + 0.5) / IMAGE_SIZE - 0.5) * FIELD
    zoom = each(count, 0.8, 1.25, generator)
    x, y = (axis * zoom - each(count, -5.5, 5.5, generator) for _ in range(2))
    return x.expand(-1, IMAGE_SIZE, -1), y.transpose(1, 2).expand(-1, -1, IMAGE_SIZE)


def _nucleus(x: Tensor, y: Tensor, look: SimpleNamespace, generator: torch.Generator) -> Tensor:
    """Depth in the nucleus: lobes on an arc, joined by threads, with a notch cut out of the first."""
    count = len(x)
    towards = each(count, -math.pi, math.pi, generator)
    turn = look.step * torch.where(each(count, 0, 1, generator) < 0.5, -1.0, 1.0)
    depth, last = torch.full_like(x, -FIELD), (torch.zeros_like(turn), torch.zeros_like(turn))
    for i in range(_LOBES):
        wobble, angle = (each(count, 0.85, 1.15, generator) for _ in range(2))
        away, angle = look.place * look.radius * wobble, towards + i * turn * angle
        place = away * angle.cos(), away * angle.sin()
        radius = look.lobe * look.radius * each(count, 0.85, 1.15, generator)
        lobe = disc(x - place[0], y - place[1], radius, 0.2, generator)
        if i:
            joint = thread(x, y, (*last, *place), 0.3 * radius)
            lobe = torch.where(look.body > 0, torch.maximum(lobe, joint), lobe)
        depth = torch.where(i < look.lobes.round(), torch.maximum(depth, lobe), depth)
        last = place
    notch = _notch(x, y, towards + math.pi, look, generator)
    return torch.where(look.notch > 0, torch.minimum(depth, -notch), depth)


def _notch(x: Tensor, y: Tensor, angle: Tensor, look: SimpleNamespace, generator: torch.Generator) -> Tensor:
    reach = look.lobe * look.radius
    angle = angle + each(len(x), -0.5, 0.5, generator)
    x, y = x - 1.25 * reach * angle.cos(), y - 1.25 * reach * angle.sin()
    return disc(x, y, (0.3 + 0.75 * look.notch) * reach, 0.15, generator)


def _white_cell(
    depth: Tensor, body: Tensor, nucleus_depth: Tensor, look: SimpleNamespace, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """Densities of eosin, blue and purple in plasma, nucleus and granules."""
    dust, fine, coarse = (noise(len(depth), cells, IMAGE_SIZE, generator) for cells in (36, 24, 15))
    nucleus = coverage(nucleus_depth, 0.3)
    chromatin = (1 + look.clumps * 0.7 * (coarse + fine)).clamp(min=0.2)
    nucleoli = coverage(noise(len(depth), 9, IMAGE_SIZE, generator) - 1.3, 0.3) * coverage(nucleus_depth - 0.7, 0.5)
    purple = nucleus * look.nucleus * chromatin * (1 - look.nucleoli * nucleoli)
    vacuoles = look.vacuoles * coverage(noise(len(depth), 12, IMAGE_SIZE, generator) - 1, 0.3)
    rim = 1 + 0.5 * (1 - (depth - 0.2).abs() / 0.8).clamp(min=0)
    plasma = body * (1 - nucleus) * (1 - vacuoles) * rim * (1 + 0.12 * fine)
    grain = torch.lerp(dust, fine, look.coarse)
    granules = spots(grain / grain.std(dim=(1, 2), keepdim=True), look.granules.clamp(min=1e-4), 0.5)
    granules = granules * coverage(depth - 0.4, 0.4) * (1 - nucleus * (1 - look.covering))
    eosin = plasma * look.eosin + granules * look.granule_eosin
    return eosin, plasma * look.blue, purple + granules * look.granule_purple


def _red_cells(x: Tensor, y: Tensor, generator: torch.Generator) -> Tensor:
    """Density of eosin in up to nine red cells, paler in the middle, crowded or sparse."""
    count = len(x)
    crowded, strength = each(count, 0.3, 1, generator), each(count, 0.35, 0.6, generator)
    pallor = each(count, 0.3, 0.9, generator)
    density = torch.zeros_like(x)
    for _ in range(_RED_CELLS):
        angle, away = each(count, -math.pi, math.pi, generator), 17 * each(count, 0.2, 1, generator).sqrt()
        across, down = x - away * angle.cos(), y - away * angle.sin()
        depth = disc(across, down, each(count, 3.1, 4.0, generator), 0.12, generator, waves=2)
        middle = coverage(depth - 2, 1.2)
        here = strength * (each(count, 0, 1, generator) < crowded)
        density = density + here * coverage(depth, 0.35) * (1 - pallor * middle)
    return density
