"""Exercise: why a training loop is written as it is."""

from typing import Any

from autograder.questions import Question, concept_questions


def implementation_questions() -> dict[str, Any]:
    """Return a dictionary from each question's letter to its answer: a number, words offered, or a list of these.

    a: a batch of 30 images has a mean loss of 0.2, the last one, of 10 images, 1.0. What is the mean over images?
    b: phase 0 validates at 0.70, 0.78 and 0.74. After which of these epochs, counted from 0, were the weights as phase
       1 begins?
    c: why there? "its optimiser needs it", "phase 1 cannot go lower" or "later epochs may have done harm"
    d: the old optimiser is taken on into phase 1. Which of its *state* no longer fits? "frozen parameters",
       "averages of gradients" or "the number of epochs"
    e: phase 1, with norms kept frozen by `keep_batchnorm_frozen`. Which of a norm's numbers still learn? Choose all:
       "weight", "bias", "running_mean", "running_var"
    f: patience 2, validated at 0.5, 0.6, 0.6, 0.55, 0.7. How many epochs are run?
    g: a phase of 10 epochs with 20 steps each has a cosine over all its steps, but it is stepped once an epoch. What
       share of its rate has the phase when it ends? "0", "0.5" or "0.99"
    h: a run is stopped between two epochs. What must a checkpoint hold so that it ends as if it had gone on? Choose
       all: "weights", "optimiser", "schedule", "best weights", "gradients"
    i: for eight images, `model(images).argmax(1).item()` "gives the first", "gives a list" or "fails"
    j: `torch.onnx.export` of PyTorch 2.14 is asked for `opset_version=17`, for a ResNet. It translates to its own
       opset, and prints that it failed to convert. Which opset has the file?
    k: what is `dynamic_axes` for, or today `dynamic_shapes`? "other weights", "other batch sizes" or "other classes"
    """
    return {
        "a": 0.4,
        "b": 1,
        "c": "later epochs may have done harm",
        "d": "averages of gradients",
        "e": ["weight", "bias"],
        "f": 4,
        "g": 0.99,
        "h": ["weights", "optimiser", "schedule", "best weights"],
        "i": "fails",
        "j": 18,
        "k": "other batch sizes",
    }


EXERCISE = concept_questions(
    "08_implementation",
    implementation_questions,
    (
        Question(
            "a",
            "The mean over images",
            {
                0.6: "That is the mean of the two batches' means. The 10 images count as much in it as the 30.",
                1.2: "That is the sum of the two means.",
                16: "That is the sum over all images. Divide by their number.",
                0.03: "The batches' losses are means already: turn them into sums before you divide by 40.",
            },
            relative=1e-3,
        ),
        Question(
            "b",
            "Where phase 1 begins",
            {
                0: "Those of the first epoch validated worst of the three.",
                2: "That is where phase 0 happened to end. Is it where it was best?",
            },
        ),
        Question(
            "c",
            "Why the best weights are put back",
            {
                "its optimiser needs it": "A new optimiser takes any weights. What distinguishes these?",
                "phase 1 cannot go lower": "It can: from good weights too. That is why the best are kept to the end.",
            },
        ),
        Question(
            "d",
            "What an old optimiser brings along",
            {
                "frozen parameters": "It may hold them or not; they are opened for phase 1. What does AdamW remember?",
                "the number of epochs": "An optimiser counts steps, and knows no epochs. What else does it keep for "
                "each parameter?",
            },
        ),
        Question(
            "e",
            "What learns in a frozen norm",
            {
                ("weight",): "A norm multiplies and adds. Both are learnt, or neither.",
                ("bias",): "A norm multiplies and adds. Both are learnt, or neither.",
                (): "Statistics stay. Is there a parameter in a norm, and does it require a gradient in phase 1?",
                ("running_mean", "running_var"): "These are statistics, no gradient reaches them, and they are what "
                "is kept.",
                ("weight", "bias", "running_mean", "running_var"): "Two of these move without a gradient in training "
                "mode. In which mode is a norm that is kept frozen?",
            },
        ),
        Question(
            "f",
            "When patience runs out",
            {
                5: "Nobody knows yet that 0.7 would come. How many epochs in a row are not above 0.6?",
                3: "After three epochs, one has passed since the best. Patience is 2.",
                2: "That is how many epochs there are up to the best.",
            },
        ),
        Question(
            "g",
            "A cosine stepped once an epoch",
            {
                0: "That is where it should end. How many of its 200 steps has it taken?",
                0.5: "That would be half way. It has taken 10 steps of 200.",
            },
            relative=1e-2,
        ),
        Question(
            "h",
            "What resuming needs",
            {
                ("weights",): "An optimiser begins at averages of zero, and a schedule at the highest rate, if nothing "
                "is kept of them.",
                ("weights", "optimiser"): "The rate would begin again at the top. And what if the best epoch is past?",
                ("weights", "optimiser", "best weights"): "At which rate would the resumed run go on?",
                (
                    "weights",
                    "schedule",
                    "best weights",
                ): "What does AdamW divide its steps by, and where does it come from?",
                ("weights", "optimiser", "schedule"): "And what is put back at the end, if the best epoch is past?",
                (
                    "weights",
                    "optimiser",
                    "schedule",
                    "best weights",
                    "gradients",
                ): "Gradients are cleared before each backward pass: from one epoch to the next they hold nothing.",
            },
        ),
        Question(
            "i",
            "A batch and .item()",
            {
                "gives the first": "Which of eight should it be? PyTorch does not guess.",
                "gives a list": "That is .tolist(). Here a single number is asked for, from eight.",
            },
        ),
        Question(
            "j",
            "An opset that was asked for",
            {
                17: "That is what was asked for. Read on: what became of the conversion?",
                14: "Neither was 14 asked for, nor is it what the exporter writes by itself.",
            },
        ),
        Question(
            "k",
            "What a free axis is for",
            {
                "other weights": "Weights are numbers in the file, and no axis of its input.",
                "other classes": "The number of classes is built into the head. Which axis of the images is free?",
            },
        ),
    ),
    difficulty=1,
    minutes=12,
    hints=(
        "a, b, f and g can be worked out on paper. For d, e and h, look at what `state_dict()` of an optimiser and "
        "of a norm hold.",
        "In g, the cosine has come as far as (1 + cos(π · 10/200))/2. In h, think of each part in turn: what would the "
        "resumed run do differently if it began anew? i can be tried in a cell.",
    ),
)
