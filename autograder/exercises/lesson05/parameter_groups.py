"""Exercise: every parameter in exactly one of an optimiser's groups, at its rate, decaying or not."""

from collections.abc import Callable
from typing import Any

from torch import nn

from autograder.exercise import Case, Exercise, Misconception, Property
from autograder.probes import lesson05 as probes
from lib.learning_rates import layer_learning_rates, parameter_groups
from lib.stages import stages


def _cases(seed: int) -> list[Case]:
    base, decay, weights = (1e-3, 2e-3, 3e-3)[seed % 3], (0.5, 0.2, 0.1)[seed % 3], (0.05, 0.1, 0.02)[seed % 3]

    def case(words: str, kind: str, frozen: bool = False, **arguments: float) -> Case:
        return Case(words, {"kind": kind, "seed": seed, "frozen": frozen} | arguments)

    return [
        case(
            f"a network with norms and its own parameter: base {base:g}, decay {decay:g}, weight decay {weights:g}",
            "norms",
            base=base,
            decay=decay,
            weight_decay=weights,
        ),
        case("three linear layers, one without a bias, base 0.01", "plain", base=1e-2),
        case("three linear layers, the first of them frozen, decay 0.5", "plain", frozen=True, base=1e-2, decay=0.5),
        case("a network with norms whose stem is frozen, decay 0.5", "norms", frozen=True, base=1e-2, decay=0.5),
        case("three layers, two of which share a weight, decay 0.5", "shared", base=1e-2, decay=0.5),
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------

Groups = list[dict[str, Any]]
Decays = Callable[[str, nn.Parameter], bool]


def _with(
    decays: Decays = lambda _, p: p.ndim > 1,
    learns: Callable[[nn.Parameter], bool] = lambda _: True,
    once: bool = True,
    upside_down: bool = False,
    flat: bool = False,
    empty: bool = False,
) -> Callable[..., Groups]:
    """Groups by stage, with another rule for what decays, what is held, or at which rate."""

    def groups(model: nn.Module, base: float, decay: float = 1.0, *, weight_decay: float = 0.01) -> Groups:
        parts, found, placed = stages(model), [], set[int]()
        order = list(parts)[::-1] if upside_down else list(parts)
        rates = layer_learning_rates(order, base, 1.0 if flat else decay)
        names = {id(parameter): name for name, parameter in model.named_parameters()}
        for stage, part in parts.items():
            held = [p for p in part.parameters() if learns(p) and not (once and id(p) in placed)]
            placed |= {id(parameter) for parameter in held}
            for kind, label, amount in ((True, stage, weight_decay), (False, f"{stage}, no decay", 0.0)):
                chosen = [parameter for parameter in held if decays(names[id(parameter)], parameter) == kind]
                if chosen or empty:
                    found.append({"params": chosen, "lr": rates[stage], "weight_decay": amount, "name": label})
        return found

    return groups


def _children_only(model: nn.Module, base: float, decay: float = 1.0, *, weight_decay: float = 0.01) -> Groups:
    """The listing's way: the named parts, and not what the network holds itself."""
    own = {id(parameter) for parameter in model.parameters(recurse=False)}
    groups = parameter_groups(model, base, decay, weight_decay=weight_decay)
    kept = [group | {"params": [p for p in group["params"] if id(p) not in own]} for group in groups]
    return [group for group in kept if group["params"]]


def _without_norms(model: nn.Module, base: float, decay: float = 1.0, *, weight_decay: float = 0.01) -> Groups:
    """Convolutions and linear layers alone."""
    layers = [layer for layer in model.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    wanted = {id(parameter) for layer in layers for parameter in layer.parameters()}
    groups = parameter_groups(model, base, decay, weight_decay=weight_decay)
    kept = [group | {"params": [p for p in group["params"] if id(p) in wanted]} for group in groups]
    return [group for group in kept if group["params"]]


def _one_a_parameter(model: nn.Module, base: float, decay: float = 1.0, *, weight_decay: float = 0.01) -> Groups:
    groups = parameter_groups(model, base, decay, weight_decay=weight_decay)
    return [group | {"params": [parameter]} for group in groups for parameter in group["params"]]


def _two_for_all(model: nn.Module, base: float, decay: float = 1.0, *, weight_decay: float = 0.01) -> Groups:
    parameters = list(model.parameters())
    return [
        {"params": [p for p in parameters if p.ndim > 1], "lr": base, "weight_decay": weight_decay, "name": "decay"},
        {"params": [p for p in parameters if p.ndim <= 1], "lr": base, "weight_decay": 0.0, "name": "no decay"},
    ]


EXERCISE = Exercise(
    lesson="05_learning_rates",
    reference=parameter_groups,
    probe=probes.parameter_groups,
    cases=_cases,
    properties=(
        Property(
            "Every parameter is in a group, also one that the network holds itself.",
            1,
            ("parameters in no group",),
            cases=(0, 1),
        ),
        Property(
            "A stage has one group or two, in order, and none is empty.",
            1,
            ("groups", "parameters, group by group"),
            cases=(0, 1),
        ),
        Property(
            "Each group has its stage's rate.", 1, ("rate of each group",), cases=(0, 2), relative=1e-6, absolute=1e-12
        ),
        Property(
            "Biases and parameters of one axis do not decay, all others do.",
            1,
            ("parameters that do not decay", "decay of the others"),
            cases=(0, 1),
        ),
        Property(
            "What is frozen is there as well, and stays frozen.",
            1,
            ("parameters in no group", "groups", "which parameters are trainable is left alone"),
            cases=(2, 3),
        ),
        Property(
            "A shared parameter is in one group, that of the first of its stages.",
            1,
            ("parameters that are there more than once", "parameters, group by group"),
            cases=(4,),
        ),
    ),
    misconceptions=(
        Misconception(
            "norms-decay",
            _with(decays=lambda name, _: not name.endswith("bias")),
            "Your biases are spared, the scales of the norms are not: they are called `weight`, but have one axis.",
        ),
        Misconception(
            "biases-decay",
            _with(decays=lambda name, p: p.ndim > 1 or name in ("0.bias", "3.bias", "stem.0.bias", "fc.bias")),
            "You spare the norms, and the biases of the other layers decay. They shift; pulling them to zero "
            "regularises nothing.",
        ),
        Misconception(
            "everything-decays",
            _with(decays=lambda *_: True),
            "All your parameters decay. Which of them have a single axis?",
        ),
        Misconception(
            "only-what-learns",
            _with(learns=lambda p: p.requires_grad),
            "You leave out what is frozen now. When it is unfrozen no group has it, and a group that is added later "
            "breaks the schedule. An optimiser skips what has no gradient: hand it everything.",
        ),
        Misconception(
            "children-only",
            _children_only,
            "A parameter that the network holds itself is in none of your groups. `stages(model)` knows it: ask each "
            "stage for its parameters().",
        ),
        Misconception(
            "forgets-norms",
            _without_norms,
            "You go through convolutions and linear layers only, so the norms' parameters are in no group: like "
            "`bn1` in the listing, they never learn.",
        ),
        Misconception(
            "shared-twice",
            _with(once=False),
            "A shared parameter is in two of your groups; an optimiser would refuse it, or step it twice. Remember "
            "what has its place already.",
        ),
        Misconception(
            "upside-down",
            _with(upside_down=True),
            "The stem has the base rate and the head the smallest. It is the head that begins at random.",
        ),
        Misconception(
            "one-rate",
            _with(flat=True),
            "All your groups have the base rate. Where does `decay` enter?",
        ),
        Misconception(
            "empty-groups",
            _with(empty=True),
            "Some of your groups hold nothing: a stage without biases has no second group.",
        ),
        Misconception(
            "one-a-parameter",
            _one_a_parameter,
            "You make a group for each parameter. It would train; but the contract asks for at most two a stage, "
            "which a person can read and a schedule can be given rates for.",
        ),
        Misconception(
            "two-for-all",
            _two_for_all,
            "You have split what decays from what does not, and lost the stages: each of them needs groups of its own.",
        ),
    ),
    difficulty=2,
    minutes=20,
    hints=(
        "Walk through stages(model).items(): a stage has parameters(), and its rate comes from layer_learning_rates. "
        "Divide its parameters in two lists. What must you remember for a parameter that comes twice?",
        "Keep a set of id(parameter) for what is placed. A parameter decays if parameter.ndim > 1: a stage does not "
        "know its parameters' names, and needs none, for a layer's bias has one axis. Keep a group only if its list is "
        "not empty. requires_grad does not matter.",
    ),
)
