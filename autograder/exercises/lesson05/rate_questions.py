"""Exercise: two listings with a mistake each, and what a schedule does to a group that comes late."""

from typing import Any

from autograder.questions import Question, concept_questions


def rate_questions() -> dict[str, Any]:
    """Return a dictionary from each question's letter to its answer: a number, a name, or one of the words offered.

    a: for six layers and a base rate of 1e-3, which rate does the first listing give to the last layer?
    b: and by what factor are all its other rates smaller than the formula's?
    c: which layer with parameters is missing in the second listing? Its name in the network, such as "layer1".
    d: how many numbers does the optimiser therefore never change? Count parameters, not buffers.
    e: the loop calls optimiser.zero_grad(). Over the steps, the missing layer's .grad is "cleared", "summed up" or
       "never computed"?
    f: a group is added with add_param_group after a CosineAnnealingLR exists, at the rate that the head began with.
       From then on its rate is "constant", "the head's", "above the head's" or "below the head's"?
    """
    return {"a": 2e-4, "b": 5, "c": "bn1", "d": 128, "e": "summed up", "f": "above the head's"}


EXERCISE = concept_questions(
    "05_learning_rates",
    rate_questions,
    (
        Question(
            "a",
            "The last layer's rate",
            {
                1e-3: "That is what the formula gives. What does Python compute? `**` binds tightest, then `*` and `/` "
                "from left to right.",
                1e-4: "You have multiplied by the decay once. At the last layer the exponent is 0; look at what comes "
                "after it.",
                1e-3 / 6: "You divide by the number of layers. The listing divides by something smaller.",
            },
        ),
        Question(
            "b",
            "The factor by which the others are too small",
            {
                1: "The division does not spare the others: it stands in the one line that computes every rate.",
                6: "There are six layers, but what does the listing divide by?",
                10: "That is the step from one layer to the next, which the formula has as well.",
                0.2: "Turn it round: the formula's rate over the listing's.",
            },
        ),
        Question(
            "c",
            "The layer that no group holds",
            {
                "relu": "relu has no parameters; nothing is lost without it.",
                "maxpool": "maxpool has no parameters; nothing is lost without it.",
                "avgpool": "avgpool has no parameters; nothing is lost without it.",
                "conv1": "conv1 stands in the first line. What comes right after it in the network?",
                "fc": "fc has the last line. Compare the others with the names of resnet.named_children().",
            },
        ),
        Question(
            "d",
            "How many numbers never change",
            {
                64: "A scale γ for each of 64 channels: and what does a norm add?",
                256: "You have counted the running mean and variance: these are buffers, which no optimiser changes.",
                2: "Two tensors. How many numbers do they hold?",
                9536: "That is conv1 and the norm together; conv1 stands in a group.",
            },
        ),
        Question(
            "e",
            "What becomes of its gradient",
            {
                "cleared": "optimiser.zero_grad() clears what the optimiser holds, and it does not hold this layer.",
                "never computed": "Nobody has set requires_grad to False: backward computes it at every step.",
            },
        ),
        Question(
            "f",
            "The late group's rate",
            {
                "constant": "CosineAnnealingLR updates every group that it finds in the optimiser. Look at the figure.",
                "the head's": "The schedule goes on from the rate that the group has now, and the head's has already "
                "fallen by then. Look at the figure.",
                "below the head's": "It begins where the head began, while the head has come down since. Look at the "
                "figure.",
            },
        ),
    ),
    difficulty=1,
    minutes=8,
    hints=(
        "Run the listings: the answers a and b can be printed, c and d found by comparing names and counting.",
        "For c, compare the names in the groups with [name for name, _ in resnet.named_children()] and ask each one "
        "that is missing for its parameters. For f, look at the figure of the late group.",
    ),
)
