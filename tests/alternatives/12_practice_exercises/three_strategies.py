"""Right answers in other styles than the reference's."""

import copy
import time
from types import SimpleNamespace

from lib.freezing import freeze, freeze_stage, unfreeze, unfreeze_stage
from lib.stages import stages


def three_strategies_frozen_whole_first(model, training, validation, test, *, fit, score, clock=time.perf_counter):
    """Everything frozen, then what learns unfrozen."""

    def run(learning):
        network = freeze(copy.deepcopy(model))
        for part in list(stages(network).values())[-learning:]:
            unfreeze_stage(part)
        numbers = [(p.numel(), p.requires_grad) for p in network.parameters()]
        start = clock()
        fit(network, training)
        end = clock()
        return SimpleNamespace(
            network=network,
            seconds=end - start,
            share=sum(n for n, learns in numbers if learns) / sum(n for n, _ in numbers),
            accuracy=score(network, test),
            gap=score(network, training) - score(network, validation),
        )

    return {"extraction": run(1), "partial": run(2), "full": run(len(stages(model)))}


def three_strategies_in_another_order(model, training, validation, test, *, fit, score, clock=time.perf_counter):
    """Full first; copies made before the first run."""
    networks = {name: unfreeze(copy.deepcopy(model)) for name in ("full", "partial", "extraction")}
    last = {"full": 10**6, "partial": 2, "extraction": 1}
    outcomes = {}
    for name, network in networks.items():
        names = list(stages(network))
        for position, stage in enumerate(stages(network).values()):
            if position < len(names) - last[name]:
                freeze_stage(stage)
        total = sum(p.numel() for p in network.parameters())
        share = sum(p.numel() for p in network.parameters() if p.requires_grad) / total
        t = clock()
        fit(network, training)
        t = clock() - t
        accuracies = [score(network, split) for split in (training, validation, test)]
        outcomes[name] = SimpleNamespace(
            network=network, accuracy=accuracies[2], gap=accuracies[0] - accuracies[1], share=share, seconds=t
        )
    return outcomes


def three_strategies_in_passes(model, training, validation, test, *, fit, score, clock=time.perf_counter):
    """All trained, then all scored."""
    found = {name: SimpleNamespace(network=copy.deepcopy(model)) for name in ("extraction", "partial", "full")}
    for learning, one in zip((1, 2, len(stages(model))), found.values(), strict=True):
        parts = list(stages(one.network).values())
        for place, part in enumerate(reversed(parts)):
            (unfreeze_stage if place < learning else freeze_stage)(part)
        learns = {True: 0, False: 0}
        for parameter in one.network.parameters():
            learns[parameter.requires_grad] += parameter.numel()
        one.share = learns[True] / (learns[True] + learns[False])
    for one in found.values():
        begun = clock()
        fit(one.network, training)
        one.seconds = clock() - begun
    for one in found.values():
        one.accuracy = score(one.network, test)
        one.gap = score(one.network, training) - score(one.network, validation)
    return found
