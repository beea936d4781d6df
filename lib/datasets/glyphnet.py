"""GlyphNet: 1,000 classes of Unicode glyphs, drawn endlessly from a seed. The source domain of the course.

A class is a character; its twelve faces are the DejaVu fonts that matplotlib ships. An image is a glyph under random
pose, stroke, colour and blending on a ground of textures, regions and stripes, so that a network must learn shape and
cannot learn colour, place or size. No digit is among the classes and no photograph among the grounds: what a digit
looks like, and what a photograph looks like, is left for the target task to show.

Drawing runs in whole batches on the generator's device.
"""

import math
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from lib.datasets.drawing import uniform
from lib.datasets.glyph_bank import CLASSES, FACES, GLYPH_SIZE, MASK_SIZE, glyph_bank

IMAGE_SIZE = 48


def draw_glyphs(count: int, *, generator: torch.Generator, size: int = IMAGE_SIZE) -> tuple[Tensor, Tensor]:
    """Draw `count` images and their labels; the generator's state and device decide everything.

    Returns images, float32 in [0, 1], shape (count, 3, size, size), and labels, int64 in [0, 1000), shape (count,).
    Raises ValueError for count < 1.

    Example:
        >>> draw_glyphs(0, generator=torch.Generator())
        Traceback (most recent call last):
        ValueError: count: expected at least 1 image, got 0
    """
    if count < 1:
        raise ValueError(f"count: expected at least 1 image, got {count}")
    device = generator.device
    labels = torch.randint(CLASSES, (count,), generator=generator, device=device)
    faces = torch.randint(len(FACES), (count,), generator=generator, device=device)
    masks = _masks(labels, faces).unsqueeze(1).float() / 255
    glyphs = _restroke(_pose(masks, size, generator), generator)
    grounds = _add_clutter(_textures(count, size, generator), masks, generator)
    return _develop(_blend(glyphs, grounds, generator), generator), labels


# ---- the randomness: every factor is uniform in a range, one value per image --------------------------------------


def _choose(count: int, probability: float, generator: torch.Generator) -> Tensor:
    return (uniform(count, 0, 1, generator) < probability).float()


# ---- the glyph ----------------------------------------------------------------------------------------------------


def _pose(masks: Tensor, size: int, generator: torch.Generator, largest: float = 1.0) -> Tensor:
    """Rotate up to 30°, scale, stretch, shear, shift and bend; (N, 1, 64, 64) → (N, 1, size, size)."""
    count = len(masks)
    angle, shear, stretch = (uniform(count, -r, r, generator).flatten() for r in (math.radians(30), 0.3, 0.25))
    scale = largest * uniform(count, 0.4, 1.0, generator).flatten() * MASK_SIZE / GLYPH_SIZE * 0.95
    cos, sin = angle.cos() / scale, angle.sin() / scale
    wide, tall = stretch.exp(), (-stretch).exp()
    room = (1 - scale * GLYPH_SIZE / MASK_SIZE).clamp(min=0.1).unsqueeze(1)
    shift = uniform(count, -1, 1, generator, 2) * room
    linear = torch.stack([cos * wide, (sin + shear * cos) * wide, -sin * tall, (cos - shear * sin) * tall], 1)
    linear = linear.view(count, 2, 2)
    theta = torch.cat([linear, -linear @ shift.unsqueeze(2)], dim=2)
    grid = F.affine_grid(theta, [count, 1, size, size], align_corners=False)
    bend = uniform(count, -0.16, 0.16, generator, 2, 4, 4)
    bend = F.interpolate(bend, size=(size, size), mode="bicubic", align_corners=True).permute(0, 2, 3, 1)
    return F.grid_sample(masks, grid + bend, align_corners=False)


def _restroke(masks: Tensor, generator: torch.Generator) -> Tensor:
    """Soften by up to σ = 2 pixels, then make the stroke thinner or bolder and its edge crisper."""
    count = len(masks)
    levels = [masks, _blur(masks, 1.0), _blur(masks, 2.0)]
    softness = uniform(count, 0, 2, generator)
    soft = sum(level * (1 - (softness - i).abs()).clamp(min=0) for i, level in enumerate(levels))
    threshold, gain = uniform(count, 0.2, 0.55, generator), uniform(count, 0.0, 1.6, generator).exp()
    return ((soft - threshold) * gain + threshold).clamp(0, 1)


def _blur(images: Tensor, sigma: float) -> Tensor:
    radius = math.ceil(2.5 * sigma)
    offsets = torch.arange(-radius, radius + 1, device=images.device, dtype=images.dtype)
    kernel = torch.softmax(-(offsets**2) / (2 * sigma**2), 0)
    channels = images.shape[1]
    row = kernel.view(1, 1, 1, -1).expand(channels, 1, 1, -1)
    blurred = F.conv2d(images, row, padding=(0, radius), groups=channels)
    return F.conv2d(blurred, row.transpose(2, 3), padding=(radius, 0), groups=channels)


# ---- the ground ---------------------------------------------------------------------------------------------------


