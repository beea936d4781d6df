"""Norms on another domain measured: a classifier that learnt in one laboratory, tested in another.

It is fine-tuned on labelled images of one domain, with one of four kinds of norm, and tested on both. Where it has
running statistics, these are then measured anew on unlabelled images of the other domain (AdaBN).
"""

import copy
from typing import NamedTuple

import torch
from torch import nn

from lib import settings
from lib.backbones import load_backbone, replace_head
from lib.batchnorm import keep_batchnorm_frozen, replace_batchnorm
from lib.comparison import prepared
from lib.datasets import load_task
from lib.datasets.task import Split
from lib.rate_trials import train_with_rates
from lib.recalibration import recalibrate_batchnorm
from lib.training import accuracy

BACKBONE, BASE, DECAY, EPOCHS = "resnet10", 1e-3, 0.5, 8
PAIRS = {
    "blood cells → another laboratory": ("blood-cells", "blood-cells-elsewhere"),
    "digits → digits on photographs": ("clean-digits", "digits-on-photographs"),
}
NORMS = ("moving", "frozen", "group", "layer")
"""Batch norm whose statistics follow the training images, or stay the backbone's; group norm; layer norm."""


class Shifted(NamedTuple):
    """One network, tested on both domains, accuracies in [0, 1]. images: on which its statistics were measured anew, of
    the other domain; 0 where they are those it was trained with.
    """

    images: int
    home_accuracy: float
    accuracy: float


def norm_trial(
    pair: str, norm: str, seed: int, images_per_class: int = 50, measured_on: tuple[int, ...] = (8, 64, 256)
) -> list[Shifted]:
    """Fine-tune on the first domain of `pair` with this kind of norm; test on both, as it is and measured anew.

    seed: draws the images, the new head and the order of the batches. measured_on: how many of the other domain's
    training images, without labels, the statistics are measured on. The global random state is left as it is. Raises
    ValueError for another norm; KeyError for another pair.
    """
    home, away = (load_task(name) for name in PAIRS[pair])
    few = home.train.few(images_per_class, seed)
    model = network_with(norm, len(home.classes), seed)
    train_with_rates(model, prepared(few), few.labels, seed, BASE, DECAY, epochs=EPOCHS)
    found = [Shifted(0, tested(model, home.test), tested(model, away.test))]
    if norm in ("moving", "frozen"):
        order = torch.randperm(len(away.train), generator=settings.generator(seed))
        for count in measured_on:
            unlabelled = prepared(Split(away.train.images[order[:count]], away.train.labels[order[:count]]))
            anew = recalibrate_batchnorm(copy.deepcopy(model), unlabelled)
            found.append(Shifted(count, tested(anew, home.test), tested(anew, away.test)))
    return found


def network_with(norm: str, classes: int, seed: int) -> nn.Module:
    """The bundled backbone with one of NORMS and a new head, on the course's device."""
    if norm not in NORMS:
        raise ValueError(f"norm: expected one of {', '.join(NORMS)}, got {norm!r}")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = replace_head(load_backbone(BACKBONE).to(settings.device()), classes)
    if norm == "frozen":
        return keep_batchnorm_frozen(model)
    if norm == "group":
        return replace_batchnorm(model, "group")
    return replace_batchnorm(model, "layer") if norm == "layer" else model


def tested(model: nn.Module, split: Split) -> float:
    """Accuracy in [0, 1] on a split, in evaluation mode."""
    return accuracy(model, prepared(split), split.labels.to(settings.device()))
