"""Misconceptions of the race of schedules: a right race in parts, and functions that make one part of it wrong."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from torch import nn

from lib.epochs import Scores
from lib.practice import Race
from lib.unfreezing import GradualUnfreezer


def race_with(
    *,
    carried: bool = False,
    begin_often: bool = False,
    begin_first: bool = False,
    step_first: bool = False,
    by_accuracy: bool = False,
    scheduled: bool = True,
    counted_late: bool = False,
    until_goal: bool = False,
    finish: Callable[[Race], Race] = lambda race: race,
) -> Callable[..., Race]:
    """The race with one part of it made wrong."""

    def race(model: nn.Module, schedules: Mapping[str, Any], begin: Any, *, epochs: int, goal: float) -> Race:
        scores: dict[str, list[Scores]] = {name: [] for name in schedules}
        learning: dict[str, list[int]] = {name: [] for name in schedules}
        for name, schedule in schedules.items():
            network = model if carried else copy.deepcopy(model)
            train = begin(network) if begin_first else None
            unfreezer = GradualUnfreezer(network, schedule if scheduled else None)
            train = train or begin(network)
            for epoch in range(epochs):
                if step_first:
                    unfreezer.step(scores[name][-1].loss if epoch else 1.0)
                before = len(unfreezer.trainable)
                scores[name].append((begin(network) if begin_often else train)())
                if not step_first:
                    unfreezer.step(scores[name][-1].accuracy if by_accuracy else scores[name][-1].loss)
                learning[name].append(len(unfreezer.trainable) if counted_late else before)
                if until_goal and scores[name][-1].accuracy >= goal:
                    break
        return finish(judged(scores, learning, goal))

    return race


def judged(scores: dict[str, list[Scores]], learning: dict[str, list[int]], goal: float) -> Race:
    """What is reached, by whom first, and who ends best."""
    reached = {
        name: next((epoch for epoch, one in enumerate(run, 1) if one.accuracy >= goal), None)
        for name, run in scores.items()
    }
    arrived = arrivals(reached)
    fastest = min(arrived, key=arrived.__getitem__) if arrived else None
    return Race(scores, learning, reached, fastest, max(scores, key=lambda name: scores[name][-1].accuracy))


def arrivals(reached: dict[str, int | None]) -> dict[str, int]:
    """Those that reach the goal at all."""
    return {name: epoch for name, epoch in reached.items() if epoch is not None}


def above_the_goal(model: nn.Module, schedules: Mapping[str, Any], begin: Any, *, epochs: int, goal: float) -> Race:
    """As if the goal itself did not count."""
    return race_with()(model, schedules, begin, epochs=epochs, goal=goal + 1e-9)


def head_left_out(race: Race) -> Race:
    """The stages below the head alone are counted."""
    return replace(race, learning={name: [count - 1 for count in run] for name, run in race.learning.items()})


def from_zero(race: Race) -> Race:
    """Epochs from 0."""
    return replace(race, reached={n: None if e is None else e - 1 for n, e in race.reached.items()})


def last_instead(race: Race) -> Race:
    """The last epoch where the goal is never reached."""
    length = len(next(iter(race.scores.values())))
    epochs = {n: length if e is None else e for n, e in race.reached.items()}
    return replace(race, reached=dict(epochs), fastest=min(epochs, key=epochs.__getitem__))


def by_peak(race: Race) -> Race:
    """The best is the one with the highest accuracy of all epochs."""
    return replace(race, best=max(race.scores, key=lambda name: max(one.accuracy for one in race.scores[name])))


def last_of_equals(race: Race) -> Race:
    """The later one, where two end equal."""
    names = list(race.scores)[::-1]
    return replace(race, best=max(names, key=lambda name: race.scores[name][-1].accuracy))


def last_of_arrivals(race: Race) -> Race:
    """The later one, where two are equally fast."""
    arrived = dict(reversed(arrivals(race.reached).items()))
    return replace(race, fastest=min(arrived, key=arrived.__getitem__) if arrived else None)


def first_to_arrive(race: Race) -> Race:
    """The fastest is the first in order that arrives at all."""
    return replace(race, fastest=next(iter(arrivals(race.reached)), None))


def slowest(race: Race) -> Race:
    """The fastest is the one that takes longest."""
    arrived = arrivals(race.reached)
    return replace(race, fastest=max(arrived, key=arrived.__getitem__) if arrived else None)


def best_as_fastest(race: Race) -> Race:
    """The fastest is the one that ends best."""
    return replace(race, fastest=race.best)
