"""Exercise: CutMix, a box of one image pasted into another, and targets by the areas."""

from typing import Any

import torch

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.exercises.lesson07 import mixing_parts as parts
from autograder.exercises.lesson07.cutmix_mistakes import With
from autograder.probes import lesson07 as probes
from lib.mixing import cutmix


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
            cases=(1, 3, 4),
        ),
        parts.CALLERS,
    ),
    misconceptions=(
        Misconception(
            "in-place",
            With(in_place=True),
            "You write the boxes into the caller's batch. The next epoch finds pictures with holes in them, under "
            "their old labels. Paste into a copy.",
        ),
        Misconception(
            "lam-as-drawn",
            With(drawn_lam=True),
            "Your targets use the λ that was drawn. Where the box was clipped, it covers less than that: use the λ' "
            "that cutmix_box returns.",
        ),
        Misconception(
            "shares-swapped",
            With(swapped=True),
            "Your target gives the image's own class the share of the box. λ' is what the image keeps.",
        ),
        Misconception(
            "box-kept",
            With(inverted=True),
            "You keep the box and replace everything around it. M is 0 inside the box.",
        ),
        Misconception(
            "blended-box",
            With(blended=True),
            "Inside the box you blend the two images. CutMix replaces; blending is Mixup's way.",
        ),
        Misconception(
            "erased-box",
            With(erased=True),
            "Your box is empty: that would be random erasing. The partner's pixels belong there.",
        ),
        Misconception(
            "rows-and-columns-swapped",
            With(turned=True),
            "Your box lies across: you read (top, left, bottom, right) as (left, top, right, bottom). The last two "
            "axes of images are height, then width.",
        ),
        Misconception(
            "columns-first",
            With(columns_first=True),
            "You draw the centres' columns before their rows. The contract names the order, so that the same generator "
            "gives the same batch.",
        ),
        Misconception(
            "centre-as-x-and-y",
            With(x_then_y=True),
            "You hand cutmix_box the centre as (x, y): its column, then its row. It takes (row, column), as images are "
            "indexed.",
        ),
        Misconception(
            "centre-before-partners",
            With(centre_first=True),
            "You draw the centre before the partners. The contract names the order: λ, partners, rows, columns.",
        ),
        Misconception(
            "own-draws",
            With(own_draws=True),
            "Your λ does not come from `generator`, but from the global random state: the same seed gives another "
            "batch each time.",
        ),
        parts.neighbours(With(neighbours=True)),
        Misconception(
            "targets-not-mixed",
            With(hot_only=True),
            "Your targets know nothing of the box. A picture that shows two classes needs a target that names two.",
        ),
        parts.other_partners(With(other_targets=True)),
        Misconception("one-box-for-all", With(each=False), "With per_sample=True all your images still share one box."),
        Misconception(
            "always-each",
            With(each=True),
            "You draw a box for each image where one was asked for: per_sample is False by default.",
        ),
        parts.four_returned(With(listing=True)),
        parts.guessed_classes(With(guessed=True)),
        parts.images_type(With(images_type=True)),
        parts.alpha_ignored(With(alpha=1.0)),
        parts.single_image_returned(With(short_way=True)),
        parts.seeded_anew(With(seed=0)),
        Misconception(
            "partners-first",
            With(partners_first=True),
            "You draw the partners before λ. The contract names the order: λ, partners, rows, columns.",
        ),
        Misconception(
            "pasted-from-the-mixed",
            With(one_by_one=True),
            "You read the partners from the tensor that you write to: some have got a box already, and hand it on. "
            "Read from the images as they came.",
        ),
        Misconception(
            "always-float64",
            With(double=True),
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
