"""Exercise: partial fine-tuning, the early stages frozen and the late ones free."""

from collections.abc import Callable

import torch
from torch import nn

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson04 as probes
from lib.freezing import freeze, freeze_stage, freeze_until, unfreeze, unfreeze_stage
from lib.stages import stages


def _cases(seed: int) -> list[Case]:
    images = torch.randn(4, 3, 8, 8, generator=seeded(seed)) * 2 + 1

    def case(words: str, *names: str) -> Case:
        return Case(words, {"seed": seed, "images": images, "stages": list(names)})

    return [
        case('a network of the stages stem, layer1, layer2, layer3 and head, "layer2"', "layer2"),
        case('the same network, "head"', "head"),
        case('the same network, "stem", its first stage', "stem"),
        case('"layer3" first, then "layer1"', "layer3", "layer1"),
        case('"layer1" first, then "layer3"', "layer1", "layer3"),
        case('"layer2" first, then "layer9", which there is not', "layer2", "layer9"),
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------

Split = Callable[[nn.Module, str], nn.Module]


def _splitting(learns: Callable[[int, int], bool]) -> Split:
    """Unfreezes the stages of which learns(own position, position of the named one), and freezes the others."""

    def split(model: nn.Module, stage: str) -> nn.Module:
        parts = stages(model)
        named = list(parts).index(stage)
        for own, part in enumerate(parts.values()):
            (unfreeze_stage if learns(own, named) else freeze_stage)(part)
        return model

    return split


def _never_unfreezes(model: nn.Module, stage: str) -> nn.Module:
    parts = stages(model)
    for name, part in list(parts.items())[: list(parts).index(stage)]:
        assert name != stage
        freeze_stage(part)
    return model


def _flags_only(model: nn.Module, stage: str) -> nn.Module:
    parts = stages(model)
    for position, part in enumerate(parts.values()):
        for parameter in part.parameters():
            parameter.requires_grad_(position >= list(parts).index(stage))
            parameter.grad = parameter.grad if parameter.requires_grad else None
    return model


def _layers_only(model: nn.Module, stage: str) -> nn.Module:
    parts = stages(model)
    for position, part in enumerate(parts.values()):
        for layer in part.modules:
            (freeze if position < list(parts).index(stage) else unfreeze)(layer)
    return model


def _children(model: nn.Module, stage: str) -> nn.Module:
    names = [name for name, _ in model.named_children()]
    if stage not in names:
        raise ValueError(f"no such stage: {stage}")
    for name, child in model.named_children():
        (freeze if names.index(name) < names.index(stage) else unfreeze)(child)
    return model


def _unknown_freezes_all(model: nn.Module, stage: str) -> nn.Module:
    found = False
    for name, part in stages(model).items():
        found = found or name == stage
        (unfreeze_stage if found else freeze_stage)(part)
    return model


def _checks_too_late(model: nn.Module, stage: str) -> nn.Module:
    _unknown_freezes_all(model, stage)
    if stage not in stages(model):
        raise ValueError(f"stage: {stage}")
    return model


EXERCISE = Exercise(
    lesson="04_fine_tuning_strategies",
    reference=freeze_until,
    probe=probes.freeze_until,
    cases=_cases,
    properties=(
        Property(
            "The named stage and all after it learn, nothing before it does; the model is returned.",
            2,
            ("it returns the model", "parameters that require a gradient"),
            cases=(0, 1, 2),
        ),
        Property(
            "Frozen stages are fixed: no gradient left, statistics that stay, and the rest follows .train().",
            1,
            (
                "frozen parameters that keep a gradient",
                "layers in training mode after .train()",
                "statistics that moved in training",
            ),
            cases=(0, 1),
        ),
        Property(
            "What was frozen before makes no difference.",
            1,
            ("parameters that require a gradient", "layers in training mode after .train()"),
            cases=(3, 4),
        ),
        Property(
            "Another name is a ValueError, and changes nothing.",
            1,
            ("it returns the model", "parameters that require a gradient", "layers in training mode after .train()"),
            cases=(5,),
        ),
    ),
    misconceptions=(
        Misconception(
            "one-stage-too-far",
            _splitting(lambda own, named: own > named),
            "The stage that you name is frozen as well. It is the first one that learns.",
        ),
        Misconception(
            "that-stage-only",
            _splitting(lambda own, named: own == named),
            "Only the named stage learns. All that follow it must too, down to the head, which is new.",
        ),
        Misconception(
            "the-wrong-end",
            _splitting(lambda own, named: own < named),
            "You freeze the late stages and let the early ones learn. Early ones are general and worth keeping; the "
            "head is new and has everything to learn.",
        ),
        Misconception(
            "never-unfreezes",
            _never_unfreezes,
            "Called a second time with an earlier stage, the stages in between stay frozen: you only ever freeze. "
            "What comes at and after the stage has to be unfrozen.",
        ),
        Misconception(
            "flags-only",
            _flags_only,
            "The flags are right, but a frozen stage's batch norm still moves its running statistics in training "
            "mode. Lesson 3: frozen is more than requires_grad.",
        ),
        Misconception(
            "own-parameters-forgotten",
            _layers_only,
            "A network may hold a parameter itself, outside of every layer (a class token, a scale). It belongs to a "
            "stage, and yours never freezes it.",
        ),
        Misconception(
            "children-not-stages",
            _children,
            "You walk through the network's children. Their names are not those of the stages: the output layer may "
            'be called fc, its stage is always "head". Ask stages(model).',
        ),
        Misconception(
            "unknown-name-freezes-all",
            _unknown_freezes_all,
            "A name that there is not freezes the whole network, head and all, and nobody is told. It should be a "
            "ValueError.",
        ),
        Misconception(
            "checks-too-late",
            _checks_too_late,
            "The error comes when everything is frozen already. Look at the name before you touch the model.",
        ),
    ),
    difficulty=1,
    minutes=10,
    hints=(
        "stages(model) is a dictionary in the order from the input to the head. Where in it is the stage that is "
        "named? Everything before that position is frozen, everything else unfrozen.",
        "list(parts).index(stage) is the position, after you have made sure that stage is in parts. Then walk through "
        "parts.values() and call freeze_stage or unfreeze_stage on each.",
    ),
)
