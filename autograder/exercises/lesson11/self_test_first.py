"""Exercise: questions over lessons 1 to 5."""

from typing import Any

from autograder.questions import Question, concept_questions


def self_test_first() -> dict[str, Any]:
    """Return a dictionary from each question's letter to its answer: a number, or one of the words offered.

    a: on the same images a network reaches 60 % from scratch and 52 % fine-tuned. What is the transfer gain, in points?
    b: a linear probe is to say how useful a stage is for your target. Its accuracy is taken on "the images that it was
       fitted to", "new images of the target" or "new images of the source".
    c: a block is y = F(x) + x, and its branch F puts out zeros whatever comes in. The gradient with respect to x is how
       many times the gradient with respect to y?
    d: the backbone is frozen, the head is Linear(512, 10) with its bias. How many numbers learn?
    e: the head and the last two stages learn, everything below is frozen. Backward, the gradient is computed down to
       "the head", "the lowest stage that learns" or "the image".
    f: six stages, the head the last of them, α = 0.5. What share of the head's learning rate does the first stage get?
    g: weight decay, as lesson 5 sets it, acts on "weights but neither biases nor norms", "weights and biases but not
       norms" or "all that learns".
    """
    return {
        "a": -8,
        "b": "new images of the target",
        "c": 1,
        "d": 5130,
        "e": "the lowest stage that learns",
        "f": 1 / 32,
        "g": "weights but neither biases nor norms",
    }


EXERCISE = concept_questions(
    "11_key_takeaways",
    self_test_first,
    (
        Question(
            "a",
            "A transfer gain (lesson 1)",
            {
                8: "Which of the two did better? The gain is what transfer adds.",
                -13: "You have divided by the accuracy from scratch. A gain in points is a difference.",
                0: "The gain may be below zero: that has a name of its own.",
            },
        ),
        Question(
            "b",
            "Where a probe is tested (lesson 1)",
            {
                "the images that it was fitted to": "With more features than images a linear head fits any labels. "
                "What would such a number say?",
                "new images of the source": "A stage can be of much use to the source and of none to you. Granites "
                "have shown it.",
            },
        ),
        Question(
            "c",
            "The way past a branch (lesson 2)",
            {
                0: "That is what comes back through the branch. There is a second way to x.",
                2: "Two ways lead back to x, and one of them carries nothing.",
            },
        ),
        Question(
            "d",
            "What learns on a frozen backbone (lesson 3)",
            {
                5120: "Those are the weights. Something is added to each score as well.",
                2: "Those are tensors. Count what is in them.",
                522: "A weight for each pair of a feature and a class, not for each feature and each class.",
                5632: "A linear layer has one bias for each thing that it puts out, not for each that goes in.",
            },
        ),
        Question(
            "e",
            "Where the gradient ends (lesson 4)",
            {
                "the head": "Two more stages learn. From where do they get their gradients?",
                "the image": "Nobody asks what lies below for a gradient, and autograd knows it: that is the time that "
                "freezing saves.",
            },
        ),
        Question(
            "f",
            "Rates by stage (lesson 5)",
            {
                1 / 64: "At the head the exponent is 0. How many steps down is it from there to the first of six?",
                1 / 16: "There is a step from each stage to the next, and one from the head to the stage below it too.",
                3.125: "A share of 1 is all of it. Read so, yours is more than the head's whole rate.",
                1 / 2: "That is the stage next to the head. α comes in once more with every step down.",
                1 / 6: "Rates fall by a factor from stage to stage. They are not dealt out evenly.",
                1 / 5: "The number of steps is the exponent of α, not what one divides by.",
                32: "That is how many times the head's rate is the larger one. A share of it is asked for.",
            },
            relative=1e-2,
        ),
        Question(
            "g",
            "What weight decay is for (lesson 5)",
            {
                "weights and biases but not norms": "Decay draws to zero. Is there a reason why a score's offset "
                "should be zero?",
                "all that learns": "Among all that learns are the scales of the norms, which begin at 1. To where "
                "would decay draw them?",
            },
        ),
    ),
    difficulty=1,
    minutes=10,
    hints=(
        "a, c, d and f can be computed on paper. For the others, think of the figure that the lesson in brackets has.",
        "c: differentiate F(x) + x. d: a weight for each pair of a feature and a class, and a bias for each class. e: "
        "whatever lies below needs no gradient, if nothing there moves. f: count the steps, not the stages.",
    ),
)
