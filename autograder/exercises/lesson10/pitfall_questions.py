"""Exercise: what four pitfalls do, and what a cure for one of them does not reach."""

from typing import Any

from autograder.questions import Question, concept_questions


def pitfall_questions() -> dict[str, Any]:
    """Return a dictionary from each question's letter to its answer: a number, or one of the words offered.

    a: a parameter's gradients on two images are 3 and −3. What is the square of the batch's mean gradient?
    b: and what is the mean of the squared gradients?
    c: a network gives each of its training labels the probability 0.99. The "empirical" Fisher, with the labels of the
       data in place of drawn ones, is then, beside the Fisher information, "far smaller", "about as large" or "far
       larger"?
    d: λ = 100, F = 0.5, and the parameter has moved from 1 to 1.2. What does EWC add to the loss?
    e: EWC holds every parameter of the backbone, with λ as large as you like, and the network trains in training mode.
       What still moves: "nothing", "running statistics" or "biases"?
    f: two target tasks, one network: LEEP is −0.8 on ten classes and −0.6 on two. Is the network better suited to the
       second: "yes", "no" or "cannot be said"?
    g: 100 images, 512 features, no shrinkage, features in general position, ten classes. What is the H-score?
    h: early stopping chooses the epoch by test accuracy. The test accuracy that is reported then is "too high",
       "too low" or "fair" on average?
    """
    return {
        "a": 0,
        "b": 9,
        "c": "far smaller",
        "d": 1,
        "e": "running statistics",
        "f": "cannot be said",
        "g": 9,
        "h": "too high",
    }


EXERCISE = concept_questions(
    "10_pitfalls",
    pitfall_questions,
    (
        Question(
            "a",
            "The square of the mean",
            {
                9: "That is the mean of the squares. Take the mean of 3 and −3 first.",
                3: "The mean of 3 and −3 is not 3.",
                36: "The gradients have different signs: what is their sum?",
            },
        ),
        Question(
            "b",
            "The mean of the squares",
            {
                0: "That is the square of the mean. Here each gradient is squared first.",
                18: "That is the sum of the squares. Divide by the number of images.",
                3: "That is their root.",
            },
        ),
        Question(
            "c",
            "The empirical Fisher of a near-perfect fit",
            {
                "far larger": "log p has its highest value at p = 1. How steep is it just below the top?",
                "about as large": "The data's label is drawn 99 times of 100, and its gradient is tiny. What comes "
                "from the hundredth draw, once its gradient is squared?",
            },
        ),
        Question(
            "d",
            "What EWC adds",
            {
                2: "The ½ is missing.",
                5: "You have forgotten to square the distance of 0.2, or have taken it twice.",
                0.5: "λ/2 · F · 0.2²: is 0.2² right with you?",
                10: "The distance is squared: 0.04, not 0.2.",
            },
            relative=1e-3,
        ),
        Question(
            "e",
            "What a penalty does not hold",
            {
                "nothing": "A penalty acts by gradients. Is there anything in a network that moves without one?",
                "biases": "Biases are parameters: F has a value for each, and so they are held.",
            },
        ),
        Question(
            "f",
            "Scores across tasks",
            {
                "yes": "With two classes, guessing alone reaches −0.69; with ten, −2.3. What is being compared?",
                "no": "The other way round cannot be read from them either. What would guessing reach in each task?",
            },
        ),
        Question(
            "g",
            "The H-score of few points",
            {
                10: "Between K classes there are K − 1 directions: their means are about a common mean.",
                512: "Σ_B has no more than K − 1 directions.",
                1: "That would be one direction. How many lie between ten means?",
                0: "With more features than points any labels fit perfectly: in each direction between classes, all "
                "variance is between.",
            },
        ),
        Question(
            "h",
            "Chosen by the test",
            {
                "too low": "Of many noisy numbers you keep the largest. On which side of the truth does it lie?",
                "fair": "Each epoch's number would be fair. The largest of many is not.",
            },
        ),
    ),
    difficulty=1,
    minutes=10,
    hints=(
        "a to d can be computed on paper. For e, remember what batch norm does in training mode. For f, compare both "
        "with guessing.",
        "c: with two classes, the label's score has the gradient 1 − p in log p of the label, and −p in log p of the "
        "other class; square both, and weight them by p and 1 − p. g: the score counts directions in which all "
        "variance lies between the classes. h: think of a coin that is thrown ten times, and the best run.",
    ),
)
