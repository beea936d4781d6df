"""What Mixup's and CutMix's exercises share: the promise to the caller, and mistakes that are made in both."""

from autograder.exercise import Implementation, Misconception, Property

CALLERS = Property(
    "The caller's images and labels are left alone, and nothing but the generator draws.",
    1,
    ("images are as they were", "labels are as they were", "it draws from the generator alone", "some image is mixed"),
    cases=(0, 1),
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


def four_returned(implementation: Implementation) -> Misconception:
    """What many a listing returns."""
    return Misconception(
        "the-listing-s-four",
        implementation,
        "You return the images, two sets of labels and λ, as many listings do. The contract returns two tensors: the "
        "targets are mixed here.",
    )
