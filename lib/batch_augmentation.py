"""Augmenting a whole batch at once, on its own device, each image in its own way.

Small images fit on the GPU as uint8, all of them, and then nothing is quicker than to augment each batch where it lies
(as airbench does: Jordan, 2024). Torchvision's transforms make one draw for a whole batch; here every image has its own
draw, and the arithmetic runs over all images together. The ranges are those of augmentation.train_transform.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from lib.augmentation import blur_width
from lib.mixing import box_mask


class Draw(NamedTuple):
    """All that chance decides: for each choice one number in [0, 1) an image, shape (N,)."""

    flip: Tensor
    angle: Tensor
    crop_area: Tensor
    crop_ratio: Tensor
    crop_row: Tensor
    crop_column: Tensor
    brightness: Tensor
    contrast: Tensor
    saturation: Tensor
    hue: Tensor
    grey: Tensor
    blur: Tensor
    sigma: Tensor
    erase: Tensor
    erased_area: Tensor
    erased_ratio: Tensor
    erased_row: Tensor
    erased_column: Tensor


@dataclass(frozen=True)
class BatchAugmentation:
    """Crop, mirror, rotate, tint, blur, normalise and erase: what `train_transform` does, for all images together.

    Called with images, uint8 or floating point in [0, 1], shape (N, 3, H, W), N ≥ 1, H and W ≥ 4, and a generator, it
    returns float32 in [0, 1] on the images' device, and leaves `images` as they are. The generator may be on any
    device; it makes one draw of 18 × N numbers, which go to the images' device together. `apply` is the same without
    chance.

    normalise: None within a `Plan`, whose run normalises afterwards; in a loop of one's own, what the backbone expects
    (lib.backbones.preprocessing): the result is then in the shape that it gives, and a box is erased to 0 after it, the
    source's mean, and not to black. flip, grey, blur, erase: probabilities; a mirrored digit is none, so flip=0.0 for
    digits. degrees: rotated by up to so many either way.
    crop_area, erased_area: shares of the picture, (lowest, highest). jitter: brightness, contrast and saturation times
    1 − jitter to 1 + jitter. hue: turned by up to this share of the circle either way. sigma: of the blur, in pixels.

    It differs from `train_transform` in this: crop, mirror and rotation are one resampling, bilinear and not smoothed
    beforehand, so nothing is interpolated twice; beyond the picture's edge, the edge is repeated, while beyond the
    crop's there is picture; the crop's sides are in a ratio of 3/4 to 4/3 as far as they fit into the picture; jitter
    runs in a fixed order: brightness, contrast, saturation, hue; there is no RandAugment. Raises TypeError for a wrong
    type, ValueError for a wrong shape, values outside [0, 1] or a range that is none.

    Example:
        >>> augment = BatchAugmentation(flip=0.0)
        >>> augment(torch.zeros(2, 3, 8, 8, dtype=torch.uint8), torch.Generator()).shape
        torch.Size([2, 3, 8, 8])
        >>> from lib.pipeline import Phase, Plan, Split, fine_tune
        >>> data = Split(torch.randint(256, (4, 3, 8, 8), dtype=torch.uint8), torch.tensor([0, 1, 0, 1]))
        >>> model = nn.Sequential(nn.Flatten(), nn.Linear(192, 2))
        >>> plan = Plan((Phase(epochs=1, rate=0.01),), augment=augment)
        >>> len(fine_tune(model, data, data, plan, prepare=lambda images: (images - 0.5) / 0.25).epochs)
        1
    """

    normalise: Callable[[Tensor], Tensor] | None = None
    flip: float = 0.5
    degrees: float = 15.0
    crop_area: tuple[float, float] = (0.8, 1.0)
    jitter: float = 0.2
    hue: float = 0.05
    grey: float = 0.1
    blur: float = 0.5
    sigma: tuple[float, float] = (0.1, 2.0)
    erase: float = 0.2
    erased_area: tuple[float, float] = (0.02, 0.15)

    def __post_init__(self) -> None:
        for name, highest in _NUMBERS.items():
            _check_number(name, getattr(self, name), highest)
        for name, highest in _RANGES.items():
            _check_range(name, getattr(self, name), highest)

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """The images as they are to be trained on."""
        _check(images, generator)
        numbers = torch.rand(len(Draw._fields), len(images), generator=generator, device=generator.device)
        return self.apply(images, Draw(*numbers.to(images.device, non_blocking=images.is_cuda)))

    def apply(self, images: Tensor, draw: Draw) -> Tensor:
        """What the draw makes of the images. Draws nothing and checks nothing."""
        draw = Draw(*(numbers.view(-1, 1, 1, 1) for numbers in draw))  # to stand beside (N, C, H, W)
        images = images.float() / 255 if images.dtype == torch.uint8 else images.float()
        images = self._tinted(self._posed(images, draw), draw)
        if self.blur:
            images = _blurred(images, _between(draw.sigma, *self.sigma).where(draw.blur < self.blur, _NO_BLUR))
        return self._with_box_erased(images if self.normalise is None else self.normalise(images), draw)

    def _posed(self, images: Tensor, draw: Draw) -> Tensor:
        """Cropped, mirrored and rotated, in one resampling: the matrix takes a place in the result to one in images."""
        height, width = images.shape[2:]
        area = _between(draw.crop_area, *self.crop_area)
        lowest, highest = area.clamp(min=3 / 4), (1 / area).clamp(max=4 / 3)  # beyond, a side would not fit
        ratio = lowest * (highest / lowest) ** draw.crop_ratio
        w, h = (area * ratio).sqrt(), (area / ratio).sqrt()
        x, y = (1 - w) * (2 * draw.crop_column - 1), (1 - h) * (2 * draw.crop_row - 1)
        angle = math.radians(self.degrees) * (2 * draw.angle - 1)
        mirror = torch.where(draw.flip < self.flip, -1.0, 1.0)
        cos, sin, aspect = angle.cos(), angle.sin(), width / height
        matrix = torch.cat([w * mirror * cos, -w * mirror * sin / aspect, x, h * sin * aspect, h * cos, y], 3)
        grid = F.affine_grid(matrix.view(-1, 2, 3), list(images.shape), align_corners=False)
        return F.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)

    def _tinted(self, images: Tensor, draw: Draw) -> Tensor:
        """Colour jitter and grey, each step cut to [0, 1], as torchvision's are."""
        brightness, contrast, saturation = (
            _between(numbers, 1 - self.jitter, 1 + self.jitter)
            for numbers in (draw.brightness, draw.contrast, draw.saturation)
        )
        images = (brightness * images).clamp(0, 1)
        images = torch.lerp(_grey(images).mean((2, 3), keepdim=True), images, contrast).clamp(0, 1)
        images = torch.lerp(_grey(images), images, saturation).clamp(0, 1)
        images = _hue_turned(images, _between(draw.hue, -self.hue, self.hue))
        return torch.where(draw.grey < self.grey, _grey(images), images)

    def _with_box_erased(self, images: Tensor, draw: Draw) -> Tensor:
        """A box set to 0: the side ratio, height to width, is 0.3 to 3.3, as far as the box fits in."""
        height, width = images.shape[2:]
        area = _between(draw.erased_area, *self.erased_area) * (height * width)
        ratio = _between(draw.erased_ratio, math.log(0.3), math.log(3.3)).exp()
        chosen = draw.erase < self.erase  # the others get a box of no size
        h = (area * ratio).sqrt().round().clamp(max=height) * chosen
        w = (area / ratio).sqrt().round().clamp(max=width) * chosen
        top = (draw.erased_row * (height - h + 1)).floor()
        left = (draw.erased_column * (width - w + 1)).floor()
        return images.masked_fill(box_mask(torch.cat([top, left, top + h, left + w], 1), height, width), 0)


