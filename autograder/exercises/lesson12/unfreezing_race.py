"""Exercise: gradual unfreezing under several schedules."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson12 as probes
from lib.epochs import Scores
from lib.practice import Race, unfreezing_race
from lib.unfreezing import GradualUnfreezer

_NAMES = ("every epoch", "every five", "plateau")


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)
    labels = torch.arange(36) % 3
    images = torch.randn(3, 6, generator=generator)[labels] + torch.randn(36, 6, generator=generator)
    toy: dict[str, Any] = {"seed": 20 + seed, "images": images, "labels": labels, "goal": 0.5}
    falling = [1.0, 0.8, 0.7, 0.65, 0.62, 0.61]
    accuracies = ([0.3, 0.9, 0.6, 0.7, 0.7, 0.72], [0.4, 0.5, 0.7, 0.75, 0.7, 0.76], [0.5, 0.6, 0.8, 0.7, 0.7, 0.76])
    script = [[list(pair) for pair in zip(falling, one, strict=True)] for one in accuracies]
    flat = [[[1.0, 0.4 + 0.01 * place], [1.1, 0.5 + 0.01 * place], [1.2, 0.3]] for place in range(3)]
    return [
        Case("a toy task, twelve epochs", toy | {"epochs": 12, "script": None}),
        Case("accuracies by a script, goal 0.7", toy | {"epochs": 6, "script": script, "goal": 0.7}),
        Case("a goal that none reaches", toy | {"epochs": 3, "script": flat, "goal": 0.95}),
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------


def _with(
    *,
    carried: bool = False,
    begin_often: bool = False,
    step_first: bool = False,
    by_accuracy: bool = False,
    frozen: bool = True,
    finish: Callable[[Race], Race] = lambda race: race,
) -> Callable[..., Race]:
    """The race with one part of it made wrong."""

    def race(model: nn.Module, schedules: Mapping[str, Any], begin: Any, *, epochs: int, goal: float) -> Race:
        scores: dict[str, list[Scores]] = {name: [] for name in schedules}
        learning: dict[str, list[int]] = {name: [] for name in schedules}
        for name, schedule in schedules.items():
            network = model if carried else copy.deepcopy(model)
            if not frozen:
                schedule = _always(schedule)
            unfreezer = GradualUnfreezer(network, schedule)
            train = begin(network)
            for epoch in range(epochs):
                if step_first:
                    unfreezer.step(scores[name][-1].loss if epoch else 1.0)
                learning[name].append(len(unfreezer.trainable))
                scores[name].append((begin(network) if begin_often else train)())
                if not step_first:
                    unfreezer.step(scores[name][-1].accuracy if by_accuracy else scores[name][-1].loss)
        return finish(_judged(scores, learning, goal))

    return race


def _always(_: Any) -> Callable[[Any], int]:
    return lambda _: 99


def _judged(scores: dict[str, list[Scores]], learning: dict[str, list[int]], goal: float) -> Race:
    reached = {
        name: next((epoch for epoch, one in enumerate(run, 1) if one.accuracy >= goal), None)
        for name, run in scores.items()
    }
    arrived = {name: epoch for name, epoch in reached.items() if epoch is not None}
    fastest = min(arrived, key=arrived.__getitem__) if arrived else None
    return Race(scores, learning, reached, fastest, max(scores, key=lambda name: scores[name][-1].accuracy))


def _from_zero(race: Race) -> Race:
    return replace(race, reached={n: None if e is None else e - 1 for n, e in race.reached.items()})


def _last_instead(race: Race) -> Race:
    length = len(next(iter(race.scores.values())))
    epochs = {n: length if e is None else e for n, e in race.reached.items()}
    return replace(race, reached=dict(epochs), fastest=min(epochs, key=epochs.__getitem__))


def _by_peak(race: Race) -> Race:
    return replace(race, best=max(race.scores, key=lambda name: max(one.accuracy for one in race.scores[name])))


def _last_of_equals(race: Race) -> Race:
    names = list(race.scores)[::-1]
    return replace(race, best=max(names, key=lambda name: race.scores[name][-1].accuracy))


def _slowest(race: Race) -> Race:
    arrived = {name: epoch for name, epoch in race.reached.items() if epoch is not None}
    return replace(race, fastest=max(arrived, key=arrived.__getitem__) if arrived else None)


def _best_as_fastest(race: Race) -> Race:
    return replace(race, fastest=race.best)


EXERCISE = Exercise(
    lesson="12_practice_exercises",
    reference=unfreezing_race,
    probe=probes.unfreezing_race,
    cases=_cases,
    properties=(
        Property(
            "Each schedule gets a copy of its own, with the head alone learning at first; the model is left as it is.",
            2,
            ("parameters that learn when a run begins", "the model is left as it is"),
        ),
        Property(
            "Stages open when the schedule says, by the validation loss after each epoch.",
            2,
            ("stages that learn",),
        ),
        Property(
            "The scores are those after each epoch, of one training a run.",
            1,
            ("losses", "accuracies"),
            relative=1e-3,
            absolute=1e-3,
        ),
        Property("The goal is reached in the first epoch at or above it, or never.", 1, ("reached",), cases=(1, 2)),
        Property("The fastest and the best are named.", 2, ("fastest", "best"), cases=(1, 2)),
    ),
    misconceptions=(
        Misconception(
            "carried-over",
            _with(carried=True),
            "Your schedules train the model itself, one after the other: the last begins with what the others learnt. "
            "Each needs a deep copy.",
        ),
        Misconception(
            "begun-every-epoch",
            _with(begin_often=True),
            "You call `begin` in every epoch. Each call makes a new optimiser, and what it knew of the "
            "gradients so far is lost: once a run.",
        ),
        Misconception(
            "a-step-too-early",
            _with(step_first=True),
            "Your unfreezer steps before the epoch, so a stage opens before the head has learnt anything. An epoch "
            "first, then its loss.",
        ),
        Misconception(
            "accuracy-for-loss",
            _with(by_accuracy=True),
            "You hand the schedule accuracies. It takes losses: a rising accuracy looks like a plateau to it.",
        ),
        Misconception(
            "all-at-once",
            _with(frozen=False),
            "After the first epoch everything learns, whatever the schedule says. Hand each schedule to its own "
            "`GradualUnfreezer`.",
        ),
        Misconception(
            "counted-from-zero",
            _with(finish=_from_zero),
            "Your epochs are counted from 0. The first is 1 here.",
        ),
        Misconception(
            "last-epoch-for-never",
            _with(finish=_last_instead),
            "Where the goal is never reached you name the last epoch. It looks like an arrival: say None.",
        ),
        Misconception(
            "best-by-its-peak",
            _with(finish=_by_peak),
            "You name the one with the highest accuracy in any epoch. A peak of many epochs is partly luck; asked is "
            "which *ends* best.",
        ),
        Misconception(
            "last-of-equals",
            _with(finish=_last_of_equals),
            "Where two end equal you name the later one. The contract: the first in `schedules`.",
        ),
        Misconception(
            "slowest-named",
            _with(finish=_slowest),
            "Your fastest takes the most epochs of all that arrive.",
        ),
        Misconception(
            "best-for-fastest",
            _with(finish=_best_as_fastest),
            "Your fastest is the one that ends best. These are two questions: who reaches the goal first, and who is "
            "ahead at the end.",
        ),
    ),
    difficulty=2,
    minutes=25,
    hints=(
        "Two loops: schedules, and epochs within. What is made once for a schedule, and in which order do the epoch, "
        "its score and the unfreezer's step come?",
        "copy.deepcopy, GradualUnfreezer(network, schedule), begin(network); then in each epoch: note "
        "len(unfreezer.trainable), call the function that begin gave, step with the loss. `next((… for … if …), None)` "
        "finds the first epoch.",
    ),
)
