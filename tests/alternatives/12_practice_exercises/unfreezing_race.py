"""Right answers in other styles than the reference's."""

import copy
from types import SimpleNamespace

from lib.unfreezing import GradualUnfreezer


def unfreezing_race_in_one_loop(model, schedules, begin, *, epochs, goal):
    scores, learning, reached = {}, {}, {}
    fastest = best = None
    for name in schedules:
        network = copy.deepcopy(model)
        unfreezer = GradualUnfreezer(network, schedules[name])
        epoch_of = begin(network)
        scores[name], learning[name], reached[name] = [], [], None
        for number in range(1, epochs + 1):
            learning[name] += [len(unfreezer.trainable)]
            score = epoch_of()
            scores[name] += [score]
            if reached[name] is None and score.accuracy >= goal:
                reached[name] = number
            unfreezer.step(score.loss)
        if reached[name] is not None and (fastest is None or reached[name] < reached[fastest]):
            fastest = name
        if best is None or scores[name][-1].accuracy > scores[best][-1].accuracy:
            best = name
    return SimpleNamespace(scores=scores, learning=learning, reached=reached, fastest=fastest, best=best)


def unfreezing_race_by_what_step_returns(model, schedules, begin, *, epochs, goal):
    """Counts the stages by what the unfreezer says it has opened."""

    def run(schedule):
        network = copy.deepcopy(model)
        unfreezer, counts, found = GradualUnfreezer(network, schedule), [1], []
        train = begin(network)
        for _ in range(epochs):
            found.append(train())
            counts.append(counts[-1] + len(unfreezer.step(found[-1].loss)))
        return found, counts[:-1]

    runs = {name: run(schedule) for name, schedule in schedules.items()}
    never = epochs + 1
    first = {
        name: min([n + 1 for n, score in enumerate(found) if score.accuracy >= goal], default=never)
        for name, (found, _) in runs.items()
    }
    order = list(runs)
    return SimpleNamespace(
        scores={name: found for name, (found, _) in runs.items()},
        learning={name: counts for name, (_, counts) in runs.items()},
        reached={name: None if epoch == never else epoch for name, epoch in first.items()},
        fastest=None if min(first.values()) == never else min(order, key=first.get),
        best=max(order, key=lambda name: runs[name][0][-1].accuracy),
    )


def unfreezing_race_with_epochs_outermost(model, schedules, begin, *, epochs, goal):
    """All schedules side by side, an epoch of each in turn."""
    networks = {name: copy.deepcopy(model) for name in schedules}
    unfreezers = {name: GradualUnfreezer(networks[name], schedules[name]) for name in schedules}
    trains = {name: begin(networks[name]) for name in schedules}
    scores, learning = ({name: [] for name in schedules} for _ in range(2))
    for _ in range(epochs):
        for name in schedules:
            learning[name].append(len(unfreezers[name].trainable))
            scores[name].append(trains[name]())
            unfreezers[name].step(scores[name][-1].loss)
    reached = dict.fromkeys(schedules)
    for name in schedules:
        for number in range(epochs, 0, -1):
            if scores[name][number - 1].accuracy >= goal:
                reached[name] = number
    arrivals = [(number, place, name) for place, (name, number) in enumerate(reached.items()) if number]
    ends = [(-scores[name][-1].accuracy, place, name) for place, name in enumerate(schedules)]
    fastest = min(arrivals)[2] if arrivals else None
    return SimpleNamespace(scores=scores, learning=learning, reached=reached, fastest=fastest, best=min(ends)[2])
