"""Overfitting measured: what each of the usual cures does for a network that is fine-tuned on few images.

Every cure is added alone to the same plain run; the same seed gives all of them the same images, the same first head
and the same order of the images.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lib import settings
from lib.augmentation_trials import randaugmented
from lib.backbones import load_backbone, preprocessing, replace_head
from lib.comparison import prepared
from lib.datasets.task import Split, Task
from lib.epochs import Scores, evaluate
from lib.phases import copy_of_weights
from lib.plan import Augment
from lib.rate_trials import train_with_rates
from lib.training import shifted

BACKBONE, BASE, DECAY, EPOCHS = "resnet10", 1e-3, 0.5, 16
CHOSEN_ON = 10  # validation images a class, for early stopping


class Cure(NamedTuple):
    """What is done against overfitting, and nothing else. dropout: before the head; early: keep the best epoch."""

    augment: Augment | None = None
    dropout: float = 0.0
    weight_decay: float = 0.0
    smoothing: float = 0.0
    early: bool = False


CURES = {
    "nothing": Cure(),
    "shift": Cure(augment=shifted),
    "RandAugment": Cure(augment=randaugmented),
    "dropout": Cure(dropout=0.5),
    "weight decay": Cure(weight_decay=0.3),
    "early stopping": Cure(early=True),
    "label smoothing": Cure(smoothing=0.1),
}


class Fit(NamedTuple):
    """Accuracies in [0, 1] and mean cross-entropies (nats), on the test split and on the images learnt from."""

    accuracy: float
    loss: float
    train_accuracy: float
    train_loss: float


def overfitting_trial(task: Task, images_per_class: int, seed: int, cure: str = "nothing") -> Fit:
    """Fine-tune every stage on `images_per_class` images with one of CURES; say what it reaches, and on what it learnt.

    Training images are scored without augmentation, and losses without smoothing. "early stopping" chooses the epoch by
    10 validation images a class, labels that the other runs do not use. The global random state is left as it is.
    Raises ValueError for another cure, and where a class has not as many images.
    """
    if cure not in CURES:
        raise ValueError(f"cure: expected one of {', '.join(CURES)}, got {cure!r}")
    chosen, few, device = CURES[cure], task.train.few(images_per_class, seed), settings.device()
    prepare, validation = preprocessing(BACKBONE), task.validation.few(CHOSEN_ON, seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = replace_head(load_backbone(BACKBONE).to(device), len(task.classes), dropout=chosen.dropout)
        best = _Best(model, lambda: _scored(model, validation).accuracy)
        train_with_rates(
            model, few.images.to(device).float() / 255, few.labels, seed, BASE, DECAY, epochs=EPOCHS,
            criterion=partial(F.cross_entropy, label_smoothing=chosen.smoothing), weight_decay=chosen.weight_decay,
            augment=lambda images, draws: prepare(chosen.augment(images, draws) if chosen.augment else images),
            after_epoch=best.look if chosen.early else None,
        )  # fmt: skip
    if chosen.early:
        model.load_state_dict(best.state)
    tested, learnt = _scored(model, task.test), _scored(model, few)
    return Fit(tested.accuracy, tested.loss, learnt.accuracy, learnt.loss)


class _Best:
    """The weights of the epoch with the highest score, the first of equals."""

    def __init__(self, model: nn.Module, score: Callable[[], float]) -> None:
        self.model, self.score, self.highest = model, score, -math.inf
        self.state: dict[str, Tensor] = {}

    def look(self) -> None:
        """Score the model as it stands, and keep a copy where that is the best so far."""
        if (score := self.score()) > self.highest:
            self.highest = score
            self.state = copy_of_weights(self.model)


def _scored(model: nn.Module, split: Split) -> Scores:
    images, labels = prepared(split, BACKBONE), split.labels.to(settings.device())
    return evaluate(model, zip(images.split(256), labels.split(256), strict=True))
