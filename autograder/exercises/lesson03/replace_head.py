"""Exercise: take the source task's output layer off, and put a fresh one on."""

import torch

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.exercises.lesson03 import head_mistakes as mistakes
from autograder.probes import lesson03 as probes
from lib.backbones import replace_head


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, kind: str, **arguments: object) -> Case:
        images = torch.randn(4, 3, 8, 8, generator=generator)
        usual = {"frozen": False, "double": False, "evaluation": False}
        return Case(words, {"kind": kind, "seed": seed, "images": images} | usual | arguments)

    return [
        case("a network that ends in `fc`, 3 classes", "fc", classes=3),
        case("a network that ends in a `classifier` of several layers, 4 classes", "classifier", classes=4),
        case("a network that ends in `heads.head`, 2 classes", "heads", classes=2),
        case("`fc`, 3 classes, 7 hidden units, dropout 0.3", "fc", classes=3, hidden=7, dropout=0.3),
        case("`classifier`, 2 classes, 6 hidden units", "classifier", classes=2, hidden=6),
        case("a frozen network in double precision, 3 classes", "heads", frozen=True, double=True, classes=3),
        case("`fc` in evaluation mode, 3 classes, dropout 0.4", "fc", evaluation=True, classes=3, dropout=0.4),
        case("`fc` in training mode, 3 classes, dropout 0.4", "fc", classes=3, dropout=0.4),
    ]


EXERCISE = Exercise(
    lesson="03_feature_extraction_vs_fine_tuning",
    reference=replace_head,
    probe=probes.replace_head,
    cases=_cases,
    properties=(
        Property(
            "A network that ends in `fc` puts out (N, classes); it is changed in place and returned.",
            1,
            ("what it returns", "output shape"),
            cases=(0,),
        ),
        Property(
            "The output layer is found and replaced where it is; all else stays the very same.",
            1,
            ("output shape", "new layers", "parameters kept as they were"),
            cases=(1, 2),
        ),
        Property(
            "With `hidden` the head is Linear-ReLU-Dropout-Linear.", 1, ("output shape", "new layers"), cases=(3, 4)
        ),
        Property(
            "The new layers are fresh and trainable, in the model's dtype and on its device.",
            1,
            (
                "output shape",
                "new weights that are copies of old ones",
                "new parameters that are trainable",
                "types of the new parameters",
                "new parameters on the model's device",
            ),
            cases=(5,),
        ),
        Property(
            "The new layers are in the model's mode: dropout is at work in a model that trains, and in no other.",
            1,
            ("output shape", "new layers", "new layers in another mode than the model"),
            cases=(6, 7),
        ),
    ),
    misconceptions=(
        Misconception(
            "returns-nothing",
            mistakes.returns_nothing,
            "The head is in its place, and nothing comes back: a function without a return statement gives None. The "
            "contract says what is returned.",
        ),
        Misconception(
            "always-fc",
            mistakes.always_fc,
            "You set `model.fc`. In a ResNet that is the output layer; elsewhere it is a new attribute that forward "
            "never calls. Which layer is the last linear one, whatever it is called?",
        ),
        Misconception(
            "whole-classifier",
            mistakes.whole_classifier,
            "You replace the whole last block. In a VGG two pre-trained layers go with it; only the output layer "
            "speaks the source task's language.",
        ),
        Misconception(
            "number-only",
            mistakes.number_only,
            "out_features is a note on the layer's door. The weight behind it has as many rows as before.",
        ),
        Misconception(
            "stacked-on-top",
            mistakes.on_top,
            "The new head sits on the old one: it sees the source task's scores instead of the features, and most of "
            "what the backbone knows is lost on the way.",
        ),
        Misconception(
            "in-a-copy",
            mistakes.in_a_copy,
            "You return a changed copy; the contract says in place. Whoever holds the model still holds the old head.",
        ),
        Misconception(
            "old-rows-kept",
            mistakes.put_on(mistakes.old_rows),
            "Your new head begins with rows of the old one. Class 3 of the target has nothing to do with class 3 of "
            "the source: start afresh.",
        ),
        Misconception(
            "frozen-too",
            mistakes.put_on(mistakes.frozen_too),
            "In a frozen network your new head is frozen as well. It is the one part that must learn.",
        ),
        Misconception(
            "single-precision",
            mistakes.put_on(mistakes.single_precision),
            "The new layer is in single precision in a network in double: they cannot be multiplied. dtype and device "
            "come from the layer that you replace.",
        ),
        Misconception(
            "new-layers-train",
            mistakes.put_on(mistakes.right_head),
            "New layers begin in training mode. In a model that is in evaluation mode, as a loaded one is, your "
            "dropout drops: the same image gets other scores each time. `model.training` says which mode it is.",
        ),
        Misconception(
            "all-in-evaluation",
            mistakes.in_evaluation,
            "You put the model into evaluation mode. Its mode is not yours to change, and in a model that trains the "
            "new head has to train as well.",
        ),
        Misconception(
            "no-activation",
            mistakes.put_on(mistakes.linear_only),
            "Two linear layers with nothing between them are one linear layer. The hidden one needs its ReLU.",
        ),
        Misconception(
            "dropout-last",
            mistakes.put_on(mistakes.dropout_last),
            "Your dropout comes after the output layer: it sets whole classes' scores to zero at random. It belongs "
            "before.",
        ),
        Misconception(
            "hidden-ignored",
            mistakes.put_on(mistakes.hidden_ignored),
            "Where does `hidden` enter? Your head is always a single layer.",
        ),
    ),
    difficulty=2,
    minutes=15,
    hints=(
        "model.named_modules() walks through all layers in order, with dotted names. The last nn.Linear it meets is "
        "the output layer, and its dotted name says who its parent is.",
        "model.get_submodule(name) fetches a layer, model.set_submodule(name, new) puts another in its place. Build "
        "the new one from the old one's in_features, weight.device and weight.dtype, and call .train(model.training) "
        "on it.",
    ),
)
