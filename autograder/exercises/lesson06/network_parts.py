"""A domain-adversarial network in parts, each of which may be made otherwise."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn

from autograder.exercise import Implementation
from lib.backbones import remove_head
from lib.gradient_reversal import GradientReversal


@dataclass(frozen=True)
class Made:
    """What is done otherwise than asked."""

    width: int | None = None
    head_left: bool = False
    hidden: int | None = None
    reverses: str = "before the discriminator"
    domains: int = 1
    squeezed: str = "the last dimension"
    ends: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] = lambda classes, domains: (classes, domains)
    layers: int = 2
    dropout: bool = False
    dtype_followed: bool = True
    mode_followed: bool = True
    evaluates: str = "nothing"
    features_twice: bool = False
    detached: bool = False
    predicts: str = "classes"


class _Network(nn.Module):
    def __init__(self, backbone: nn.Module, classes: int, hidden: int, made: Made) -> None:
        super().__init__()
        like = [*backbone.parameters()][-1].detach().clone()
        width = (5 if made.head_left else remove_head(backbone)) if made.width is None else made.width
        if made.width is not None:
            remove_head(backbone)
        hidden = made.hidden or hidden
        widths = [width, *[hidden] * made.layers]
        stack: list[nn.Module] = [part for i, o in pairwise(widths) for part in (nn.Linear(i, o), nn.ReLU())]
        if made.dropout:
            stack.append(nn.Dropout(0.5))
        self.features, self.classifier, self.reversal = backbone, nn.Linear(width, classes), GradientReversal()
        self.discriminator = nn.Sequential(*stack, nn.Linear(hidden, made.domains))
        self.made = made
        for part in (self.classifier, self.discriminator):
            part.to(like.device, like.dtype if made.dtype_followed else None)
        if made.mode_followed:
            self.train(backbone.training)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        made = self.made
        if made.evaluates != "nothing":
            (self if made.evaluates == "everything" else self.features).eval()
        features = self.features(images)
        if made.reverses == "everything":
            features = self.reversal(features)
        seen = self.features(images) if made.features_twice else features
        seen = seen.detach() if made.detached else seen
        if made.reverses == "before the discriminator":
            seen = self.reversal(seen)
        logits = self.discriminator(seen)
        if made.reverses == "after the discriminator":
            logits = self.reversal(logits)
        if made.squeezed != "nothing":
            logits = logits.squeeze() if made.squeezed == "everything" else logits.squeeze(1)
        return made.ends(self.classifier(features), logits)

    def predictor(self) -> nn.Module:
        """Features, then classifier, or less."""
        return nn.Sequential(self.features, self.classifier) if self.made.predicts == "classes" else self.features


def network(made: Made) -> Implementation:
    """A class of such networks, as an exercise asks for one."""
    return lambda backbone, classes, hidden=256: _Network(backbone, classes, hidden, made)
