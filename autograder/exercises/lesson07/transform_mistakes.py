"""The transforms of training with one thing done otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torchvision.transforms import v2

from lib.augmentation import blur_width


@dataclass(frozen=True)
class With:
    """The transforms with one thing done otherwise."""

    scale: tuple[float, float] = (0.8, 1.0)
    cropped: bool = True
    mirrored: bool | None = None
    degrees: tuple[float, float] = (-15, 15)
    more: bool | None = None
    jitter: float = 0.2
    hue: float = 0.05
    grey: float = 0.1
    blurred: float = 0.5
    width: int | None = None
    scaled: bool = True
    statistics: tuple[float, float] | None = None
    erased: float = 0.2
    area: tuple[float, float] = (0.02, 0.15)
    erased_first: bool = False
    colour_last: bool = False
    normalised: bool = True
    jitter_last: bool = False
    mean: tuple[float, float, float] | None = None
    std: tuple[float, float, float] | None = None
    exchanged: bool = False
    more_late: bool = False
    mirror: float = 0.5
    to_image: bool = True

    def __call__(
        self, size: int, mean: Sequence[float], std: Sequence[float], *, flip: bool = True, randaugment: bool = False
    ) -> Any:
        """The composition."""
        blur = v2.GaussianBlur(self.width or blur_width(size), sigma=(0.1, 2.0))
        jitter = v2.ColorJitter(self.jitter, self.jitter, self.jitter, self.hue)
        tint = [jitter, v2.RandomGrayscale(self.grey), v2.RandomApply([blur], self.blurred)]
        crop = v2.RandomResizedCrop(size, scale=self.scale) if self.cropped else v2.Resize((size, size))
        erase = [v2.RandomErasing(self.erased, scale=self.area)] if self.erased else []
        if self.statistics is not None:
            mean, std = [self.statistics[0]] * 3, [self.statistics[1]] * 3
        mean, std = self.mean or mean, self.std or std
        mean, std = (std, mean) if self.exchanged else (mean, std)
        more = [v2.RandAugment()] if (randaugment if self.more is None else self.more) else []
        tint = tint[1:] if self.jitter_last else tint
        steps = [
            v2.RGB(),
            *([v2.ToImage()] if self.to_image else []),
            crop,
            *([v2.RandomHorizontalFlip(self.mirror)] if (flip if self.mirrored is None else self.mirrored) else []),
            v2.RandomRotation(self.degrees),
            *([] if self.more_late else more),
            *([] if self.colour_last else tint),
            *(more if self.more_late else []),
            v2.ToDtype(torch.float32, scale=self.scaled),
            *(erase if self.erased_first else []),
            *([v2.Normalize(mean, std)] if self.normalised else []),
            *(tint if self.colour_last else []),
            *([jitter] if self.jitter_last else []),
            *([] if self.erased_first else erase),
            v2.ToPureTensor(),
        ]
        return v2.Compose(steps)
