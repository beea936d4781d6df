"""Three practice projects, each the frame of a comparison: what differs between the runs, and what may not.

How a network is trained and scored is handed in, so that the frame is the same for a toy of three layers and for a
pre-trained network on photographs.
"""

import copy
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from lib.adversarial import DomainAdversarialNetwork, adversarial_step
from lib.epochs import Scores
from lib.freezing import freeze_stage, trainable_fraction, unfreeze_stage
from lib.gradient_reversal import reversal_strength
from lib.stages import stages
from lib.unfreezing import GradualUnfreezer, Schedule


@dataclass(frozen=True)
class Outcome:
    """A trained network, and what `three_strategies` says of it."""

    network: nn.Module
    accuracy: float
    gap: float
    share: float
    seconds: float


def three_strategies(
    model: nn.Module,
    training: Any,
    validation: Any,
    test: Any,
    *,
    fit: Callable[[nn.Module, Any], object],
    score: Callable[[nn.Module, Any], float],
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Outcome]:
    """Train one network by extraction, by partial and by full fine-tuning: strategy → `Outcome`.

    "extraction": the head alone learns; "partial": the last two of `lib.stages.stages(model)`, the head is one of them;
    "full": every stage. Each run has a deep copy of `model` of its own. `model` is left as it is, and may come frozen
    or not, in part or whole: in a run each stage either learns or is frozen, as `unfreeze_stage` and `freeze_stage` do
    it, so that a frozen stage's running statistics stay as well.

    training, validation, test: splits, handed on as they are. fit: `fit(network, training)` trains, in place and in
    training mode, the parameters that require a gradient. score: `score(network, split)` returns the accuracy, in
    [0, 1], in evaluation mode. Both set the mode themselves, and a network is returned in the mode that they leave it
    in. clock: returns the time in seconds.

    An `Outcome(network, accuracy, gap, share, seconds)` has the trained network; its accuracy on the test split, scored
    once a run; gap, training less validation accuracy, the sign of overfitting; share of the parameters that learn, in
    (0, 1], numbers counted and not tensors; and the seconds of `fit` by the clock, of nothing else.

    Example:
        >>> model = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 8), nn.Linear(8, 2))
        >>> idle = lambda network, _: None
        >>> found = three_strategies(model, "a", "b", "c", fit=idle, score=lambda network, split: 0.5)
        >>> {name: round(outcome.share, 2) for name, outcome in found.items()}
        {'extraction': 0.14, 'partial': 0.69, 'full': 1.0}
    """
    found = {}
    for name, learning in (("extraction", 1), ("partial", 2), ("full", len(stages(model)))):
        network = copy.deepcopy(model)
        parts = list(stages(network).values())
        for part in parts[:-learning]:
            freeze_stage(part)
        for part in parts[-learning:]:
            unfreeze_stage(part)
        share, begun = trainable_fraction(network), clock()
        fit(network, training)
        seconds = clock() - begun
        gap = score(network, training) - score(network, validation)
        found[name] = Outcome(network, score(network, test), gap, share, seconds)
    return found


@dataclass(frozen=True)
class Race:
    """What `unfreezing_race` returns; its fields are explained there."""

    scores: dict[str, list[Scores]]
    learning: dict[str, list[int]]
    reached: dict[str, int | None]
    fastest: str | None
    best: str


