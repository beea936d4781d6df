"""Exercise: the penalty of elastic weight consolidation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from autograder.exercise import Case, Exercise, Misconception, Property
from autograder.exercises.lesson10 import penalty_parts as parts
from autograder.probes import lesson10 as probes
from lib.ewc import ewc_penalty


def _cases(seed: int) -> list[Case]:
    def case(words: str, strength: float, held: list[str], dtype: str = "float64", **more: Any) -> Case:
        inputs = {"seed": seed + 1, "held": held, "frozen": [], "fisher": seed + 2, "dtype": dtype}
        return Case(words, inputs | {"strength": strength} | more)

    everything = [*parts.BACKBONE, *parts.HEAD]
    return [
        case("every parameter held, λ = 3", 3.0, everything),
        case("a new head that F does not name, λ = 5", 5.0, parts.BACKBONE),
        case("λ = 0.5, one layer held and frozen", 0.5, everything, frozen=parts.BACKBONE),
        case("λ = 0", 0.0, parts.BACKBONE),
        case("λ = 2, in single precision", 2.0, everything, dtype="float32"),
        case(
            "an `fc` that is held, and an anchor that names more than F, in another order",
            4.0,
            ["fc.weight", "fc.bias", *parts.WITH_NORMS],
            kind="fc",
            anchored=["block.1.bias", "fc.bias", "fc.weight", *parts.WITH_NORMS, "block.1.weight"],
        ),
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------


Pairs = dict[str, tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class _With:
    """The penalty with one thing done otherwise."""

    factor: float = 0.5
    strength_power: int = 1
    fisher_power: float = 1.0
    inside: bool = False
    squares: Callable[[Tensor], Tensor] = torch.square
    total: Callable[[Tensor], Tensor] = torch.sum
    divided_by_names: bool = False
    of_all: bool = False
    only_learning: bool = False
    as_float: bool = False
    detached: bool = False
    attached: bool = False
    through_data: bool = False
    names_of: str = "fisher"
    without: str = "nothing"
    frozen_arguments: bool = False

    def __call__(self, model: nn.Module, fisher: dict[str, Tensor], anchor: dict[str, Tensor], strength: float) -> Any:
        """What it returns."""
        terms = []
        if self.frozen_arguments:
            for tensor in (*fisher.values(), *anchor.values()):
                tensor.requires_grad_(False)
        by_name = self._pairs(model, fisher, anchor)
        for name, new in model.named_parameters():
            if name in by_name and not name.startswith(self.without) and (new.requires_grad or not self.only_learning):
                F, old = by_name[name]
                if not self.attached:
                    F, old = F.detach(), old.detach()
                weighted = F**self.fisher_power
                difference = (new.data if self.through_data else new) - old
                terms.append(
                    self.total(
                        self.squares(weighted * difference if self.inside else difference)
                        if self.inside
                        else weighted * self.squares(difference)
                    )
                )
            elif self.of_all and name not in fisher:
                terms.append(new.square().sum())
        value = self.factor * strength**self.strength_power * torch.stack(terms).sum() if terms else 0.0
        value = value / len(terms) if self.divided_by_names else value
        if self.as_float:
            return float(value)
        return value.detach() if self.detached and isinstance(value, Tensor) else value

    def _pairs(self, model: nn.Module, fisher: dict[str, Tensor], anchor: dict[str, Tensor]) -> Pairs:
        if self.names_of == "position":
            return dict(zip(fisher, zip(fisher.values(), anchor.values(), strict=False), strict=False))
        if self.names_of == "model":
            return {name: (fisher[name], anchor[name]) for name, _ in model.named_parameters()}
        if self.names_of == "anchor":
            return {name: (fisher[name], anchor[name]) for name in anchor}
        if self.names_of == "anchor or 1":
            return {name: (fisher.get(name, torch.ones_like(old)), old) for name, old in anchor.items()}
        return {name: (F, anchor[name]) for name, F in fisher.items()}


EXERCISE = Exercise(
    lesson="10_pitfalls",
    reference=ewc_penalty,
    probe=probes.penalty,
    cases=_cases,
    properties=(
        Property("It is λ/2 times the weighted sum of squares.", 2, ("penalty",), cases=(0, 4)),
        Property("What F does not name is free.", 1, ("penalty", "gradients"), cases=(1, 5)),
        Property(
            "What is held counts, whether it requires a gradient or not; λ may be 0.", 1, ("penalty",), cases=(2, 3)
        ),
        parts.LEFT_ALONE,
    ),
    misconceptions=(
        Misconception(
            "half-forgotten",
            _With(factor=1.0),
            "Your penalty is twice as large: the ½ is missing. It is there so that the gradient is λ F (θ − θ*).",
        ),
        Misconception(
            "fisher-forgotten",
            _With(fisher_power=0.0),
            "All springs are equally stiff with you. Each parameter's square is weighted by its own F.",
        ),
        Misconception(
            "fisher-inside-the-square",
            _With(inside=True),
            "You multiply by F before you square, so F counts twice. It stands outside of the square.",
        ),
        Misconception(
            "root-of-fisher",
            _With(fisher_power=0.5),
            "You weigh by the root of F. The squares of the gradients are in F already; take it as it is.",
        ),
        Misconception(
            "mean-taken",
            _With(total=torch.mean),
            "You take a mean over each parameter's entries: a large layer is then held no more than a bias. The "
            "formula sums over i.",
        ),
        Misconception(
            "mean-over-names",
            _With(divided_by_names=True),
            "You divide by the number of parameter tensors. The formula is a plain sum over all numbers in them.",
        ),
        Misconception(
            "not-squared",
            _With(squares=torch.abs),
            "You use absolute differences. A spring's energy grows with the square.",
        ),
        Misconception(
            "signed",
            _With(squares=lambda difference: difference),
            "You forgot the square: differences of either sign cancel.",
        ),
        Misconception(
            "lambda-squared",
            _With(strength_power=2),
            "λ stands once in the formula, in front of the sum.",
        ),
        Misconception(
            "head-pulled-to-zero",
            _With(of_all=True),
            "What F does not name is pulled towards zero with you. A new head has no old value: it is free.",
        ),
        Misconception(
            "frozen-left-out",
            _With(only_learning=True),
            "You leave out parameters that require no gradient. The names in F say what is held.",
        ),
        Misconception(
            "no-gradient",
            _With(detached=True),
            "Your penalty carries no history: adding it to the loss changes the number that is printed and nothing "
            "else. Was something detached, or turned into a plain number, on the way?",
        ),
        Misconception(
            "no-gradient-in-the-weights",
            _With(through_data=True, attached=True),
            "No gradient reaches the weights: `.data` and `state_dict()` hand out values without history. Take the "
            "parameters themselves.",
        ),
        Misconception(
            "names-of-the-model",
            _With(names_of="model"),
            "You look up F for every parameter of the model. F need not name them all, and what it does not name is "
            "free: go through the names in F.",
        ),
        Misconception(
            "names-of-the-anchor",
            _With(names_of="anchor"),
            "You go through the anchor's names. It may have more than F has: the names in F say what is held.",
        ),
        Misconception(
            "anchor-holds",
            _With(names_of="anchor or 1"),
            "You hold whatever the anchor names, with a stiffness of 1 where F is silent. That is free.",
        ),
        Misconception(
            "paired-by-position",
            _With(names_of="position"),
            "You pair the entries of the dictionaries in the order in which they stand. F and anchor are looked up by "
            "name: their orders need not agree, and the anchor may have more.",
        ),
        Misconception(
            "fc-left-out",
            _With(without="fc."),
            "You leave out names that begin with `fc.`. That is for the caller to do, where the head is a new one: "
            "whatever F names is held.",
        ),
        Misconception(
            "arguments-frozen",
            _With(frozen_arguments=True),
            "You switch off requires_grad in the caller's own tensors. detach() gives you another view of them, and "
            "leaves them as they are.",
        ),
        Misconception(
            "anchor-not-detached",
            _With(attached=True),
            "A gradient flows into F or the anchor. They are constants: if they were parameters of an old model, your "
            "training would fill that model's `.grad` too.",
        ),
    ),
    difficulty=1,
    minutes=8,
    hints=(
        "Go through the names in `fisher`. For each: the parameter of the model of that name, its F, its old value. "
        "Add up F times the squared difference, and multiply by strength / 2.",
        "parameters = dict(model.named_parameters()) finds a parameter by name. Detach F and the anchor, never the "
        "parameter, and keep the sum a tensor: no .item(), no float().",
    ),
)
