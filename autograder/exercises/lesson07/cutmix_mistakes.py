"""CutMix with one thing done otherwise."""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from lib.mixing import box_mask, cutmix_box, symmetric_beta


@dataclass(frozen=True)
class With:
    """CutMix with one thing done otherwise."""

    in_place: bool = False
    drawn_lam: bool = False
    swapped: bool = False
    inverted: bool = False
    blended: bool = False
    turned: bool = False
    columns_first: bool = False
    x_then_y: bool = False
    centre_first: bool = False
    own_draws: bool = False
    neighbours: bool = False
    each: bool | None = None
    hot_only: bool = False
    other_targets: bool = False
    erased: bool = False
    listing: bool = False
    double: bool = False
    images_type: bool = False
    guessed: bool = False
    alpha: float | None = None
    short_way: bool = False
    seed: int | None = None
    partners_first: bool = False
    one_by_one: bool = False

    def __call__(
        self,
        images: Tensor,
        labels: Tensor,
        classes: int,
        alpha: float = 1.0,
        *,
        per_sample: bool = False,
        generator: torch.Generator,
    ) -> Any:
        """What it returns."""
        if self.seed is not None:
            torch.manual_seed(self.seed)
        if self.short_way and len(images) == 1:
            return images, F.one_hot(labels, classes).float()
        alpha = self.alpha or alpha
        count, (height, width) = len(images), images.shape[2:]
        boxes_wanted = count if (per_sample if self.each is None else self.each) else 1
        early = torch.randperm(count, generator=generator) if self.partners_first else None
        if self.own_draws:
            lam = torch.distributions.Beta(alpha, alpha).sample((boxes_wanted,)).double()
        else:
            lam = symmetric_beta(alpha, boxes_wanted, generator)
        centre = self._centre(height, width, boxes_wanted, generator) if self.centre_first else lam
        partners = torch.arange(count).roll(1) if self.neighbours else early
        partners = torch.randperm(count, generator=generator) if partners is None else partners
        centre = centre if self.centre_first else self._centre(height, width, boxes_wanted, generator)
        boxes, kept = cutmix_box(height, width, lam, centre)
        inside = box_mask(boxes[:, [1, 0, 3, 2]] if self.turned else boxes, height, width).to(images.device)
        mixed = torch.where(~inside if self.inverted else inside, self._pasted(images, partners), images)
        if self.one_by_one:
            mixed = images.clone()
            for image, partner, box in zip(range(count), partners.tolist(), inside.expand_as(images), strict=True):
                mixed[image] = torch.where(box, mixed[partner], mixed[image])
        share = (lam if self.drawn_lam else 1 - kept if self.swapped else kept).float().view(-1, 1).to(images.device)
        exact = torch.float64 if images.dtype == torch.float64 else torch.float32
        hot = F.one_hot(labels, -1 if self.guessed else classes).to(images.dtype if self.images_type else exact)
        others = torch.randperm(count, generator=generator) if self.other_targets else partners
        targets = share.to(hot) * hot + (1 - share.to(hot)) * hot[others]
        if self.in_place:
            images.copy_(mixed)
        if self.listing:
            return mixed, labels, labels[partners], float(kept[0])
        return mixed, hot if self.hot_only else targets.double() if self.double else targets

    def _centre(self, height: int, width: int, count: int, generator: torch.Generator) -> Tensor:
        if self.columns_first:
            columns, rows = (torch.randint(n, (count,), generator=generator) for n in (width, height))
        else:
            rows, columns = (torch.randint(n, (count,), generator=generator) for n in (height, width))
        return torch.stack([columns, rows] if self.x_then_y else [rows, columns], dim=1)

    def _pasted(self, images: Tensor, partners: Tensor) -> Tensor:
        if self.erased:
            return torch.zeros_like(images)
        theirs = images[partners]
        return (images / 2 + theirs / 2).to(images.dtype) if self.blended else theirs
