"""Exercise: find the mistake in numbers that are copied from page to page."""

from autograder.questions import Question, concept_questions


def published_numbers() -> dict[str, str | float]:
    """Three claims that you meet in slides and on pages. What is wrong with the first, and what do the others come to?

    a: "In 2015 ResNet-50 reached a top-5 error of 3.57 %." What was it really that reached it? One of "a deeper
       network", "several networks together", "the training images", "the first guess alone".
    b: "EfficientNet-B7 reached a top-5 error of 1.3 %." Its paper gives a top-5 *accuracy* of 97.1 %. What is the
       error, in per cent?
    c: "The architecture of version 2 is better": ResNet-50 has 76.1 % with torchvision's IMAGENET1K_V1 and 80.9 % with
       IMAGENET1K_V2. What differs between the two? One of "the layers", "the pictures it learnt from", "how it was
       trained", "how many parameters it has".

    Returns {"a": …, "b": …, "c": …}: words as they stand above, and a number.
    """
    return {"a": "several networks together", "b": 2.9, "c": "how it was trained"}


EXERCISE = concept_questions(
    "02_pretrained_models",
    published_numbers,
    [
        Question(
            "a",
            "3.57 %: what reached it?",
            {
                "a deeper network": "A deeper one alone came near, no more: the 152 layers by themselves had 4.49 %. "
                "Look at the figure's marks: what does a hollow one stand for?",
                "the training images": "The number is from the contest's test images, which nobody could train on. "
                "Look at the figure's marks instead.",
                "the first guess alone": "By the first guess alone errors are several times as large, not smaller. "
                "Look at the figure's marks: what does a hollow one stand for?",
            },
        ),
        Question(
            "b",
            "EfficientNet-B7's top-5 error, in per cent.",
            {
                1.3: "This is the number that is copied from page to page. Whoever checks it needs one subtraction.",
                97.1: "This is the share that is right. The error is the share that is not.",
                15.9: "This is the error of the first guess (100 − 84.1). Five guesses are asked about.",
                0.029: "This is a share. The answer is asked for in per cent.",
            },
            relative=0.005,
        ),
        Question(
            "c",
            "76.1 % and 80.9 %: what differs?",
            {
                "the layers": "Load both, or count: they are the same layers in the same order.",
                "the pictures it learnt from": "Both learnt from ImageNet's 1.28 million pictures, and from no others.",
                "how many parameters it has": "The table has both rows: 25.6 million each.",
            },
        ),
    ],
    difficulty=1,
    minutes=5,
    hints=(
        "The figure above has a mark for each number: what the mark means is the answer to a. For c, the table has a "
        "row for each set of weights, with parameters, image size and recipe.",
        "a: contests were won by averaging. b: error and accuracy add up to 100. c: compare the two rows in the table, "
        "column by column; one column differs beside the accuracy.",
    ),
)
