"""Digits on photographs for the practice projects: how their networks are made, trained, scored and raced.

One set of rates for all, chosen by hand and no better than that: what differs between runs is what is practised.
"""

from collections.abc import Callable

import torch
from torch import nn

from lib import settings
from lib.adversarial import DomainAdversarialNetwork
from lib.backbones import load_backbone
from lib.comparison import prepared
from lib.datasets.task import Split, Task
from lib.epochs import Scores, evaluate, shuffled_batches, train_one_epoch
from lib.pipeline_trials import new_network
from lib.practice import Race, unfreezing_race
from lib.stages import output_layers
from lib.training import WEIGHT_DECAY, accuracy, shifted, train
from lib.unfreezing import Schedule, every_epochs, plateau_schedule

RATE, HEAD_RATE = 3e-4, 3e-3
SCHEDULES: dict[str, Schedule] = {
    "every epoch": every_epochs(1),
    "every five": every_epochs(5),
    "plateau": plateau_schedule,
}
GOAL = 0.8


def adversarial_digits_network(seed: int, classes: int = 10) -> DomainAdversarialNetwork:
    """The pre-trained ResNet-10 with the two branches of domain-adversarial training, new layers drawn from `seed`.

    It is on the course's device, and no global random state moves.

    Example:
        >>> adversarial_digits_network(seed=0).classifier
        Linear(in_features=512, out_features=10, bias=True)
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return DomainAdversarialNetwork(load_backbone("resnet10"), classes).to(settings.device())


def fit_digits(epochs: int, seed: int) -> Callable[[nn.Module, Split], None]:
    """A `fit` for `lib.practice.three_strategies`: `lib.training.train`, the images shifted, `epochs` times.

    seed: of the images' order and of their shifts, the same in each run.

    Example:
        >>> network, split = new_network(2, seed=0), Split(torch.zeros(4, 3, 32, 32).byte(), torch.arange(4) % 2)
        >>> before = network.fc.weight.clone()
        >>> fit_digits(epochs=2, seed=0)(network, split)
        >>> torch.equal(network.fc.weight, before)
        False
    """

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
    """The share of the split's images that the network names rightly, in [0, 1]; it scores in evaluation mode.

    Example:
        >>> split = Split(torch.zeros(4, 3, 32, 32).byte(), torch.arange(4) % 2)  # four images alike, two names
        >>> score_digits(new_network(2, seed=0), split)
        0.5
    """
    return accuracy(network, prepared(split), split.labels.to(settings.device()))


def begin_on(training: Split, validation: Split, seed: int) -> Callable[[nn.Module], Callable[[], Scores]]:
    """A `begin` for `lib.practice.unfreezing_race`: AdamW at constant rates, the same order of images in each run.

    The output layer learns at HEAD_RATE, all else at RATE; scores are of `validation`, in evaluation mode.

    Example:
        >>> split = Split(torch.zeros(4, 3, 32, 32).byte(), torch.arange(4) % 2)
        >>> train_epoch = begin_on(split, split, seed=0)(new_network(2, seed=0))
        >>> train_epoch().accuracy
        0.5
    """
    images, labels = prepared(training), training.labels.to(settings.device())
    held_out = prepared(validation), validation.labels.to(settings.device())

    def begin(network: nn.Module) -> Callable[[], Scores]:
        generator, (*_, output) = settings.generator(seed), output_layers(network).values()
        head = list(output.parameters())
        below = [one for one in network.parameters() if not any(one is mine for mine in head)]
        groups = [{"params": below, "lr": RATE}, {"params": head, "lr": HEAD_RATE}]
        optimiser = torch.optim.AdamW(groups, weight_decay=WEIGHT_DECAY)

        def epoch() -> Scores:
            batches = shuffled_batches(images, labels, 32, generator=generator)
            train_one_epoch(network, ((shifted(x, generator), y) for x, y in batches), optimiser)
            return evaluate(network, [held_out])

        return epoch

    return begin


def race_on(task: Task, seed: int, epochs: int, images: int = 10, held_out: int = 20) -> Race:
    """The reference's race of the three schedules, on `images` a class, scored on at most `held_out` a class.

    Example:
        >>> split = Split(torch.zeros(4, 3, 32, 32).byte(), torch.arange(4) % 2)
        >>> race_on(Task("dark", ("a", "b"), split, split, split), seed=0, epochs=2, images=1).learning
        {'every epoch': [1, 2], 'every five': [1, 1], 'plateau': [1, 1]}
    """
    begin = begin_on(task.train.few(images, seed), task.validation.at_most(held_out, seed), seed)
    return unfreezing_race(new_network(len(task.classes), seed), SCHEDULES, begin, epochs=epochs, goal=GOAL)