# ---- arithmetic ---------------------------------------------------------------------------------------------------


def _between(numbers: Tensor, low: float, high: float) -> Tensor:
    return low + (high - low) * numbers


def _grey(images: Tensor) -> Tensor:
    """How bright the colours look (ITU-R BT.601); (N, 3, H, W) → (N, 1, H, W)."""
    red, green, blue = images.split(1, dim=1)
    return 0.2989 * red + 0.587 * green + 0.114 * blue


def _hue_turned(images: Tensor, turn: Tensor) -> Tensor:
    """Every colour turned by `turn` circles in the hexagon of red, yellow, green, cyan, blue and magenta (HSV)."""
    red, green, blue = images.split(1, dim=1)
    value = images.amax(1, keepdim=True)
    chroma = value - images.amin(1, keepdim=True)
    safe = chroma.clamp(min=torch.finfo(images.dtype).tiny)  # grey has no hue: any will do, as its chroma is 0
    of_green_or_blue = torch.where(value == green, 2 + (blue - red) / safe, 4 + (red - green) / safe)
    hue = torch.where(value == red, (green - blue) / safe, of_green_or_blue) + 6 * turn  # in sixths of the circle
    steps = [(hue + sixths) % 6 for sixths in (5, 3, 1)]  # of red, green and blue
    return torch.cat([value - chroma * torch.minimum(step, 4 - step).clamp(0, 1) for step in steps], 1)


