"""Exercise: make a network a fixed function."""

import torch

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.exercises.lesson03 import freeze_mistakes as mistakes
from autograder.probes import lesson03 as probes
from lib.freezing import freeze


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)
    return [
        Case(
            f"a convolutional network with both kinds of batch norm and dropout, {count} images",
            {"kind": "fc", "seed": seed + i, "images": torch.randn(count, 3, 8, 8, generator=generator) * 3 + 1},
        )
        for i, count in enumerate((4, 7))
    ]


EXERCISE = Exercise(
    lesson="03_feature_extraction_vs_fine_tuning",
    reference=freeze,
    probe=probes.freeze,
    cases=_cases,
    properties=(
        Property(
            "No parameter requires a gradient, at any depth; it is the same module, and its values are untouched.",
            1,
            (
                "what it returns",
                "its parameters are the same objects",
                "values that changed at once",
                "parameters that require a gradient",
            ),
        ),
        Property(
            "No gradient is left behind: an optimiser with momentum and weight decay moves nothing.",
            1,
            (
                "parameters that keep a gradient",
                "largest gradient left over",
                "parameters that an optimiser step moved",
            ),
        ),
        Property(
            "Running statistics stay, also after a later .train() of the network around or of a layer inside.",
            1,
            ("statistics that moved in training",),
        ),
        Property(
            "The output is that of evaluation mode, before and after .train().",
            1,
            ("output before any .train()", "output after .train()", "output after a .train() of every layer inside"),
        ),
    ),
    misconceptions=(
        Misconception(
            "returns-nothing",
            mistakes.returns_nothing,
            "All is frozen, and nothing comes back: a function without a return statement gives None. The contract "
            "says what is returned, so that calls can be strung together.",
        ),
        Misconception(
            "flags-only",
            mistakes.flags,
            "requires_grad stops the gradients that are still to come, and nothing else. What of the gradients "
            "already there? And what do batch norm and dropout do when the network around is in training mode?",
        ),
        Misconception(
            "gradients-only",
            mistakes.without_gradients,
            "The parameters are still. But batch norm's running mean and variance are no parameters: in training mode "
            "they move with every batch, and dropout drops. Which mode must a frozen layer be in?",
        ),
        Misconception(
            "evaluation-once",
            mistakes.evaluation_once,
            "Evaluation mode is right, but it does not last: every training loop calls .train() on the whole network, "
            "and your layers follow. How can a layer refuse?",
        ),
        Misconception(
            "outermost-only",
            mistakes.outermost_only,
            "Your module refuses .train(), the layers inside do not. Whoever calls .train() on one of them goes round "
            "the door that you locked. `.modules()` goes all the way down, `.children()` one step.",
        ),
        Misconception(
            "flags-and-evaluation",
            mistakes.flags_and_evaluation,
            "Two things are left. The gradients of the last step are still there, and an optimiser would apply them; "
            "evaluation mode is gone with the next .train() of the network around.",
        ),
        Misconception(
            "attribute",
            mistakes.attribute,
            "`module.requires_grad = False` gives the module an attribute that nobody reads. The flag belongs to each "
            "parameter; `requires_grad_`, with the underscore, sets them all.",
        ),
        Misconception(
            "gradients-left-over",
            mistakes.keeps_gradients,
            "The parameters keep the gradient of the last step before they were frozen. An optimiser asks for .grad, "
            "not for requires_grad: it would move them once more.",
        ),
        Misconception(
            "gradients-zeroed",
            mistakes.zeroed_gradients,
            "A gradient of zeros is still a gradient: weight decay and momentum go on moving the parameter. "
            "Only None makes an optimiser pass it by.",
        ),
        Misconception(
            "momentum-zero",
            mistakes.no_momentum,
            "With momentum 0 the running statistics stay, but in training mode batch norm does not use them: it still "
            "normalises by the batch at hand, and the output depends on who else is in the batch.",
        ),
        Misconception(
            "statistics-thrown-away",
            mistakes.no_statistics,
            "Without running statistics batch norm must use those of the batch at hand, for ever, also in evaluation "
            "mode. The frozen network should use the statistics that it was trained with.",
        ),
        Misconception(
            "two-dimensional-only",
            mistakes.images_only,
            "You pin BatchNorm2d. Its relatives for vectors and for volumes keep statistics as well.",
        ),
        Misconception(
            "dropout-forgotten",
            mistakes.forgets_dropout,
            "Batch norm is still, but a dropout layer drops at random in training mode: the same input gives another "
            "output each time.",
        ),
        Misconception(
            "weights-only",
            mistakes.weights_only,
            "Only parameters called weight are frozen. Biases learn too, and a module may hold parameters of any name.",
        ),
        Misconception(
            "frozen-copy",
            mistakes.a_copy,
            "You froze a copy. The network that will be trained is the one that was passed in, and it is as it was.",
        ),
    ),
    difficulty=2,
    minutes=15,
    hints=(
        "Three things move in a network: parameters (by their gradients, new or left over), running statistics, and "
        "the output itself where a layer acts at random or by batch. Evaluation mode settles the last two, if it "
        "lasts.",
        ".train(mode) is an ordinary method that a network calls on its children. A layer whose own `train` does "
        "nothing stays as it is; a forward pre-hook that puts the layer into evaluation mode works as well.",
    ),
)
