"""Exercise: gradual unfreezing under several schedules."""

from typing import Any

import torch

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.exercises.lesson12 import race_mistakes as mistakes
from autograder.probes import lesson12 as probes
from lib.practice import unfreezing_race

_NAMES = ("every epoch", "every five", "plateau")


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)
    labels = torch.arange(36) % 3
    images = torch.randn(3, 6, generator=generator)[labels] + torch.randn(36, 6, generator=generator)
    toy: dict[str, Any] = {"seed": 20 + seed, "images": images, "labels": labels, "goal": 0.5}
    # the second is the fastest, the third the last to arrive; the goal is met exactly; two end equal
    apart = ([0.3, 0.5, 0.7, 0.75, 0.6, 0.76], [0.4, 0.7, 0.9, 0.6, 0.7, 0.72], [0.5, 0.6, 0.65, 0.7, 0.8, 0.76])
    level = ([0.3, 0.4, 0.5, 0.6, 0.65, 0.69], [0.4, 0.5, 0.8, 0.6, 0.7, 0.72], [0.5, 0.6, 0.8, 0.7, 0.75, 0.71])
    flat = [[[1.0, 0.4 + 0.01 * place], [1.1, 0.5 + 0.01 * place], [1.2, 0.3]] for place in range(3)]
    return [
        Case("a toy task, twelve epochs", toy | {"epochs": 12, "script": None}),
        Case("accuracies by a script, goal 0.7", toy | {"epochs": 6, "script": _script(apart), "goal": 0.7}),
        Case("a goal that none reaches", toy | {"epochs": 3, "script": flat, "goal": 0.95}),
        Case("a goal that two reach in the same epoch", toy | {"epochs": 6, "script": _script(level), "goal": 0.7}),
    ]


def _script(accuracies: tuple[list[float], ...]) -> list[list[list[float]]]:
    falling = [1.0, 0.8, 0.7, 0.65, 0.62, 0.61]
    return [[list(pair) for pair in zip(falling, one, strict=True)] for one in accuracies]


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
            tuple(f"stages that learn in {name}" for name in _NAMES),
        ),
        Property(
            "The scores are those after each epoch, of one training a run.",
            1,
            tuple(f"{what} of {name}" for what in ("losses", "accuracies") for name in _NAMES),
            relative=1e-3,
            absolute=1e-3,
        ),
        Property(
            "The goal is reached in the first epoch at or above it, or never.",
            1,
            tuple(f"{name} reaches the goal in epoch" for name in _NAMES),
            cases=(1, 2, 3),
        ),
        Property("The fastest and the best are named.", 2, ("fastest", "best"), cases=(1, 2, 3)),
    ),
    misconceptions=(
        Misconception(
            "carried-over",
            mistakes.race_with(carried=True),
            "Your schedules train the model itself, one after the other: the last begins with what the others learnt. "
            "Each needs a deep copy.",
        ),
        Misconception(
            "begun-every-epoch",
            mistakes.race_with(begin_often=True),
            "You call `begin` in every epoch. Each call makes a new optimiser, and what it knew of the "
            "gradients so far is lost: once a run.",
        ),
        Misconception(
            "a-step-too-early",
            mistakes.race_with(step_first=True),
            "Your unfreezer steps before the epoch, so a stage opens before the head has learnt anything. An epoch "
            "first, then its loss.",
        ),
        Misconception(
            "accuracy-for-loss",
            mistakes.race_with(by_accuracy=True),
            "You hand the schedule accuracies. It takes losses: a rising accuracy looks like a plateau to it.",
        ),
        Misconception(
            "begun-before-frozen",
            mistakes.race_with(begin_first=True),
            "You call `begin` before the unfreezer is made. What it is handed is a network in which everything still "
            "learns.",
        ),
        Misconception(
            "schedule-left-out",
            mistakes.race_with(scheduled=False),
            "All your schedules open a stage after every epoch: that is what an unfreezer does that was given none. "
            "Hand each schedule to its own `GradualUnfreezer`.",
        ),
        Misconception(
            "counted-after-the-step",
            mistakes.race_with(counted_late=True),
            "You count the stages after the unfreezer's step. Those learn in the next epoch, not in the one that has "
            "just been trained.",
        ),
        Misconception(
            "head-left-out",
            mistakes.race_with(finish=mistakes.head_left_out),
            "You count the stages below the head, as a schedule does. The head learns too, in every epoch.",
        ),
        Misconception(
            "stopped-at-the-goal",
            mistakes.race_with(until_goal=True),
            "Your runs stop where they reach the goal. Which ends best is seen only if all of them get all epochs.",
        ),
        Misconception(
            "counted-from-zero",
            mistakes.race_with(finish=mistakes.from_zero),
            "Your epochs are counted from 0. The first is 1 here.",
        ),
        Misconception(
            "last-epoch-for-never",
            mistakes.race_with(finish=mistakes.last_instead),
            "Where the goal is never reached you name an epoch, or somebody who is fastest. It looks like an arrival: "
            "say None.",
        ),
        Misconception(
            "best-by-its-peak",
            mistakes.race_with(finish=mistakes.by_peak),
            "You name the one with the highest accuracy in any epoch. A peak of many epochs is partly luck; asked is "
            "which *ends* best.",
        ),
        Misconception(
            "last-of-equals",
            mistakes.race_with(finish=mistakes.last_of_equals),
            "Where two end equal you name the later one. The contract: the first in `schedules`.",
        ),
        Misconception(
            "last-of-arrivals",
            mistakes.race_with(finish=mistakes.last_of_arrivals),
            "Where two reach the goal in the same epoch you name the later one. The contract: the first in "
            "`schedules`.",
        ),
        Misconception(
            "goal-not-counted",
            mistakes.above_the_goal,
            "An accuracy that is just the goal does not count with you. It is reached: at least `goal` is asked for.",
        ),
        Misconception(
            "first-to-arrive",
            mistakes.race_with(finish=mistakes.first_to_arrive),
            "You name the first schedule that reaches the goal at all. Compare in which epoch each of them does.",
        ),
        Misconception(
            "slowest-named",
            mistakes.race_with(finish=mistakes.slowest),
            "Your fastest takes the most epochs of all that arrive.",
        ),
        Misconception(
            "best-for-fastest",
            mistakes.race_with(finish=mistakes.best_as_fastest),
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
