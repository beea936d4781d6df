"""Concept questions: which parts of a network learn, and what a gradient passes through on its way."""

from autograder.questions import Question, concept_questions


def where_the_gradient_goes() -> dict[str, str | float]:
    """Answer each question in a word or a number: return {"frozen between": …, "shortest": …, …}.

    A network has the stages stem, layer1, layer2, layer3, layer4 and head. Its loss is the cross-entropy.

    - "frozen between": layer1 and the head learn, all other stages are frozen. Does layer1 get a gradient from the
      first step on? "yes" or "no".
    - "shortest": the head learns, and one stage more. For which of them does backward have the shorter way, and forward
      less to keep for it: "layer1", "layer4", or "equal"?
    - "zero head": the head begins with weights and biases of zero, everything may learn. What is the norm of
      layer4's gradient in the very first step? A number.
    - "last": gradual unfreezing with every_epochs(3). In which epoch does the stem learn for the first time? Count
      epochs from 1; a stage that opens after an epoch learns in the next. A number.
    - "LP-FT": why does a fitted head spare the features when fine-tuning begins? "smaller rate", "smaller errors" or
      "fewer parameters".
    """
    return {"frozen between": "yes", "shortest": "layer4", "zero head": 0, "last": 16, "LP-FT": "smaller errors"}


_QUESTIONS = (
    Question(
        "frozen between",
        "Does a gradient reach layer1 through stages that are frozen?",
        {
            "no": "A frozen stage has no ∂L/∂θ of its own. It still has inputs, and the chain rule passes ∂L/∂input on "
            "to whoever made them and may learn."
        },
    ),
    Question(
        "shortest",
        "Beside the head, which stage leaves backward the shorter way?",
        {
            "layer1": "Count what backward has to pass on its way from the loss to the stage. That the stage has few "
            "parameters of its own does not shorten the way.",
            "equal": "Forward runs through the whole network for both. Backward goes from the head down to the first "
            "stage that learns: compare how far that is.",
        },
    ),
    Question(
        "zero head",
        "How long is layer4's gradient below a head of zeros?",
        {
            1: "Write the chain rule down for one image: ∂L/∂φ = Wᵀ(p − e). Which of its factors do you know?",
            "infinite": "Nothing is divided here. Write the chain rule down: ∂L/∂φ = Wᵀ(p − e).",
        },
    ),
    Question(
        "last",
        "In which epoch does the stem first learn?",
        {
            15: "After so many epochs the schedule asks for the last stage. In which epoch can it learn, then?",
            18: "Six stages, but one of them, the head, is open from the start.",
            6: "That would be a stage an epoch. The schedule opens one every three.",
            5: "That is the number of stages to open. Each of them takes three epochs.",
        },
    ),
    Question(
        "LP-FT",
        "Why does a fitted head spare the features?",
        {
            "smaller rate": "The rate may be the same in both; it is the gradient that differs. Look at p − e in "
            "∂L/∂φ = Wᵀ(p − e).",
            "fewer parameters": "The head has the same shape, and everything learns in both. What differs is how wrong "
            "its predictions are.",
        },
    ),
)

EXERCISE = concept_questions(
    "04_fine_tuning_strategies",
    where_the_gradient_goes,
    _QUESTIONS,
    difficulty=1,
    minutes=10,
    hints=(
        "Backward begins at the loss and ends at the first stage that learns. What lies between is passed through, "
        "frozen or not.",
        "For a head with weights W the features get ∂L/∂φ = Wᵀ(p − e): what the head passes back is its errors, "
        "through its weights. For the epochs: after three of them one stage opens; the stem is the fifth.",
    ),
)
