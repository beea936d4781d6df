"""A stained smear under a microscope: dyes, lamp, lens and camera, which differ from laboratory to laboratory.

A dye takes its share of whatever light comes through, so densities add where things overlap, and light falls off
exponentially (the law of Beer and Lambert; for stained tissue see Ruifrok & Johnston, 2001):

    image = lamp · exp(−Σ_dye density · absorbance)
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from lib.datasets.drawing import blur, noise, uniform

# eosin, methylene blue, and the purple that azure makes with eosin: what they absorb of red, green and blue
_ABSORBANCE = ((0.14, 0.62, 0.52), (0.66, 0.42, 0.13), (0.64, 0.98, 0.36))


@dataclass(frozen=True)
class Laboratory:
    """What a laboratory has of its own.

    absorbance: of its dyes, shape (3 dyes, 3 colours); lamp: its light, shape (3 colours,).
    """

    absorbance: Tensor
    lamp: Tensor


@lru_cache(maxsize=16)
def laboratory(number: int) -> Laboratory:
    """The laboratory of that number: always the same one, whatever seed its slides are drawn from.

    Example:
        >>> laboratory(1) == laboratory(1), bool(laboratory(1).lamp.equal(laboratory(2).lamp))
        (True, False)
    """
    generator = torch.Generator().manual_seed(1000 + number)
    hue, strength = (0.16 * torch.randn(3, colours, generator=generator) for colours in (3, 1))
    tint = torch.tensor([0.05, 0.09, 0.15]) * torch.rand(3, generator=generator)
    return Laboratory(torch.tensor(_ABSORBANCE) * (hue + strength).exp(), 1 - tint)


def photograph(densities: Tensor, laboratories: Tensor, generator: torch.Generator) -> Tensor:
    """Images of slides with these densities of dye, each as its laboratory would take it.

    densities: shape (N, 3 dyes, H, W), ≥ 0; laboratories: their numbers, int64, shape (N,); both on the generator's
    device. From slide to slide staining, exposure, white balance, evenness of the light, focus and the camera's noise
    vary. Returns float32 in [0, 1], shape (N, 3, H, W). Raises ValueError for densities of another shape.

    Example:
        >>> slides = torch.tensor([0.0, 3.0]).view(2, 1, 1, 1).expand(2, 3, 8, 8)  # nearly clear, and full of dye
        >>> clear, dense = photograph(slides, torch.zeros(2).long(), torch.Generator().manual_seed(0))
        >>> bool(clear.min() > dense.max())
        True
    """
    if densities.ndim != 4 or densities.shape[:2] != (len(laboratories), 3):
        raise ValueError(f"densities: expected ({len(laboratories)}, 3, H, W), got {tuple(densities.shape)}")
    used, which = laboratories.unique(return_inverse=True)
    own = [laboratory(number) for number in used.tolist()]
    absorbance, lamp = (
        torch.stack(part).to(densities.device)[which]
        for part in ([lab.absorbance for lab in own], [lab.lamp for lab in own])
    )
    absorbance = absorbance * uniform(len(densities), 0.6, 1.4, generator, 3, 1)
    absorbed = torch.einsum("ndhw,ndc->nchw", densities + _stained_ground(densities, generator), absorbance)
    return _camera(_light(lamp, absorbed, generator) * (-absorbed).exp(), generator)


def _stained_ground(densities: Tensor, generator: torch.Generator) -> Tensor:
    """A little dye everywhere, in clouds."""
    count, dyes, size, _ = densities.shape
    clouds = 0.06 + 0.03 * noise(count, 4, size, generator)
    return clouds.clamp(min=0).unsqueeze(1) * uniform(count, 0, 1, generator, dyes, 1, 1)


def _light(lamp: Tensor, like: Tensor, generator: torch.Generator) -> Tensor:
    """The lamp's colour, exposed and balanced a little differently each time, falling off to one side."""
    count, _, size, _ = like.shape
    axis = torch.linspace(-1, 1, size, device=like.device)
    right, down = (uniform(count, -0.08, 0.08, generator) for _ in range(2))
    slope = 1 + right * axis.view(1, 1, 1, -1) + down * axis.view(1, 1, -1, 1)
    balance = 1 + uniform(count, -0.04, 0.04, generator, 3, 1, 1)
    return lamp.view(-1, 3, 1, 1) * balance * uniform(count, 0.86, 1.03, generator) * slope


def _camera(images: Tensor, generator: torch.Generator) -> Tensor:
    """Out of focus by up to a pixel, with the grain of a sensor."""
    count = len(images)
    images = torch.lerp(images, blur(images, 1.2), uniform(count, 0, 0.9, generator))
    grain = torch.randn(images.shape, generator=generator, device=images.device)
    return (images + uniform(count, 0.004, 0.022, generator) * grain).clamp(0, 1)
