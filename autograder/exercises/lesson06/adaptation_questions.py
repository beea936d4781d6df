"""Exercise: what three listings do that their authors did not mean."""

from typing import Any

from autograder.questions import Question, concept_questions


def adaptation_questions() -> dict[str, Any]:
    """Return a dictionary from each question's letter to its answer: a number, or one of the words offered.

    a: the first listing, when an object of the class is made: does it raise a "NameError", a "TypeError" or "nothing"?
    b: with that mended, and `backbone` this lesson's resnet10: how many features does each Linear(2048, …) get?
    c: the second listing at λ = 0.1: by what number is the discriminator's own gradient multiplied?
    d: and by what number, without its sign, is what reaches the features multiplied?
    e: the third listing, on ten and ten rows, with bandwidths so small that k is 0 for every two different rows: what
       does it return?
    """
    return {"a": "NameError", "b": 512, "c": 0.1, "d": 0.01, "e": 0.2}


EXERCISE = concept_questions(
    "06_domain_adaptation",
    adaptation_questions,
    (
        Question(
            "a",
            "What happens when the network is made",
            {
                "nothing": "Look for the definition of every name that __init__ calls. Is there one for all of them?",
                "TypeError": "Nothing of a wrong type is passed. Which name does Python look up and not find?",
            },
        ),
        Question(
            "b",
            "How many features the layers get",
            {
                2048: "That is what the layers expect. What comes out of the backbone of this lesson? Its features "
                "were printed above.",
                64: "That is the width of the first stage. What comes out of the last one?",
                10: "That is what comes after the classifier.",
                1000: "That is the width of the head that the backbone was trained with; it has been taken off.",
                256: "That is the width of the discriminator's hidden layer.",
            },
        ),
        Question(
            "c",
            "The discriminator's own gradient",
            {
                1: "So it should be. But λ stands in front of the domain loss, and every gradient of that loss is "
                "multiplied by it.",
                10: "That is 1/λ. Does λ multiply or divide the loss that it stands in front of?",
                0.01: "The reversal lies before the discriminator: on the way back, the discriminator's gradient is "
                "there before it.",
                -0.1: "The reversal lies before the discriminator. Has its minus come in yet, on the way back?",
            },
        ),
        Question(
            "d",
            "What reaches the features",
            {
                -0.01: "Right but for the sign: the question asks for the number without it.",
                0.1: "On its way to the features the gradient meets λ twice. Where?",
                0.2: "The two factors are multiplied, not added.",
                1: "Both the loss and the reversal have a λ.",
            },
        ),
        Question(
            "e",
            "What the estimator called unbiased returns",
            {
                0: "So the unbiased one would. This one takes means over all pairs. Which of them have k = 1?",
                1: "Only a row with itself has k = 1. How many of a matrix's hundred entries are these?",
                2: "In each of the two matrices ten entries of a hundred are 1. Take means.",
                0.1: "There are two samples, and both have pairs of a row with itself.",
                20: "That is the sum over both matrices; a mean divides by their entries.",
            },
        ),
    ),
    difficulty=1,
    minutes=8,
    hints=(
        "Read the first listing name by name. For c and d, walk backwards from the loss and note every factor on the "
        "way. For e, write the matrix of x with x down: what stands on its diagonal, and what beside it?",
        "For b, the number is printed before this exercise; or ask the backbone on one image. For d, the gradient "
        "passes the factor in front of the loss, then the discriminator, then the reversal. For e, a mean over 100 "
        "entries of which 10 are 1, twice.",
    ),
)
