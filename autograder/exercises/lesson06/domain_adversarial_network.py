"""Exercise: one backbone, two branches, and a reversal in the one of them."""

import torch

from autograder.exercise import Case, Exercise, Property, seeded
from autograder.exercises.lesson06.network_mistakes import MISTAKES
from autograder.probes import adversarial as probes
from lib.adversarial import DomainAdversarialNetwork


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, kind: str, classes: int, hidden: int | None, training: bool = True) -> Case:
        images = torch.randn(4, 3, 8, 8, generator=generator)
        inputs = {"kind": kind, "seed": seed, "images": images, "classes": classes, "hidden": hidden}
        return Case(words, inputs | {"training": training})

    double = case("a backbone in double precision and evaluation mode, 4 classes", "fc", 4, 5, training=False)
    return [
        case("a backbone with 6 features, 3 classes, hidden=4", "fc", 3, 4),
        case("a backbone with 7 features that ends in a stack of layers, 2 classes", "classifier", 2, None),
        Case(double.words, double.inputs | {"images": double.inputs["images"].double()}),
    ]


EXERCISE = Exercise(
    lesson="06_domain_adaptation",
    reference=DomainAdversarialNetwork,
    probe=probes.domain_adversarial_network,
    cases=_cases,
    properties=(
        Property(
            "The layers have the widths that the backbone, the classes and `hidden` give them.",
            2,
            ("features is the backbone itself", "linear layers"),
        ),
        Property(
            "It puts out class logits (N, classes) and domain logits (N,), also for one image, from one pass through "
            "the backbone, in the mode that it is in.",
            2,
            (
                "class logits",
                "domain logits",
                "shapes of the logits of one image",
                "passes of the backbone",
                "modes after a forward pass in training mode",
                "the branches draw nothing",
            ),
        ),
        Property(
            "The domain's gradient reaches the features reversed and scaled, the discriminator as it is.",
            2,
            (
                "gradients of the domain logits in the features",
                "gradients of the domain logits in the discriminator",
                "strength at first",
            ),
        ),
        Property(
            "The class logits' gradient reaches the features as it is.",
            1,
            ("gradient of the class logits in the features",),
        ),
        Property(
            "New layers follow the backbone: dtype, device, mode.",
            1,
            (
                "dtypes of the new layers",
                "new layers on the backbone's device",
                "modes of the network and its new layers",
            ),
        ),
        Property(
            "The predictor is features and classifier, sharing their weights.",
            1,
            ("what the predictor puts out", "the predictor shares the weights"),
        ),
    ),
    misconceptions=MISTAKES,
    difficulty=2,
    minutes=20,
    hints=(
        "Ask output_layers(backbone) for the layer that will be taken off before you take it off: its weight "
        "has the dtype and the device that new layers need. Then remove_head(backbone), which returns the number of "
        "features.",
        "output_layers gives a dictionary; its last value is the layer that is taken off. New layers follow "
        "with .to(its weight) and .train(the backbone's mode); the network itself takes that mode as well. In forward, "
        "compute the features once and hand them to both branches; .squeeze(1) at the end.",
    ),
)
