"""Exercise: one network, three strategies."""

import copy
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson12 as probes
from lib.freezing import freeze_stage, trainable_fraction, unfreeze_stage
from lib.practice import Outcome, three_strategies
from lib.stages import Stage, stages

Outcomes = dict[str, Outcome]
_NAMES = ("extraction", "partial", "full")


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)
    centres = torch.randn(3, 6, generator=generator)

    def split(name: str, count: int) -> dict[str, Tensor]:
        labels = torch.arange(count) % 3
        return {f"x_{name}": centres[labels] + torch.randn(count, 6, generator=generator), f"y_{name}": labels}

    splits = split("training", 18) | split("validation", 15) | split("test", 24)
    return [
        Case("a toy network of four stages, with batch norm in two", {"seed": 20 + seed, "frozen": False, **splits}),
        Case("the same, which comes with a frozen backbone", {"seed": 40 + seed, "frozen": True, **splits}),
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------


def _as_asked(parts: list[Stage], learning: int) -> None:
    _only_frozen(parts, learning)
    _only_unfrozen(parts, learning)


def _gap(score: Callable[[nn.Module, Any], float], network: nn.Module, splits: tuple[Any, Any, Any]) -> float:
    return score(network, splits[0]) - score(network, splits[1])


def _with(
    *,
    begin: Callable[[nn.Module], nn.Module] = copy.deepcopy,
    prepare: Callable[[list[Stage], int], object] = _as_asked,
    gap: Callable[..., float] = _gap,
    tested_on: int = 2,
    share: Callable[[nn.Module], float] = trainable_fraction,
    of_model: bool = False,
    twice: bool = False,
    early: bool = False,
    slow: bool = False,
) -> Callable[..., Outcomes]:
    """The comparison with one part of it replaced."""

    def compared(
        model: nn.Module, *splits: Any, fit: Any, score: Any, clock: Callable[[], float] = time.perf_counter
    ) -> Outcomes:
        found = {}
        for name, learning in (("extraction", 1), ("partial", 2), ("full", len(stages(model)))):
            before = clock()
            network = begin(model)
            prepare(list(stages(model if of_model else network).values()), learning)
            part, begun = share(network), before if early else clock()
            fit(network, splits[0])
            seconds, apart = clock() - begun, gap(score, network, splits)
            accuracy = [score(network, splits[tested_on]) for _ in range(2 if twice else 1)][-1]
            found[name] = Outcome(network, accuracy, apart, part, clock() - begun if slow else seconds)
        return found

    return compared


def _gradients_off(parts: list[Stage], learning: int) -> None:
    for place, part in enumerate(parts):
        for parameter in part.parameters():
            parameter.requires_grad_(place >= len(parts) - learning)


def _only_frozen(parts: list[Stage], learning: int) -> None:
    for part in parts[:-learning]:
        freeze_stage(part)


def _only_unfrozen(parts: list[Stage], learning: int) -> None:
    for part in parts[-learning:]:
        unfreeze_stage(part)


def _from_the_bottom(parts: list[Stage], learning: int) -> None:
    _as_asked(parts, learning)
    if learning == 2:
        freeze_stage(parts[-2])
        unfreeze_stage(parts[0])


def _tensors(network: nn.Module) -> float:
    learns = [parameter.requires_grad for parameter in network.parameters()]
    return sum(learns) / len(learns)


def _three_stages(parts: list[Stage], learning: int) -> None:
    _as_asked(parts, 3 if learning == 2 else learning)


def _gap_as(change: Callable[[float], float]) -> Callable[..., Outcomes]:
    def compared(model: nn.Module, *splits: Any, **given: Any) -> Outcomes:
        found = three_strategies(model, *splits, **given)
        return {name: replace(one, gap=change(one.gap)) for name, one in found.items()}

    return compared


EXERCISE = Exercise(
    lesson="12_practice_exercises",
    reference=three_strategies,
    probe=probes.three_strategies,
    cases=_cases,
    properties=(
        Property(
            "Three runs, each with a network of its own; the model is left as it is.",
            2,
            ("strategies", "networks of their own", "the model is left as it is"),
        ),
        Property(
            "What learns is what the strategy says; the rest stays, statistics as well.",
            3,
            tuple(f"what learnt in {name}" for name in _NAMES),
        ),
        Property("The share counts the numbers that learn.", 1, tuple(f"share of {name}" for name in _NAMES)),
        Property(
            "The accuracy is the trained network's on the test split, scored once a run.",
            1,
            (*(f"accuracy of {name}" for name in _NAMES), "how often the test split is scored", "fitted on"),
        ),
        Property("The gap is training less validation accuracy.", 1, tuple(f"gap of {name}" for name in _NAMES)),
        Property(
            "The seconds are those of training.",
            1,
            ("the given clock is read", *(f"seconds of {name}" for name in _NAMES)),
        ),
    ),
    misconceptions=(
        Misconception(
            "carried-over",
            _with(begin=lambda model: model),
            "All three strategies train the model itself: the second begins where the first has ended. Each run needs "
            "a deep copy.",
        ),
        Misconception(
            "statistics-move",
            _with(prepare=_gradients_off),
            "Your frozen stages have no gradients, and yet they change: batch norm's running statistics follow "
            "`.train()`. `freeze_stage` keeps them too.",
        ),
        Misconception(
            "nothing-frozen",
            _with(prepare=_only_unfrozen),
            "You unfreeze, and never freeze. Where the model comes with all its stages learning, they learn in all "
            "three runs.",
        ),
        Misconception(
            "stages-of-the-model",
            _with(of_model=True),
            "You freeze stages of `model`. The copy that is trained has its own, and the model comes back changed.",
        ),
        Misconception(
            "never-unfrozen",
            _with(prepare=_only_frozen),
            "You freeze, and never unfreeze. A model that comes with a frozen backbone is then never fine-tuned in "
            "full.",
        ),
        Misconception(
            "from-the-bottom",
            _with(prepare=_from_the_bottom),
            "In your partial fine-tuning the first stage learns with the head. The first stages are the general ones: "
            "it is the last two that learn.",
        ),
        Misconception(
            "head-not-counted",
            _with(prepare=_three_stages),
            "In your partial fine-tuning three stages learn. The head is one of the two.",
        ),
        Misconception(
            "tensors-counted",
            _with(share=_tensors),
            "Your share counts tensors. A bias of ten numbers then weighs as much as a matrix of ten thousand.",
        ),
        Misconception(
            "gap-to-test",
            _with(gap=lambda score, network, splits: score(network, splits[0]) - score(network, splits[2])),
            "Your gap is to the test split. That one is scored once, for the accuracy; overfitting is looked for with "
            "the validation split.",
        ),
        Misconception(
            "gap-turned-round",
            _gap_as(lambda gap: -gap),
            "Your gap has the wrong sign: training less validation, so that overfitting is positive.",
        ),
        Misconception(
            "gap-cut-at-zero",
            _gap_as(lambda gap: max(0.0, gap)),
            "Where validation is ahead your gap is 0. It is below 0 there: a gap says which of the two is ahead.",
        ),
        Misconception(
            "gap-in-points",
            _gap_as(lambda gap: 100 * gap),
            "Your gap is in points. Accuracies are shares here, and so is their difference; the cell after the check "
            "makes points of it.",
        ),
        Misconception(
            "tested-twice",
            _with(twice=True),
            "You score the test split more than once a run. Score it once, when all is decided.",
        ),
        Misconception(
            "validation-reported",
            _with(tested_on=1),
            "Your accuracy is on the validation split. Who tries three strategies and chooses by it needs "
            "another split to report.",
        ),
        Misconception(
            "scoring-timed",
            _with(slow=True),
            "Your seconds contain the scoring, which costs the same for all. Read the clock right before and right "
            "after `fit`.",
        ),
        Misconception(
            "copying-timed",
            _with(early=True),
            "Your seconds contain more than training: the clock runs while the network is copied. Read it right before "
            "`fit`.",
        ),
    ),
    difficulty=2,
    minutes=25,
    hints=(
        "A loop over three names and how many stages learn from the end: 1, 2, all. What has to be made anew in each "
        "turn?",
        "list(stages(network).values()) of the *copy*; parts[:-learning] are frozen by freeze_stage, parts[-learning:] "
        "unfrozen by unfreeze_stage. Then the share, the clock, fit, the clock, and three scores.",
    ),
)
