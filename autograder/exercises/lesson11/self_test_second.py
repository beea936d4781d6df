"""Exercise: questions over lessons 6 to 10."""

from typing import Any

from autograder.questions import Question, concept_questions


def self_test_second() -> dict[str, Any]:
    """Return a dictionary from each question's letter to its answer: a number, or one of the words offered.

    h: a gradient reversal with λ = 0.5; the gradient of the domain loss that reaches it from above is 4. What does it
       hand down to the features?
    i: CutMix on 48 × 48 pixels draws a box of 24 × 24; the picture's edge leaves 24 × 12 of it. What share of the label
       stays with the first image?
    j: which view breaks the label of a digit: "shifted by two pixels", "mirrored" or "tinted"?
    k: an epoch has a batch of 30 images with mean loss 1 and a batch of 10 with mean loss 3. What is the epoch's mean
       loss?
    l: phase 2 of a fine-tuning run begins at "the weights of the last epoch", "the weights that validated best" or "the
       pre-trained weights".
    m: five seeds, and in each of them A is better than B. What is p by the paired permutation test, two-sided?
    n: the 95 % interval of a mean paired difference goes from −1 to 5 points. The two methods are "equal", "2 points
       apart" or "not told apart".
    o: Fisher information from the squared mean gradients of batches of 64 images is "too large", "too small" or
       "right".
    """
    return {
        "h": -2,
        "i": 0.875,
        "j": "mirrored",
        "k": 1.5,
        "l": "the weights that validated best",
        "m": 0.0625,
        "n": "not told apart",
        "o": "too small",
    }


EXERCISE = concept_questions(
    "11_key_takeaways",
    self_test_second,
    (
        Question(
            "h",
            "What a reversal hands down (lesson 6)",
            {
                4: "Forward it changes nothing; backward it changes two things.",
                2: "It weakens with you, and does not yet turn round.",
                -4: "It turns round with you, and λ is left out.",
                -8: "λ is a factor, and a half is not two.",
            },
        ),
        Question(
            "i",
            "A box at the edge (lesson 7)",
            {
                0.75: "That is the share by the box that was drawn. What is in the picture is smaller.",
                0.125: "That is the partner's share.",
                0.25: "That is the share of the box that was drawn, and it is the partner's.",
                0.5: "That is the share of the box that the edge leaves. Set the box against the whole picture.",
                87.5: "A share of 1 is all of it, and yours is above that.",
            },
            relative=1e-2,
        ),
        Question(
            "j",
            "A promise that is broken (lesson 7)",
            {
                "shifted by two pixels": "Where a digit stands does not say which it is.",
                "tinted": "What colour a digit has does not say which it is.",
            },
        ),
        Question(
            "k",
            "The mean over an epoch (lesson 8)",
            {
                2: "You take the mean over batches. The smaller one has fewer images to speak for.",
                4: "You add up. An epoch's loss is a mean.",
                60: "That is the sum over all images. How many are there?",
                2.5: "You have given the small batch the weight of the large one.",
            },
            relative=1e-3,
        ),
        Question(
            "l",
            "Where a phase begins (lesson 8)",
            {
                "the weights of the last epoch": "The last epoch may be one in which validation has long been falling.",
                "the pre-trained weights": "Then the first phase would have been for nothing.",
            },
        ),
        Question(
            "m",
            "The smallest p of five pairs (lesson 9)",
            {
                0.03125: "All minus leads as far from zero as all plus: two-sided, both count.",
                0: "The data themselves are one of the patterns, so p is never that.",
                0.05: "p is a share of the 32 patterns of signs. Is yours one?",
                0.2: "One in five is a share of seeds. What is counted is patterns of signs.",
                6.25: "p is a share, and no share is above 1.",
            },
            relative=1e-2,
        ),
        Question(
            "n",
            "An interval that holds zero (lesson 9)",
            {
                "equal": "5 points lie within the interval too. That a difference was not shown does not show that "
                "there is none.",
                "2 points apart": "That is the middle. Zero lies within the interval as well.",
            },
        ),
        Question(
            "o",
            "Squared too late (lesson 10)",
            {
                "too large": "In a mean, gradients of different signs cancel before they are squared.",
                "right": "The square of a mean and the mean of squares differ as soon as the gradients do.",
            },
        ),
    ),
    difficulty=1,
    minutes=10,
    hints=(
        "h, i, k and m can be computed on paper. For the others, think of the figure that the lesson in brackets has.",
        "i: the area that is really pasted, over the area of the picture, is the partner's. k: 40 images, each with "
        "its own loss. m: 2⁵ patterns, of which two lead this far. n: ask which values the interval does not rule out.",
    ),
)
