"""What Mixup's and CutMix's exercises share: the promise to the caller, and mistakes that are made in both."""

from autograder.exercise import Implementation, Misconception, Property

CALLERS = Property(
    "The caller's images and labels are left alone, and nothing but the generator draws.",
    1,
    (
        "images are as they were",
        "labels are as they were",
        "it draws from the generator alone",
        "what the generator draws next",
        "the images returned are new",
        "some image is mixed",
    ),
    cases=(0, 1, 4),
)


def neighbours(implementation: Implementation) -> Misconception:
    """Partners one place on, without chance."""
    return Misconception(
        "neighbours",
        implementation,
        "Your partner is always the neighbour in the batch. The contract asks for a random permutation.",
    )


def other_partners(implementation: Implementation) -> Misconception:
    """Two permutations."""
    return Misconception(
        "other-partners-for-the-labels",
        implementation,
        "Images and labels are paired with different partners. One permutation serves both.",
    )


def guessed_classes(implementation: Implementation) -> Misconception:
    """One-hot without the number of classes."""
    return Misconception(
        "classes-guessed",
        implementation,
        "Your targets have as many columns as this batch needs: F.one_hot counts up to the largest label that it "
        "happens to see. The number of classes is given; name it.",
    )


def images_type(implementation: Implementation) -> Misconception:
    """Targets in whatever type the images have."""
    return Misconception(
        "targets-in-the-images-type",
        implementation,
        "Your targets take their type from the images. The contract: float64 for float64 images, else float32. Shares "
        "in float16 have three digits, and in bytes none.",
    )


def alpha_ignored(implementation: Implementation) -> Misconception:
    """α left at its default."""
    return Misconception(
        "alpha-ignored", implementation, "You never use `alpha`: your λ has the same law whatever is asked for."
    )


def single_image_returned(implementation: Implementation) -> Misconception:
    """A short way for a batch of one."""
    return Misconception(
        "batch-of-one-handed-back",
        implementation,
        "For a batch of one you take a short way and return the caller's own tensor, or leave the generator where it "
        "was. The contract returns a new one, and draws as for any batch.",
    )


def seeded_anew(implementation: Implementation) -> Misconception:
    """manual_seed inside."""
    return Misconception(
        "global-seed-set",
        implementation,
        "You set the global seed: every other part of the caller's program that draws will repeat itself. The "
        "generator is all you need.",
    )


def four_returned(implementation: Implementation) -> Misconception:
    """What many a listing returns."""
    return Misconception(
        "the-listing-s-four",
        implementation,
        "You return the images, two sets of labels and λ, as many listings do. The contract returns two tensors: the "
        "targets are mixed here.",
    )
