"""Exercise: CutMix, a box of one image pasted into another, and targets by the areas."""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.exercises.lesson07 import mixing_parts as parts
from autograder.probes import lesson07 as probes
from lib.mixing import box_mask, cutmix, cutmix_box, symmetric_beta


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, shape: tuple[int, ...], dtype: torch.dtype = torch.float32, **arguments: Any) -> Case:
        images = (255 * torch.rand(shape, generator=generator)).to(dtype)
        labels = torch.randint(5, (shape[0],), generator=generator)
        inputs = {"images": images, "labels": labels, "classes": 5, "seed": seed + 3, "pasted": True}
        return Case(words, inputs | arguments)

    return [
        case("6 images of 3 × 8 × 13", (6, 3, 8, 13), alpha=4.0),
        case("5 images of 3 × 12 × 7, float64", (5, 3, 12, 7), torch.float64, alpha=8.0),
        case("7 images of 3 × 9 × 6, a box for each", (7, 3, 9, 6), alpha=3.0, per_sample=True),
        case("4 images of bytes, 3 × 8 × 8", (4, 3, 8, 8), torch.uint8, alpha=8.0),
        case("a batch of one image", (1, 3, 6, 6)),
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _With:
    """CutMix with one thing done otherwise."""

    in_place: bool = False
    drawn_lam: bool = False
    swapped: bool = False
    inverted: bool = False
    blended: bool = False
    turned: bool = False
    columns_first: bool = False
    centre_first: bool = False
    own_draws: bool = False
    neighbours: bool = False
    each: bool | None = None
    hot_only: bool = False
    other_targets: bool = False
    erased: bool = False
    listing: bool = False
    double: bool = False

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
        count, (height, width) = len(images), images.shape[2:]
        boxes_wanted = count if (per_sample if self.each is None else self.each) else 1
        if self.own_draws:
            lam = torch.distributions.Beta(alpha, alpha).sample((boxes_wanted,)).double()
        else:
            lam = symmetric_beta(alpha, boxes_wanted, generator)
        centre = self._centre(height, width, boxes_wanted, generator) if self.centre_first else lam
        partners = torch.arange(count).roll(1) if self.neighbours else torch.randperm(count, generator=generator)
        centre = centre if self.centre_first else self._centre(height, width, boxes_wanted, generator)
        boxes, kept = cutmix_box(height, width, lam, centre)
        inside = box_mask(boxes[:, [1, 0, 3, 2]] if self.turned else boxes, height, width).to(images.device)
        mixed = torch.where(~inside if self.inverted else inside, self._pasted(images, partners), images)
        share = (lam if self.drawn_lam else 1 - kept if self.swapped else kept).float().view(-1, 1).to(images.device)
        hot = F.one_hot(labels, classes).to(torch.float64 if images.dtype == torch.float64 else torch.float32)
        targets = share.to(hot) * hot + (1 - share.to(hot)) * hot[partners.flip(0) if self.other_targets else partners]
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
        return torch.stack([rows, columns], dim=1)

    def _pasted(self, images: Tensor, partners: Tensor) -> Tensor:
        if self.erased:
            return torch.zeros_like(images)
        theirs = images[partners]
        return (images / 2 + theirs / 2).to(images.dtype) if self.blended else theirs


EXERCISE = Exercise(
    lesson="07_data_augmentation",
    reference=cutmix,
    probe=probes.mixed,
    cases=_cases,
    properties=(
        Property(
            "Inside the box stand the partner's pixels, outside the image's own; the generator decides where.",
            2,
            ("mixed images",),
            cases=(0, 1),
        ),
        Property(
            "The targets are the shares of the pixels that can be counted in the result.",
            2,
            ("targets minus the shares in the images: largest, mean", "some image is mixed"),
            cases=(0, 1, 2),
            absolute=1e-4,
        ),
        Property("With per_sample=True every image has a box of its own.", 1, ("mixed images",), cases=(2,)),
        Property(
            "Bytes stay bytes, targets have the type of the contract, and a batch of one works too.",
            1,
            ("mixed images", "shape and type of the targets"),
            cases=(3, 4),
        ),
        parts.CALLERS,
    ),
    misconceptions=(
        Misconception(
            "in-place",
            _With(in_place=True),
            "You write the boxes into the caller's batch. The next epoch finds pictures with holes in them, under "
            "their old labels. Paste into a copy.",
        ),
        Misconception(
            "lam-as-drawn",
            _With(drawn_lam=True),
            "Your targets use the λ that was drawn. Where the box was clipped, it covers less than that: use the λ' "
            "that cutmix_box returns.",
        ),
        Misconception(
            "shares-swapped",
            _With(swapped=True),
            "Your target gives the image's own class the share of the box. λ' is what the image keeps.",
        ),
        Misconception(
            "box-kept",
            _With(inverted=True),
            "You keep the box and replace everything around it. M is 0 inside the box.",
        ),
        Misconception(
            "blended-box",
            _With(blended=True),
            "Inside the box you blend the two images. CutMix replaces; blending is Mixup's way.",
        ),
        Misconception(
            "erased-box",
            _With(erased=True),
            "Your box is empty: that would be random erasing. The partner's pixels belong there.",
        ),
        Misconception(
            "rows-and-columns-swapped",
            _With(turned=True),
            "Your box lies across: you read (top, left, bottom, right) as (left, top, right, bottom). The last two "
            "axes of images are height, then width.",
        ),
        Misconception(
            "columns-first",
            _With(columns_first=True),
            "You draw the centres' columns before their rows. The contract names the order, so that the same generator "
            "gives the same batch.",
        ),
        Misconception(
            "centre-before-partners",
            _With(centre_first=True),
            "You draw the centre before the partners. The contract names the order: λ, partners, rows, columns.",
        ),
        Misconception(
            "own-draws",
            _With(own_draws=True),
            "Your λ does not come from `generator`, but from the global random state: the same seed gives another "
            "batch each time.",
        ),
        parts.neighbours(_With(neighbours=True)),
        Misconception(
            "targets-not-mixed",
            _With(hot_only=True),
            "Your targets know nothing of the box. A picture that shows two classes needs a target that names two.",
        ),
        parts.other_partners(_With(other_targets=True)),
        Misconception(
            "one-box-for-all", _With(each=False), "With per_sample=True all your images still share one box."
        ),
        Misconception(
            "always-each",
            _With(each=True),
            "You draw a box for each image where one was asked for: per_sample is False by default.",
        ),
        parts.four_returned(_With(listing=True)),
        Misconception(
            "always-float64",
            _With(double=True),
            "Your targets are float64, whatever the images are. λ' is; bring it to the type of the targets first.",
        ),
    ),
    difficulty=3,
    minutes=20,
    hints=(
        "Draw in the order of the contract, hand λ and the centres to cutmix_box, paste into a clone, and blend the "
        "one-hot labels with what cutmix_box says is kept. Write it for one box first.",
        "The centres are torch.stack([rows, columns], dim=1). With one box: top, left, bottom, right = "
        "boxes[0].tolist(), and mixed[:, :, top:bottom, left:right] takes the same slice of images[partners]. With a "
        "box for each, do it image by image in a loop.",
    ),
)
