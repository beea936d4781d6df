"""Digits on photographs for the practice projects: how their networks are made, trained, scored and raced.

One set of rates for all, chosen by hand and no better than that: what differs between runs is what is practised.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from lib import settings
from lib.adversarial import DomainAdversarialNetwork
from lib.backbones import load_backbone, replace_head
from lib.comparison import prepared
from lib.datasets.task import Split, Task
from lib.epochs import Scores, evaluate, shuffled_batches, train_one_epoch
from lib.practice import Race, unfreezing_race
from lib.training import WEIGHT_DECAY, accuracy, shifted, train
from lib.unfreezing import Schedule, every_epochs, plateau_schedule

RATE, HEAD_RATE = 3e-4, 3e-3
SCHEDULES: dict[str, Schedule] = {
    "every epoch": every_epochs(1),
    "every five": every_epochs(5),
    "plateau": plateau_schedule,
}
GOAL = 0.8


def digits_network(seed: int, classes: int = 10) -> nn.Module:
    """The pre-trained ResNet-10 with a new head, drawn from `seed`, on the course's device."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return replace_head(load_backbone("resnet10"), classes).to(settings.device())


def adversarial_digits_network(seed: int, classes: int = 10) -> DomainAdversarialNetwork:
    """The pre-trained ResNet-10 with the two branches of domain-adversarial training, new layers drawn from `seed`."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return DomainAdversarialNetwork(load_backbone("resnet10"), classes).to(settings.device())


def fit_digits(epochs: int, seed: int) -> Callable[[nn.Module, Split], None]:
    """A `fit` for `lib.practice.three_strategies`: `lib.training.train`, the images shifted, `epochs` times."""

    def fit(network: nn.Module, split: Split) -> None:
        labels = split.labels.to(settings.device())
        generator = settings.generator(seed)
        train(
            network,
            prepared(split),
            labels,
            epochs=epochs,
            rate=RATE,
            head_rate=HEAD_RATE,
            generator=generator,
            augment=shifted,
        )

    return fit


def score_digits(network: nn.Module, split: Split) -> float:
    """The share of the split's images that the network names rightly, in [0, 1]."""
    return accuracy(network, prepared(split), split.labels.to(settings.device()))


def begin_on(training: Split, validation: Split, seed: int) -> Callable[[nn.Module], Callable[[], Scores]]:
    """A `begin` for `lib.practice.unfreezing_race`: AdamW at constant rates, the same order of images in each run."""
    images, labels = prepared(training), training.labels.to(settings.device())
    held_out = prepared(validation), validation.labels.to(settings.device())

    def begin(network: nn.Module) -> Callable[[], Scores]:
        generator, parameters = settings.generator(seed), list(network.parameters())
        head, below = parameters[-2:], parameters[:-2]
        groups = [{"params": below, "lr": RATE}, {"params": head, "lr": HEAD_RATE}]
        optimiser = torch.optim.AdamW(groups, weight_decay=WEIGHT_DECAY)

        def epoch() -> Scores:
            batches = shuffled_batches(images, labels, 32, generator=generator)
            train_one_epoch(network, ((shifted(x, generator), y) for x, y in batches), optimiser)
            return evaluate(network, [held_out])

        return epoch

    return begin


def race_on(task: Task, seed: int, epochs: int, images: int = 10, held_out: int = 20) -> Race:
    """The reference's race of the three schedules, on `images` a class, scored on `held_out` a class."""
    begin = begin_on(task.train.few(images, seed), task.validation.at_most(held_out, seed), seed)
    return unfreezing_race(digits_network(seed, len(task.classes)), SCHEDULES, begin, epochs=epochs, goal=GOAL)


def domain_batches(
    source: Split, target: Split, steps: int, size: int, seed: int
) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Batches for `lib.practice.adapt_digits`: source images, their labels, target images; both drawn from `seed`."""
    generator = settings.generator(seed)
    ours, theirs, labels = prepared(source), prepared(target), source.labels.to(settings.device())

    def drawn(count: int) -> Sequence[Tensor]:
        return [torch.randperm(count, generator=generator)[:size] for _ in range(steps)]

    rows = zip(drawn(len(ours)), drawn(len(theirs)), strict=True)
    return [(shifted(ours[a], generator), labels[a], shifted(theirs[b], generator)) for a, b in rows]
