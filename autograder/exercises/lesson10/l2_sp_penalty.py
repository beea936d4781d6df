"""Exercise: L2-SP, the pre-trained weights as the point to stay near."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from autograder.exercise import Case, Exercise, Misconception, Property
from autograder.exercises.lesson10 import penalty_parts as parts
from autograder.probes import lesson10 as probes
from lib.ewc import l2_sp_penalty


def _cases(seed: int) -> list[Case]:
    def case(words: str, alpha: float, beta: float, dtype: str = "float64", **more: Any) -> Case:
        inputs = {"seed": seed + 1, "held": parts.BACKBONE, "frozen": [], "dtype": dtype}
        return Case(words, inputs | {"alpha": alpha, "beta": beta} | more)

    return [
        case("a pre-trained layer and a new head, α = 3, β = 0.5", 3.0, 0.5),
        case("nothing new, α = 2", 2.0, 0.7, held=[*parts.BACKBONE, *parts.HEAD]),
        case("the pre-trained weight frozen, α = 1, β = 2", 1.0, 2.0, frozen=["1.weight"]),
        case("the whole backbone frozen, α = 4, β = 1", 4.0, 1.0, frozen=parts.BACKBONE),
        case("α = 0.1 and β = 0.01, in single precision", 0.1, 0.01, dtype="float32"),
        case("norms, and a new `fc`, α = 2, β = 0.3", 2.0, 0.3, kind="fc", held=parts.WITH_NORMS),
        case("part of the new head frozen, α = 1, β = 3", 1.0, 3.0, frozen=["3.weight"]),
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _With:
    """The penalty with one thing done otherwise."""

    factor: float = 0.5
    squares: Callable[[Tensor], Tensor] = parts.summed_squares
    head: str = "beta"
    backbone_to_zero: bool = False
    swapped: bool = False
    frozen_too: bool = False
    new_frozen_too: bool = False
    both: bool = False
    without_norms: bool = False
    emptied: bool = False
    frozen_arguments: bool = False
    weights_only: bool = False
    detached: bool = False
    attached: bool = False

    def __call__(self, model: nn.Module, anchor: dict[str, Tensor], alpha: float, beta: float) -> Any:
        """What it returns."""
        alpha, beta = (beta, alpha) if self.swapped else (alpha, beta)
        terms = [torch.zeros_like(next(model.parameters())).sum()]
        norms = tuple(name for name, layer in model.named_modules() if "Norm" in type(layer).__name__)
        olds = {name: anchor.pop(name) for name in list(anchor)} if self.emptied else anchor
        for name, w in model.named_parameters():
            if self.frozen_arguments and name in olds:
                olds[name].requires_grad_(False)
            counts = w.requires_grad or self.frozen_too or (self.new_frozen_too and name not in olds)
            if not counts or (self.weights_only and w.ndim == 1) or (self.without_norms and name.startswith(norms)):
                continue
            if name in olds:
                old = olds[name] if self.attached else olds[name].detach()
                terms.append(self.factor * alpha * self.squares(w if self.backbone_to_zero else w - old))
                terms.append(self.factor * (beta if self.both else 0.0) * self.squares(w))
            elif self.head != "free":
                terms.append(self.factor * (alpha if self.head == "alpha" else beta) * self.squares(w))
        value = torch.stack(terms).sum()
        return value.detach() if self.detached else value


EXERCISE = Exercise(
    lesson="10_pitfalls",
    reference=l2_sp_penalty,
    probe=probes.penalty,
    cases=_cases,
    properties=(
        Property(
            "Pre-trained parameters are drawn to their old values, new ones to zero.", 2, ("penalty",), cases=(0, 4, 5)
        ),
        Property("Either group may be empty.", 1, ("penalty", "gradients"), cases=(1, 3)),
        Property("Frozen parameters do not count.", 1, ("penalty",), cases=(2, 3, 6)),
        parts.LEFT_ALONE,
    ),
    misconceptions=(
        Misconception(
            "half-forgotten",
            _With(factor=1.0),
            "Your penalty is twice as large: α/2 and β/2 stand in front of the sums.",
        ),
        Misconception(
            "head-with-alpha",
            _With(head="alpha"),
            "You hold the new head as firmly as the backbone. It has a strength of its own, β.",
        ),
        Misconception(
            "head-free",
            _With(head="free"),
            "Your new head costs nothing. The penalty takes the place of weight decay, so the head's pull towards zero "
            "belongs into it: β/2 · ‖w‖².",
        ),
        Misconception(
            "towards-zero",
            _With(backbone_to_zero=True),
            "Your backbone is pulled towards zero: that is plain weight decay, which drags the weights away from what "
            "they have learnt. SP stands for starting point.",
        ),
        Misconception(
            "alpha-and-beta-swapped",
            _With(swapped=True),
            "α and β have changed places: α holds what is pre-trained, β what is new.",
        ),
        Misconception(
            "mean-taken",
            _With(squares=parts.mean_squares),
            "You take means over the entries. The norms in the formula are sums of squares, over all entries.",
        ),
        Misconception(
            "norm-not-squared",
            _With(squares=parts.norm),
            "You add up norms. The formula has their squares, which needs no root.",
        ),
        Misconception(
            "absolute-values",
            _With(squares=parts.absolute),
            "You add up absolute values: that would be L1. L2 has squares.",
        ),
        Misconception(
            "frozen-too",
            _With(frozen_too=True),
            "You count frozen parameters. They cannot follow any pull; the contract leaves them out.",
        ),
        Misconception(
            "weights-only",
            _With(weights_only=True),
            "You leave out biases. Weight decay often does; here every parameter that requires a gradient counts.",
        ),
        Misconception(
            "new-and-frozen-too",
            _With(new_frozen_too=True),
            "You skip frozen parameters where the anchor names them, and count them where it does not. What is frozen "
            "does not count at all.",
        ),
        Misconception(
            "pulled-twice",
            _With(both=True),
            "You pull pre-trained parameters to zero as well, by β. Each parameter belongs to one of the two groups.",
        ),
        Misconception(
            "norms-left-out",
            _With(without_norms=True),
            "You leave out the norms' parameters. Weight decay often does; here they count like all others.",
        ),
        Misconception(
            "anchor-emptied",
            _With(emptied=True),
            "You take the values out of the caller's dictionary. At the next step there is no anchor left.",
        ),
        Misconception(
            "arguments-frozen",
            _With(frozen_arguments=True, attached=True),
            "You switch off requires_grad in the caller's own tensors. detach() gives you another view of them, and "
            "leaves them as they are.",
        ),
        Misconception(
            "no-gradient",
            _With(detached=True),
            "Your penalty carries no history: it would change the loss that is printed, and no weight.",
        ),
        Misconception(
            "anchor-not-detached",
            _With(attached=True),
            "A gradient flows into the anchor. It is the past: a constant.",
        ),
    ),
    difficulty=1,
    minutes=8,
    hints=(
        "Go through the model's named parameters and skip those that require no gradient. Is the name in the anchor? "
        "Then it counts with α and its distance from there; otherwise with β and its distance from zero.",
        "Start from a sum of 0.0 and add alpha / 2 * (w - anchor[name].detach()).square().sum() or beta / 2 * "
        "w.square().sum(). What you return stays a tensor.",
    ),
)