def _textures(count: int, size: int, generator: torch.Generator) -> Tensor:
    """Random colour plus noise of six scales, from blotches to grain; roughness and colourfulness vary by image."""
    roughness, colourfulness = uniform(count, 0.2, 1.4, generator), uniform(count, 0, 1, generator)
    texture = torch.zeros(count, 3, size, size, device=generator.device)
    for cells in (2, 3, 6, 12, 24, size):
        grey, colour = (
            torch.randn(count, c, cells, cells, generator=generator, device=generator.device) for c in (1, 3)
        )
        octave = grey * (1 - colourfulness) + colour * colourfulness
        weight = uniform(count, 0, 1, generator) * (cells / 2) ** -roughness
        texture += weight * F.interpolate(octave, size=(size, size), mode="bilinear", align_corners=False)
    texture = texture / texture.std(dim=(1, 2, 3), keepdim=True).clamp(min=1e-3)
    colour = uniform(count, 0.05, 0.95, generator, 3, 1, 1)
    return colour + uniform(count, 0, 0.25, generator) * texture


def _add_clutter(grounds: Tensor, masks: Tensor, generator: torch.Generator) -> Tensor:
    """Edges that are not the glyph's: regions of different tones, stripes, and faint pieces of other, larger glyphs."""
    count, _, size, _ = grounds.shape
    regions = _regions(count, size, generator) * uniform(count, 0, 1, generator)
    stripes = _stripes(count, size, generator) * _choose(count, 0.3, generator)
    pieces = _pose(masks.roll(1, dims=0), size, generator, largest=2.5) * _choose(count, 0.3, generator)
    tones = (uniform(count, -0.35, 0.35, generator, 3, 1, 1) for _ in range(2))
    return (grounds + regions + stripes * next(tones) + pieces * next(tones)).clamp(0, 1)


def _regions(count: int, size: int, generator: torch.Generator) -> Tensor:
    """Regions that cover one another, as things in the world do: of six random surfaces, the highest one is seen.

    Their borders are sharp, smooth or ragged by image, and meet in T-junctions (the dead leaves of Lee, Mumford and
    Huang, 2001, and of Baradad et al., 2021). Returns tones in [−0.35, 0.35], shape (count, 3, size, size).
    """
    raggedness = uniform(count, 0, 0.8, generator)
    broad, fine = (
        torch.randn(count, 6, cells, cells, generator=generator, device=generator.device) for cells in (3, 9)
    )
    surfaces = F.interpolate(broad, size=(9, 9), mode="bicubic", align_corners=True) + raggedness * fine
    surfaces = F.interpolate(surfaces, size=(size, size), mode="bicubic", align_corners=True)
    highest = surfaces.flatten(2).transpose(1, 2).contiguous().argmax(2).unsqueeze(1)  # fast where contiguous
    tones = uniform(count, -0.35, 0.35, generator, 3, 6)
    return tones.gather(2, highest.expand(-1, 3, -1)).view(count, 3, size, size)


def _stripes(count: int, size: int, generator: torch.Generator) -> Tensor:
    """Stripes of any direction, 2 to 10 across the image, soft or sharp; in [−1, 1], shape (count, 1, size, size)."""
    axis = torch.linspace(-0.5, 0.5, size, device=generator.device)
    angle, phase = (uniform(count, -math.pi, math.pi, generator) for _ in range(2))
    turned = angle.cos() * axis.view(1, 1, 1, -1) + angle.sin() * axis.view(1, 1, -1, 1)
    wave = (2 * math.pi * uniform(count, 2, 10, generator) * turned + phase).sin()
    return (wave * uniform(count, 1, 4, generator)).clamp(-1, 1)


# ---- the picture --------------------------------------------------------------------------------------------------


def _blend(glyphs: Tensor, grounds: Tensor, generator: torch.Generator) -> Tensor:
    """Half are painted in a colour that stands out, half are |ground − ink·glyph|, the blending of MNIST-M."""
    count = len(glyphs)
    inverse = (grounds - uniform(count, 0.5, 1.0, generator) * glyphs).abs()
    tone = grounds.mean(dim=(1, 2, 3), keepdim=True)
    contrast = uniform(count, 0.25, 0.6, generator) * torch.where(tone > 0.5, -1.0, 1.0)
    paint = (tone + contrast + uniform(count, -0.25, 0.25, generator, 3, 1, 1)).clamp(0, 1)
    opacity = glyphs * uniform(count, 0.7, 1.0, generator)
    painted = grounds * (1 - opacity) + paint * opacity
    return torch.where(_choose(count, 0.5, generator) > 0, inverse, painted)


def _develop(images: Tensor, generator: torch.Generator) -> Tensor:
    """Vary saturation, contrast and brightness, and add the grain of a sensor."""
    count = len(images)
    images = torch.lerp(images.mean(dim=1, keepdim=True), images, uniform(count, 0, 1, generator))
    contrast, brightness = uniform(count, 0.7, 1.2, generator), uniform(count, -0.1, 0.1, generator)
    noise = torch.randn(images.shape, generator=generator, device=images.device) * uniform(count, 0, 0.06, generator)
    return ((images - 0.5) * contrast + 0.5 + brightness + noise).clamp(0, 1)


def _masks(labels: Tensor, faces: Tensor) -> Tensor:
    """On the CPU those that are asked for are drawn; elsewhere all are, once, and stay there."""
    if labels.device.type == "cpu":
        return glyph_bank().of(labels, faces)
    return _masks_on(labels.device)[labels, faces]


@lru_cache(maxsize=2)
def _masks_on(device: torch.device) -> Tensor:
    return glyph_bank().masks.to(device)