def _blurred(images: Tensor, sigma: Tensor) -> Tensor:
    """Each image under a Gaussian of its own σ, shape (N, 1, 1, 1), along one axis and then along the other."""
    radius = blur_width(min(images.shape[2:])) // 2
    offsets = torch.arange(-radius, radius + 1, device=images.device)
    weights = (-0.5 * (offsets / sigma) ** 2).softmax(3)  # (N, 1, 1, 2 · radius + 1)
    for axis, padding in ((2, (0, 0, radius, radius)), (3, (radius, radius, 0, 0))):
        padded, length = F.pad(images, padding, mode="reflect"), images.shape[axis]
        shifted = (padded.narrow(axis, k, length) * weights[..., k : k + 1] for k in range(2 * radius + 1))
        images = sum(shifted, start=torch.zeros_like(images))
    return images


# ---- checks -------------------------------------------------------------------------------------------------------

_NUMBERS = dict.fromkeys(("flip", "jitter", "grey", "blur", "erase"), 1.0) | {"hue": 0.5, "degrees": 180.0}
_RANGES = {"crop_area": 1.0, "erased_area": 1.0, "sigma": math.inf}
_NO_BLUR = 1e-3  # a σ, in pixels, at which the neighbours' weights are exactly 0


def _check_number(name: str, value: float, highest: float) -> None:
    if not isinstance(value, int | float) or not 0 <= value <= highest:
        raise ValueError(f"{name}: expected a number from 0 to {highest:g}, got {value!r}")


def _check_range(name: str, value: tuple[float, float], highest: float) -> None:
    numbers = isinstance(value, tuple) and len(value) == 2 and all(isinstance(one, int | float) for one in value)
    if not numbers or not 0 < value[0] <= value[1] <= highest:
        raise ValueError(
            f"{name}: expected two numbers, (lowest, highest), above 0 and up to {highest:g}, got {value!r}"
        )


def _check(images: Tensor, generator: torch.Generator) -> None:
    if not isinstance(images, Tensor) or not (images.dtype == torch.uint8 or images.is_floating_point()):
        kind = images.dtype if isinstance(images, Tensor) else type(images).__name__
        raise TypeError(f"images: expected a tensor, uint8 or floating point, got {kind}")
    if not isinstance(generator, torch.Generator):
        raise TypeError(f"generator: expected a torch.Generator, got {type(generator).__name__}")
    if images.ndim != 4 or images.shape[1] != 3 or len(images) == 0 or min(images.shape[2:]) < 4:
        shape = tuple(images.shape)
        raise ValueError(f"images: expected the shape (N, 3, height, width), N ≥ 1, sides ≥ 4, got {shape}")
    if images.is_floating_point() and not (images.min() >= 0 and images.max() <= 1):
        span = f"{images.min():.3g} to {images.max():.3g}"
        raise ValueError(f"images: expected values in [0, 1], not normalised yet, got {span}")
