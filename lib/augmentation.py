"""Augmentation: new views of the training images that mean the same.

A view should change what does not matter and keep what does, and which is which depends on the task: a mirrored flower
is a flower, a mirrored 2 is no digit. Torchvision's transforms make the views here, one image after another or a whole
batch alike. To augment the images of a batch all at once and each in its own way, see batch_augmentation.py; to do it
in several processes, loading.py.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.transforms import InterpolationMode, v2

from lib.loading import draw_seeds, global_seed


def train_transform(
    size: int, mean: Sequence[float], std: Sequence[float], *, flip: bool = True, randaugment: bool = False
) -> v2.Compose:
    """A v2.Compose of torchvision's own transforms for training, in this order, ending in what the backbone expects.

    1. A crop of 80–100 % of the area, resized to size × size.
    2. With flip=True: mirrored left to right, p = 0.5. Leave it out for digits and letters, most of which become others
       or none, and wherever left and right mean something, as in a chest X-ray.
    3. Rotated by up to 15° either way, black where nothing was.
    4. With randaugment=True: two random operations at magnitude 9 (RandAugment: Cubuk et al., 2020). Some of them turn
       or tint the image once more.
    5. Brightness, contrast and saturation times 0.8–1.2, hue turned by up to 5 % of its circle.
    6. Made grey, p = 0.1.
    7. Blurred, p = 0.5, by a Gaussian of σ 0.1–2 pixels, cut off at a tenth of the image's side, `blur_width(size)`
       pixels (Chen et al., 2020, appendix A).
    8. float32, less `mean`, by `std`: the *source*'s statistics, for these are what the weights have been fitted to.
    9. A box of 2–15 % of the area set to 0, the source's mean, p = 0.2 (random erasing: Zhong et al., 2020).

    size: in pixels, at least 4. mean, std: three numbers each, of channels in [0, 1]; std above 0; within a `Plan`,
    whose run normalises afterwards, zeros and ones.
    The transform takes a PIL image, an array (H, W, 3), or a tensor (..., C, H, W), C 1 or 3, uint8 or floating point
    in [0, 1], on any device, and leaves it as it is. It returns a float32 tensor (..., 3, size, size) on that device.
    It draws from torch's global random state, one draw for a whole batch, as all of torchvision's transforms do:
    `PerImage` gives each image its own, from a generator. Raises ValueError for a size, mean or std other than above.

    Example:
        >>> transform = train_transform(32, mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25), flip=False)
        >>> transform(torch.zeros(3, 40, 50, dtype=torch.uint8)).shape
        torch.Size([3, 32, 32])
    """
    _check(size, mean, std)
    steps = [
        *_to_rgb(),
        v2.RandomResizedCrop(size, scale=(0.8, 1.0), antialias=True),
        *([v2.RandomHorizontalFlip(0.5)] if flip else []),
        v2.RandomRotation(15, interpolation=InterpolationMode.BILINEAR),
        *([v2.RandAugment(num_ops=2, magnitude=9)] if randaugment else []),
        v2.ColorJitter(brightness=0.2, contrast=0.2, saturation=0.2, hue=0.05),
        v2.RandomGrayscale(0.1),
        v2.RandomApply([v2.GaussianBlur(blur_width(size), sigma=(0.1, 2.0))], p=0.5),
        *_to_normalised(mean, std),
        v2.RandomErasing(0.2, scale=(0.02, 0.15)),
    ]
    return v2.Compose(steps)


def evaluation_transform(size: int, mean: Sequence[float], std: Sequence[float], *, crop: float = 1.0) -> v2.Compose:
    """What validation, test and use do to an image: nothing random, and the same normalisation as in training.

    The shorter side is resized to size / crop pixels, rounded, and the middle size × size of it is kept. crop=0.875 is
    ImageNet's habit, 224 of 256; the default keeps all of the shorter side, as `train_transform` crops little.
    An image of size × size is normalised and nothing else. size, mean, std, what it takes and returns, and what it
    raises are as for `train_transform`; crop: above 0, at most 1.

    Example:
        >>> transform = evaluation_transform(32, mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25))
        >>> transform(torch.zeros(3, 40, 50, dtype=torch.uint8)).unique()
        tensor([-2.])
    """
    _check(size, mean, std)
    if not isinstance(crop, int | float) or not 0 < crop <= 1:
        raise ValueError(f"crop: expected a number above 0 and at most 1, got {crop!r}")
    resized = [v2.Resize(round(size / crop), antialias=True), v2.CenterCrop(size)]
    return v2.Compose([*_to_rgb(), *resized, *_to_normalised(mean, std)])


def blur_width(size: int) -> int:
    """The odd number of pixels that is nearest to a tenth of the image's side, at least 3: where a blur is cut off.

    Example:
        >>> blur_width(48), blur_width(224)
        (5, 23)
    """
    return max(3, size // 20 * 2 + 1)


@dataclass(frozen=True)
class PerImage:
    """Any transform of one image, applied to each image of a batch by a draw of its own, from a generator.

    Called with images, shape (N, ...), N ≥ 1, and a generator, it returns the N results as one tensor. The generator
    gives one seed, and the global states that such transforms draw from are set to it while they run, and put back (see
    lib.loading.global_seed). Any transform will do, but the images take turns. `images` is left as it is. Raises
    TypeError for what is no tensor or no generator, ValueError for N = 0.

    Example:
        >>> rotate = PerImage(v2.RandomRotation(180))
        >>> views = rotate(torch.eye(9).expand(2, 1, 9, 9), torch.Generator().manual_seed(0))
        >>> torch.equal(views[0], views[1])
        False
    """

    transform: Callable[[Tensor], Tensor]

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """The transformed images."""
        if not isinstance(images, Tensor):
            raise TypeError(f"images: expected a tensor, got {type(images).__name__}")
        if images.ndim == 0 or len(images) == 0:
            raise ValueError(f"images: expected the shape (N, ...), N ≥ 1, got {tuple(images.shape)}")
        with global_seed(*draw_seeds(1, generator)):
            return torch.stack([self.transform(image) for image in images])


# ---- helpers ------------------------------------------------------------------------------------------------------


def _to_rgb() -> list[v2.Transform]:
    return [v2.RGB(), v2.ToImage()]


def _to_normalised(mean: Sequence[float], std: Sequence[float]) -> list[v2.Transform]:
    return [v2.ToDtype(torch.float32, scale=True), v2.Normalize(mean, std), v2.ToPureTensor()]


def _check(size: int, mean: Sequence[float], std: Sequence[float]) -> None:
    if not isinstance(size, int) or size < 4:
        raise ValueError(f"size: expected an integer of at least 4, got {size!r}")
    for name, values in (("mean", mean), ("std", std)):
        if not isinstance(values, Sequence) or len(values) != 3 or not all(map(_is_finite, values)):
            raise ValueError(f"{name}: expected three numbers, one a channel, got {values!r}")
    if min(std) <= 0:
        raise ValueError(f"std: expected numbers above 0, got {std!r}")


def _is_finite(value: float) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
