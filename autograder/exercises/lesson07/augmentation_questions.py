"""Exercise: what augmentation and mixing do to pictures and labels, and what four common listings get wrong."""

from typing import Any

from autograder.questions import Question, concept_questions


def augmentation_questions() -> dict[str, Any]:
    """Return a dictionary from each question's letter to its answer: a number, or one of the words offered.

    a: a loader keeps its images in one tensor and hands out parts of it. After an epoch with `cutmix_data`, what that
       tensor holds is "as loaded", "partly mixed" or "shuffled"?
    b: an image of 8 × 8 pixels, λ = 0.75, the centre at row 0 and column 0. What is λ'?
    c: Mixup with λ = 0.8, partners of different classes, then label smoothing with ε = 0.1 over ten classes. What is
       the highest target?
    d: targets are smoothed with ε = 0.1 by the loader, and once more by the loss. How large is ε altogether?
    e: the backbone is fine-tuned on photographs of another brightness. Whose mean and standard deviation normalise
       them, "source" or "target"?
    f: a box is erased to 0 after normalising. As a colour, that is "black", "the source's mean" or "the image's mean"?
    """
    return {"a": "partly mixed", "b": 0.9375, "c": 0.73, "d": 0.19, "e": "source", "f": "the source's mean"}


EXERCISE = concept_questions(
    "07_data_augmentation",
    augmentation_questions,
    (
        Question(
            "a",
            "The tensor that the loader keeps",
            {
                "as loaded": "A part of a tensor shares its memory. On which tensor does the listing assign?",
                "shuffled": "Only the partners are permuted, and they are only read. What is written, and where?",
            },
        ),
        Question(
            "b",
            "λ' at a corner",
            {
                0.75: "That is the λ that was drawn. Three quarters of the box lie outside of the image.",
                0.0625: "That is the share that the box covers. λ' is what the image keeps.",
                0.9844: "Half a side is half of √0.25 of 8 pixels. You have gone half of that.",
            },
        ),
        Question(
            "c",
            "The highest target",
            {
                0.8: "That is λ alone, before it is smoothed.",
                0.72: "(1 − ε)·λ is right so far, and every class gets a little on top of it.",
                0.91: "That would be a target of 1, smoothed. Mixup has brought it down before.",
                0.82: "The share ε is spread over all ten classes: how much of it does one get?",
                0.81: "You have added ε/C without taking ε away.",
            },
        ),
        Question(
            "d",
            "Smoothed twice",
            {
                0.2: "Nearly: the second time, the part that was spread already is spread once more.",
                0.1: "The second smoothing finds softer targets, and softens them further.",
                0.81: "That is what is left of a target. How much has been spread?",
                0.01: "ε² is what both have in common. What is left of a target after (1 − ε) twice?",
            },
            relative=1e-3,
        ),
        Question(
            "e",
            "Whose statistics",
            {"target": "The first layer's weights were fitted to numbers on one scale. Which images set that scale?"},
        ),
        Question(
            "f",
            "The colour of 0",
            {
                "black": "Before normalising it would be. After it, black is −mean/std.",
                "the image's mean": "Normalising subtracts the same mean from every image. Whose?",
            },
        ),
    ),
    difficulty=1,
    minutes=8,
    hints=(
        "Every answer can be printed: cutmix_box, soft_target_cross_entropy and the listing are all there to be run.",
        "For c, smooth as in t' = (1 − ε)·t + ε/C. For d, write t'' in terms of t and read off what is left of it. For "
        "e and f, ask what the number 0 means to the first layer.",
    ),
)
