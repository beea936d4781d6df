"""Exercise: what the numbers of the lesson say, and what they do not."""

from typing import Any

from autograder.questions import Question, concept_questions


def reading_transfer() -> dict[str, Any]:
    """Return a dictionary from each question's letter to a number, or to one of the words offered.

    a: Accuracy rises from 0.20 to 0.30. How many percentage points is the gain?
    b: Five seeds give a gain of −3 ± 5 points. Transfer is "negative", "positive", "without effect" or "undecided"?
    c: The features of two networks are compared on 20 images, 480 features each, and CKA is 0.95. What does the formula
       for unrelated features give, to two decimals?
    d: Three targets, one network. After its last stage before the head, a linear probe reads 80 % of the first target,
       52 % of the second, 17 % of the third; after its stem 17, 43 and 75 %. Where does the network hold what the third
       needs: "early", "late" or "nowhere"?
    e: Fine-tuned, a network gets 30 % of new images right, where guessing gets 17 % and every training image is right.
       Which other number decides whether transfer was negative: that of "guessing", of "the training images", or of
       training from "scratch"?
    """
    return {"a": 10, "b": "undecided", "c": 0.96, "d": "early", "e": "scratch"}


EXERCISE = concept_questions(
    "01_what_is_transfer_learning",
    reading_transfer,
    (
        Question(
            "a",
            "From 0.20 to 0.30",
            {
                50: "That is the relative gain, in per cent of what there was. Points are a difference.",
                0.1: "That is the difference of the shares. In points?",
                1.5: "That is a ratio.",
                12.5: "That is the share of the errors that is gone.",
            },
        ),
        Question(
            "b",
            "A gain of −3 ± 5",
            {
                "negative": "The interval reaches from −8 to +2: another five seeds could well have gained.",
                "positive": "The mean is below 0.",
                "without effect": "An interval that holds 0 does not show that the effect *is* 0: −8 lies in it too.",
            },
        ),
        Question(
            "c",
            "CKA of unrelated features",
            {
                0.95: "That is what was measured. Asked is what unrelated features give, by the formula; then you can "
                "compare.",
                0: "With so few points nothing looks unrelated: see the formula under the exercise on CKA.",
                1: "Close. Put the numbers into the formula: D = E = 480, N = 20.",
                0.04: "You have divided N by N + D.",
                0.98: "Above the root stand two factors, one for each set; for equal widths the root and the square "
                "cancel.",
                0.92: "You have left out the root: for equal widths it cancels the square.",
            },
            relative=5e-3,
        ),
        Question(
            "d",
            "Where the third target's answer lies",
            {
                "late": "Compare the two numbers for the third target.",
                "nowhere": "At one of the two places a probe reads three quarters of it.",
            },
        ),
        Question(
            "e",
            "What decides that transfer was negative",
            {
                "guessing": "Better than guessing, it may still be far worse than what the same images give without "
                "the source.",
                "the training images": "These any large network gets right, with transfer or without.",
            },
        ),
    ),
    difficulty=1,
    minutes=8,
    hints=(
        "a and b are about differences, c is arithmetic with the formula √(D/(N + D) · E/(N + E)); d and e ask what "
        "stands beside what.",
        "For b, write down both ends of the interval. For c, D = E makes the formula short: D / (N + D). For e, go "
        "back to how the gain is defined.",
    ),
)