def unfreezing_race(
    model: nn.Module,
    schedules: Mapping[str, Schedule],
    begin: Callable[[nn.Module], Callable[[], Scores]],
    *,
    epochs: int,
    goal: float,
) -> Race:
    """Train one network by gradual unfreezing under several schedules: which converges fastest, which ends best?

    schedules: name → schedule, a function: the list of validation losses so far goes in, and how many stages are to
    learn below the head comes out. Each gets a deep copy of `model`, with a `GradualUnfreezer(network, schedule)`
    around it; `model` is left as it is. begin: `begin(network)` makes one optimiser of all parameters and returns a
    function that trains one epoch and returns the validation `Scores(loss, accuracy)` after it; it sets the modes.
    `begin` is called once for each schedule, when the unfreezer has been made. epochs: how many each one gets, at least
    1. After each epoch the unfreezer steps with its validation loss.

    Returns `Race(scores, learning, reached, fastest, best)`; the first three by schedule. scores: after each epoch.
    learning: how many stages learn in each epoch, the head among them; 1 in the first. reached: the first epoch, 1 at
    least, after which the validation accuracy is at least `goal`; None if there is none. fastest: the schedule that
    reaches it first, None if none does. best: the one with the highest validation accuracy after the last epoch. Of
    equals, the first in `schedules`.

    Example:
        >>> model = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 2))
        >>> scores = iter([Scores(1.0, 0.5), Scores(0.8, 0.7), Scores(0.6, 0.9)])
        >>> race = unfreezing_race(model, {"every epoch": len}, lambda _: lambda: next(scores), epochs=3, goal=0.7)
        >>> race.learning, race.reached
        ({'every epoch': [1, 2, 2]}, {'every epoch': 2})
    """
    scores: dict[str, list[Scores]] = {name: [] for name in schedules}
    learning: dict[str, list[int]] = {name: [] for name in schedules}
    for name, schedule in schedules.items():
        network = copy.deepcopy(model)
        unfreezer = GradualUnfreezer(network, schedule)
        train_epoch = begin(network)
        for _ in range(epochs):
            learning[name].append(len(unfreezer.trainable))
            scores[name].append(train_epoch())
            unfreezer.step(scores[name][-1].loss)
    reached = {
        name: next((epoch for epoch, score in enumerate(run, start=1) if score.accuracy >= goal), None)
        for name, run in scores.items()
    }
    arrived = {name: epoch for name, epoch in reached.items() if epoch is not None}
    fastest = min(arrived, key=arrived.__getitem__) if arrived else None
    best = max(scores, key=lambda name: scores[name][-1].accuracy)
    return Race(scores, learning, reached, fastest, best)


@dataclass(frozen=True)
class Adaptation:
    """A trained network, and what `adapt_digits` says of it."""

    network: DomainAdversarialNetwork
    accuracy: float
    domain_accuracy: list[float]


def adapt_digits(
    network: DomainAdversarialNetwork,
    batches: Sequence[tuple[Tensor, Tensor, Tensor]],
    optimiser: Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer],
    score: Callable[[nn.Module], float],
) -> dict[str, Adaptation]:
    """Train with labelled source and unlabelled target images, without and with gradient reversal.

    The same twice: "without", where λ is 0 in every step, so that the discriminator learns and the features do not hear
    of it; and "with", where λ is `reversal_strength(p)`, p the share of the steps done before this one: 0 in the first,
    never 1. λ is the `strength` of `adversarial_step`. Each run has a deep copy of `network` and an optimiser of its
    own, and makes one `adversarial_step` for each batch, in their order, in training mode. `network` is left as it is.

    batches: one a step: source images, their labels, target images. No label of the target is there to be read.
    optimiser: makes an optimiser of parameters; it gets all those of the copy. score: called once a run, when training
    is over, with the copy's `predictor()` in evaluation mode; returns the accuracy, in [0, 1].

    Returns "without" and "with" → `Adaptation(network, accuracy, domain_accuracy)`: the copy, in evaluation mode, what
    `score` returned, and a list of the `domain_accuracy` of every step, in order.

    Example:
        >>> network = DomainAdversarialNetwork(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)), classes=3)
        >>> batches = [(torch.ones(6, 4), torch.arange(6) % 3, torch.zeros(2, 4))] * 4
        >>> runs = adapt_digits(network, batches, torch.optim.AdamW, score=lambda predictor: 0.5)
        >>> [(name, len(run.domain_accuracy)) for name, run in runs.items()]
        [('without', 4), ('with', 4)]
    """
    found = {}
    for name, factor in (("without", 0.0), ("with", 1.0)):
        mine = copy.deepcopy(network).train()
        steps = optimiser(mine.parameters())
        told = [
            adversarial_step(mine, steps, *batch, strength=factor * reversal_strength(done / len(batches)))
            for done, batch in enumerate(batches)
        ]
        accuracy = score(mine.eval().predictor().eval())
        found[name] = Adaptation(mine, accuracy, [losses.domain_accuracy for losses in told])
    return found
