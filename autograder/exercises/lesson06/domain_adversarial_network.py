"""Exercise: one backbone, two branches, and a reversal in the one of them."""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from autograder.exercise import Case, Exercise, Implementation, Misconception, Property, seeded
from autograder.probes import adversarial as probes
from lib.adversarial import DomainAdversarialNetwork
from lib.backbones import remove_head
from lib.gradient_reversal import GradientReversal


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


# ---- misconceptions -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Made:
    """What is done otherwise than asked."""

    width: int | None = None
    head_left: bool = False
    reverses: str = "before the discriminator"
    domains: int = 1
    squeezed: bool = True
    sigmoid: bool = False
    layers: int = 2
    as_backbone: bool = True
    detached: bool = False
    predicts: str = "classes"


class _Network(nn.Module):
    def __init__(self, backbone: nn.Module, classes: int, hidden: int, made: _Made) -> None:
        super().__init__()
        like = [*backbone.parameters()][-1].detach().clone()
        width = (5 if made.head_left else remove_head(backbone)) if made.width is None else made.width
        if made.width is not None:
            remove_head(backbone)
        widths = [width, *[hidden] * made.layers]
        stack = [part for i, o in pairwise(widths) for part in (nn.Linear(i, o), nn.ReLU())]
        self.features, self.classifier, self.reversal = backbone, nn.Linear(width, classes), GradientReversal()
        self.discriminator = nn.Sequential(*stack, nn.Linear(hidden, made.domains))
        self.made = made
        if made.as_backbone:
            self.classifier.to(like)
            self.discriminator.to(like)
            for part in (self.classifier, self.reversal, self.discriminator):
                part.train(backbone.training)
            self.training = backbone.training

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        features, made = self.features(images), self.made
        if made.reverses == "everything":
            features = self.reversal(features)
        seen = features.detach() if made.detached else features
        if made.reverses == "before the discriminator":
            seen = self.reversal(seen)
        logits = self.discriminator(seen)
        if made.reverses == "after the discriminator":
            logits = self.reversal(logits)
        logits = logits.sigmoid() if made.sigmoid else logits
        return self.classifier(features), logits.squeeze(1) if made.squeezed else logits

    def predictor(self) -> nn.Module:
        """Features, then classifier, or less."""
        return nn.Sequential(self.features, self.classifier) if self.made.predicts == "classes" else self.features


def _with(made: _Made) -> Implementation:
    return lambda backbone, classes, hidden=256: _Network(backbone, classes, hidden, made)


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
        Property("It puts out class logits (N, classes) and domain logits (N,).", 2, ("class logits", "domain logits")),
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
    misconceptions=(
        Misconception(
            "width-by-heart",
            _with(_Made(width=2048)),
            "You expect 2,048 features, as a ResNet-50 has. Other backbones have other widths: read it off the layer "
            "that is taken off. remove_head returns it.",
        ),
        Misconception(
            "head-left-on",
            _with(_Made(head_left=True)),
            "The backbone still has its output layer: your features are its class scores. remove_head takes it off.",
        ),
        Misconception(
            "no-reversal",
            _with(_Made(reverses="nothing")),
            "There is no reversal on the way to the discriminator: the features would help it.",
        ),
        Misconception(
            "everything-reversed",
            _with(_Made(reverses="everything")),
            "Your reversal stands before the fork, so the classifier's gradient is turned round as well: the features "
            "would unlearn the task.",
        ),
        Misconception(
            "reversed-too-late",
            _with(_Made(reverses="after the discriminator")),
            "Your reversal stands behind the discriminator, so the discriminator's own gradient is reversed too: it "
            "unlearns to tell the domains apart, and there is no game.",
        ),
        Misconception(
            "features-cut-off",
            _with(_Made(detached=True)),
            "The discriminator gets detached features: nothing comes back to them.",
        ),
        Misconception(
            "not-squeezed",
            _with(_Made(squeezed=False)),
            "Your domain logits have the shape (N, 1); (N,) is asked. Against targets of shape (N,) they would be "
            "broadcast to (N, N) without a word.",
        ),
        Misconception(
            "two-domain-logits",
            _with(_Made(domains=2, squeezed=False)),
            "You have one logit for each domain. One number is enough: above 0 for the target, else the source.",
        ),
        Misconception(
            "sigmoid",
            _with(_Made(sigmoid=True)),
            "Your domain logits are probabilities. The loss applies the sigmoid itself, and does it more precisely.",
        ),
        Misconception(
            "one-hidden-layer",
            _with(_Made(layers=1)),
            "Your discriminator has one hidden layer; the contract gives it two.",
        ),
        Misconception(
            "torchs-own-defaults",
            _with(_Made(as_backbone=False)),
            "Your new layers are in single precision and in training mode, whatever the backbone is. They are to "
            "follow it.",
        ),
        Misconception(
            "predictor-without-classifier",
            _with(_Made(predicts="features")),
            "Your predictor gives features. To use the network, one wants class logits.",
        ),
    ),
    difficulty=2,
    minutes=20,
    hints=(
        "Ask stages.output_layers(backbone) for the layer that will be taken off before you take it off: its weight "
        "has the dtype and the device that new layers need. Then remove_head(backbone), which returns the number of "
        "features.",
        "stages.output_layers gives a dictionary; its last value is the layer that is taken off. New layers follow "
        "with .to(its weight) and .train(the backbone's mode); the network itself takes that mode as well. In forward, "
        "compute the features once and hand them to both branches; .squeeze(1) at the end.",
    ),
)
