"""Exercise: Mixup, images and targets blended alike."""

from typing import Any

import torch

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.exercises.lesson07 import mixing_parts as parts
from autograder.exercises.lesson07.mixup_mistakes import With
from autograder.probes import lesson07 as probes
from lib.mixing import mixup


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, shape: tuple[int, ...], dtype: torch.dtype = torch.float32, **arguments: Any) -> Case:
        images = torch.randn(shape, generator=generator).to(dtype)
        labels = torch.randint(5, (shape[0],), generator=generator)
        return Case(words, {"images": images, "labels": labels, "classes": 5, "seed": seed + 3} | arguments)

    return [
        case("6 images of 3 × 4 × 5, α = 0.8", (6, 3, 4, 5), alpha=0.8),
        case("7 rows of 8 features, float64, α = 2", (7, 8), torch.float64, alpha=2.0),
        case("5 images of 3 × 4 × 5, a λ for each, α = 1", (5, 3, 4, 5), alpha=1.0, per_sample=True),
        case("4 images of 2 × 4 × 4, a λ for each, α = 1", (4, 2, 4, 4), alpha=1.0, per_sample=True),
        case("a batch of one image", (1, 3, 4, 4), alpha=1.0),
        case("6 images of 3 × 4 × 4, float16, α = 2", (6, 3, 4, 4), torch.float16, alpha=2.0),
    ]


EXERCISE = Exercise(
    lesson="07_data_augmentation",
    reference=mixup,
    probe=probes.mixed,
    cases=_cases,
    properties=(
        Property(
            "Each image is blended with its partner's, at the λ that the generator gives.",
            2,
            ("mixed images",),
            cases=(0, 1),
        ),
        Property(
            "The targets hold the very shares that the images hold.",
            2,
            ("targets minus the shares in the images: largest, mean", "some image is mixed"),
            cases=(0, 1, 2),
            absolute=1e-3,
        ),
        Property(
            "With per_sample=True every image has a λ of its own, whatever the images' shape.",
            1,
            ("mixed images",),
            cases=(2, 3),
        ),
        Property(
            "The targets have a column a class, and the type that the contract gives them; a batch of one works too.",
            1,
            ("shape and type of the targets", "mixed images"),
            cases=(1, 4, 5),
            relative=1e-2,
            absolute=1e-2,
        ),
        parts.CALLERS,
    ),
    misconceptions=(
        Misconception(
            "targets-not-mixed",
            With(of_targets="all"),
            "Your images are mixed and your targets are not: the network is told that a picture with two digits shows "
            "only one.",
        ),
        Misconception(
            "images-not-mixed",
            With(of_images="all"),
            "Your targets are mixed and your images are not. That is label noise with a system.",
        ),
        Misconception(
            "shares-swapped",
            With(of_targets="1 − λ"),
            "Where the image keeps λ of itself, your target gives its own class 1 − λ. The two shares go together.",
        ),
        Misconception(
            "one-minus-lam",
            With(of_images="1 − λ", of_targets="1 − λ"),
            "You give λ to the partner and 1 − λ to the image itself. In the formula, λ stands at i. The law is the "
            "same, for Beta(α, α) is symmetric, but not the batch.",
        ),
        parts.other_partners(With(other_targets=True)),
        Misconception(
            "in-place",
            With(in_place=True),
            "You write into the caller's batch: whoever holds these images, a cache for one, has mixed ones from now "
            "on, with their old labels.",
        ),
        parts.four_returned(With(listing=True)),
        parts.guessed_classes(With(guessed=True)),
        parts.images_type(With(images_type=True)),
        parts.alpha_ignored(With(alpha=0.2)),
        parts.single_image_returned(With(short_way=True)),
        parts.seeded_anew(With(seed=0)),
        Misconception(
            "hard-targets",
            With(hard=True),
            "You reduce the mixed targets to the class with the larger share. The shares are what should be learnt.",
        ),
        Misconception(
            "own-draws",
            With(own_draws=True),
            "Your λ does not come from `generator`, but from the global random state: the same seed gives another "
            "batch each time. See `symmetric_beta`, which the setup cell has imported.",
        ),
        Misconception(
            "partners-first",
            With(partners_first=True),
            "You draw the partners before λ. Both orders are fair; the contract names one, so that the same generator "
            "gives the same batch.",
        ),
        parts.neighbours(With(partners="neighbours")),
        Misconception(
            "batch-reversed",
            With(partners="reversed"),
            "You pair the first image with the last, and so on. The contract asks for a random permutation.",
        ),
        Misconception(
            "with-replacement",
            With(partners="any"),
            "You draw partners with replacement, so some images serve twice and others never. A permutation uses each "
            "once.",
        ),
        Misconception(
            "always-the-larger",
            With(of_images="larger", of_targets="larger"),
            "You replace λ by max(λ, 1 − λ). Other methods do so; here λ is what Beta gives.",
        ),
        Misconception(
            "always-one-half",
            With(of_images="one half", of_targets="one half"),
            "You blend half and half. λ is drawn from Beta(α, α).",
        ),
        Misconception(
            "one-for-all",
            With(each=False),
            "With per_sample=True all your images still share one λ.",
        ),
        Misconception(
            "always-each",
            With(each=True),
            "You draw a λ for each image where one was asked for: per_sample is False by default.",
        ),
        Misconception(
            "along-the-width",
            With(along_the_width=True),
            "Your λ, shape (N,), is spread along the last axis of the images instead of the first. Where width and N "
            "happen to be the same, nobody complains. Which shape does λ need beside (N, C, H, W)?",
        ),
        Misconception(
            "always-float64",
            With(double=True),
            "Your targets are float64, whatever the images are. λ is; a loss would then be as well.",
        ),
    ),
    difficulty=2,
    minutes=15,
    hints=(
        "Three steps: λ from symmetric_beta, the partners from torch.randperm, both with the generator; then the same "
        "blend twice, once for the images and once for the one-hot labels.",
        "What symmetric_beta draws, lam, has the shape (1,) or, if you ask it for one λ per image, (N,). For the "
        "images, bring it into their type and .view(-1, 1, 1, ...), with as many ones as they have other axes; for "
        "F.one_hot(labels, classes), into that of the targets and .view(-1, 1).",
    ),
)
