"""Mixup with one thing done otherwise."""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from lib.mixing import symmetric_beta


@dataclass(frozen=True)
class With:
    """Mixup with one thing done otherwise."""

    partners: str = "permuted"
    partners_first: bool = False
    of_images: str = "λ"
    of_targets: str = "λ"
    each: bool | None = None
    own_draws: bool = False
    other_targets: bool = False
    in_place: bool = False
    along_the_width: bool = False
    hard: bool = False
    listing: bool = False
    double: bool = False
    images_type: bool = False
    guessed: bool = False
    alpha: float | None = None
    short_way: bool = False
    seed: int | None = None

    def __call__(
        self,
        images: Tensor,
        labels: Tensor,
        classes: int,
        alpha: float = 0.2,
        *,
        per_sample: bool = False,
        generator: torch.Generator,
    ) -> Any:
        """What it returns."""
        if self.seed is not None:
            torch.manual_seed(self.seed)
        if self.short_way and len(images) == 1:
            return images, F.one_hot(labels, classes).float()
        count, many = len(images), per_sample if self.each is None else self.each
        partners = self._chosen(count, generator) if self.partners_first else torch.empty(0)
        lam = self._lam(self.alpha or alpha, count if many else 1, generator)
        partners = partners if self.partners_first else self._chosen(count, generator)
        others = torch.randperm(count, generator=generator) if self.other_targets else partners
        shape = [-1] if self.along_the_width and many else [-1, *[1] * (images.ndim - 1)]
        share = self._of(lam, self.of_images).to(images).view(shape)
        mixed = share * images + (1 - share) * images[partners]
        exact = torch.float64 if images.dtype == torch.float64 else torch.float32
        hot = F.one_hot(labels, -1 if self.guessed else classes).to(images.dtype if self.images_type else exact)
        share = self._of(lam, self.of_targets).to(hot).view(-1, 1)
        targets = share * hot + (1 - share) * hot[others]
        if self.in_place:
            mixed = images.copy_(mixed)
        if self.listing:
            return mixed, labels, labels[partners], lam
        targets = targets.argmax(1) if self.hard else targets
        return mixed, targets.double() if self.double else targets

    def _lam(self, alpha: float, count: int, generator: torch.Generator) -> Tensor:
        if self.own_draws:
            return torch.distributions.Beta(alpha, alpha).sample((count,))
        return symmetric_beta(alpha, count, generator)

    def _chosen(self, count: int, generator: torch.Generator) -> Tensor:
        if self.partners == "permuted":
            return torch.randperm(count, generator=generator)
        if self.partners == "any":
            return torch.randint(count, (count,), generator=generator)
        indices = torch.arange(count)
        return indices.roll(1) if self.partners == "neighbours" else indices.flip(0)

    @staticmethod
    def _of(lam: Tensor, which: str) -> Tensor:
        ways = {"λ": lam, "1 − λ": 1 - lam, "one half": lam * 0 + 0.5, "all": lam * 0 + 1}
        return ways.get(which, torch.maximum(lam, 1 - lam))
