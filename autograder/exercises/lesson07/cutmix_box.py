"""Exercise: CutMix's boxes, clipped, and the λ' that is right for what was clipped."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson07 as probes
from lib.mixing import cutmix_box


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)
    lam = torch.rand(5, generator=generator, dtype=torch.float64)

    def case(words: str, height: int, width: int, lam: list[float] | Tensor, centre: list[list[int]]) -> Case:
        lam = torch.as_tensor(lam, dtype=torch.float64)
        return Case(words, {"height": height, "width": width, "lam": lam, "centre": torch.tensor(centre)})

    corners = [[0, 0], [0, 14], [9, 0], [9, 14], [2, 12]]
    return [
        case("a box well inside 20 × 30 pixels", 20, 30, [0.75, 0.91, 0.64], [[10, 15], [9, 12], [8, 20]]),
        case("boxes over the edges of 10 × 15 pixels", 10, 15, [0.5, 0.36, 0.51, 0.2, 0.75], corners),
        case("drawn λ, at corners of 10 × 15 pixels", 10, 15, lam, corners),
        case("λ = 1, λ = 0 and a box of less than a pixel", 9, 7, [1.0, 0.0, 0.98], [[4, 3], [4, 3], [8, 6]]),
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _With:
    """The boxes with one thing done otherwise."""

    half: Callable[[Tensor], Tensor] = lambda lam: 0.5 * (1 - lam).sqrt()
    whole: Callable[[Tensor], Tensor] = torch.floor
    clipped: bool = True
    moved_in: bool = False
    last_pixel: int = 0
    included: int = 0
    kept: str = "from the box"
    swapped: bool = False
    left_first: bool = False
    single: bool = False

    def __call__(self, height: int, width: int, lam: Tensor, centre: Tensor) -> tuple[Tensor, Tensor]:
        """Boxes and λ'."""
        size = torch.tensor([height, width], device=lam.device)
        middle = centre.flip(1) if self.swapped else centre
        half = self.whole(self.half(lam.double()).unsqueeze(1) * size).long()
        first, last = middle - half, middle + half
        drawn = (last - first).prod(1).double() / (height * width)
        if self.moved_in:
            over = (-first).clamp(min=0) - (last - size).clamp(min=0)
            first, last = first + over, last + over
        if self.clipped:
            first, last = first.clamp(min=0), last.minimum(size - self.last_pixel)
        share = (last - first).prod(1).double() / (height * width)
        kept = {"from the box": 1 - share, "as drawn": lam.double(), "the box": share, "before clipping": 1 - drawn}
        last = last - self.included
        found = torch.cat([first.flip(1), last.flip(1)] if self.left_first else [first, last], 1)
        return found, kept[self.kept].float() if self.single else kept[self.kept]


EXERCISE = Exercise(
    lesson="07_data_augmentation",
    reference=cutmix_box,
    probe=probes.boxes,
    cases=_cases,
    properties=(
        Property(
            "A box that lies inside is centred, and as large as λ asks.",
            2,
            ("boxes (top, left, bottom, right)",),
            cases=(0,),
        ),
        Property("A box that reaches over an edge ends there.", 1, ("boxes (top, left, bottom, right)",), cases=(1, 2)),
        Property(
            "λ' is the share of the pixels outside the clipped box, float64.",
            2,
            (
                "type of λ'",
                "λ' minus the share outside the box that is returned, at most",
                "some box covers something",
            ),
            cases=(1, 2),
        ),
        Property(
            "λ = 1 leaves an empty box; half sides are rounded down; lam and centre stay as they were.",
            1,
            ("boxes (top, left, bottom, right)", "λ'", "lam and centre are as they were"),
            cases=(3,),
        ),
    ),
    misconceptions=(
        Misconception(
            "lam-as-drawn",
            _With(kept="as drawn"),
            "You return the λ that was drawn. Where the box was clipped, the image keeps more than that, and the label "
            "would be wrong: what does the box that is left cover?",
        ),
        Misconception(
            "lam-before-clipping",
            _With(kept="before clipping"),
            "You compute the area of the box before it is clipped. What lies beyond the edge covers nothing.",
        ),
        Misconception(
            "share-of-the-box",
            _With(kept="the box"),
            "You return the share that the box covers. λ' belongs to the image itself: it is what the box leaves.",
        ),
        Misconception(
            "not-clipped",
            _With(clipped=False),
            "Your boxes reach beyond the image. Indexing with a negative number would count from the other end.",
        ),
        Misconception(
            "moved-inside",
            _With(moved_in=True),
            "You push the box back into the image and keep its size. The contract cuts off what reaches over the edge.",
        ),
        Misconception(
            "not-halved",
            _With(half=lambda lam: (1 - lam).sqrt()),
            "Your box is twice as wide and twice as high as it should be: r is half a side, from the centre out.",
        ),
        Misconception(
            "no-root",
            _With(half=lambda lam: 0.5 * (1 - lam)),
            "You take a share of 1 − λ of each side. It is the area that should have this share: what of the sides?",
        ),
        Misconception(
            "root-of-lam",
            _With(half=lambda lam: 0.5 * lam.sqrt()),
            "Your box covers λ of the image. λ is what the image keeps; the box gets the rest.",
        ),
        Misconception(
            "rounded-to-nearest",
            _With(whole=torch.round),
            "You round half sides to the nearest pixel. The contract's brackets ⌊ ⌋ round down.",
        ),
        Misconception(
            "last-pixel-lost",
            _With(last_pixel=1),
            "You clip bottom and right to H − 1 and W − 1. As they are excluded, the last row would never be covered: "
            "they may be H and W.",
        ),
        Misconception(
            "last-one-included",
            _With(included=1),
            "Your bottom and right are the last row and column of the box. The contract excludes them, as slices do.",
        ),
        Misconception(
            "rows-and-columns-swapped",
            _With(swapped=True),
            "You take the centre as (x, y). The contract gives it as (row, column), which is (y, x).",
        ),
        Misconception(
            "left-first",
            _With(left_first=True),
            "Your boxes come as (left, top, right, bottom). The contract: (top, left, bottom, right).",
        ),
        Misconception("single-precision", _With(single=True), "λ' is right, but not float64 as the contract has it."),
    ),
    difficulty=2,
    minutes=15,
    hints=(
        "Compute half a height and half a width first, for all K boxes; then the four edges, each kept within the "
        "image; and only then, from these edges, the area.",
        "half = (0.5 · (1 − lam.double()).sqrt() · height).long() rounds down. top is (centre[:, 0] − half) with "
        ".clamp(min=0), bottom (centre[:, 0] + half) with .clamp(max=height); columns alike. torch.stack(..., dim=1) "
        "puts them side by side.",
    ),
)
