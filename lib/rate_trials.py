"""One fine-tuning run under given rates: what a rate for each stage, and a schedule, bring with few images.

The images, the new head and the order of the batches follow from the seed alone, so runs of one seed are pairs. All
that is not a rate is as lesson 3 has it (`lib.comparison`): AdamW, no clipping, every image shifted a little.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lib import settings
from lib.backbones import load_backbone, pretrained_weights, replace_head
from lib.comparison import prepared
from lib.datasets.task import Task
from lib.epochs import shuffled_batches, train_one_epoch
from lib.learning_rates import parameter_groups
from lib.optimisation import schedule_of
from lib.plan import Augment
from lib.results import Recorded
from lib.training import WEIGHT_DECAY, accuracy, shifted

BATCH_SIZE, EPOCHS = 32, 12


class Trial(NamedTuple):
    """What a run reaches, as shares in [0, 1]: on the test split, on validation, and on the images it learnt from."""

    accuracy: float
    validation_accuracy: float
    train_accuracy: float


def rate_trial(
    task: Task,
    images_per_class: int,
    seed: int,
    *,
    base: float,
    decay: float = 1.0,
    schedule: str = "cosine",
    epochs: int = EPOCHS,
    backbone: str = "resnet10",
) -> Trial:
    """Fine-tune every stage of `backbone` with `parameter_groups(model, base, decay)`; say what that reaches.

    schedule: one of lib.plan.SCHEDULES, over the steps of all epochs; "cosine" and "constant" rise over the first
    tenth. seed: draws the images, the new head and the order of the batches. The global random state is left as it is.
    Raises ValueError for values outside their ranges, and where a class has not as many images.
    """
    few = task.train.few(images_per_class, seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = replace_head(
            load_backbone(backbone, pretrained_weights(backbone)).to(settings.device()), len(task.classes)
        )
    train_with_rates(model, prepared(few, backbone), few.labels, seed, base, decay, schedule, epochs)
    splits = (task.test, task.validation, few)
    return Trial(*(accuracy(model, prepared(split, backbone), _labels(split.labels)) for split in splits))


def train_with_rates(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    seed: int,
    base: float,
    decay: float = 1.0,
    schedule: str = "cosine",
    epochs: int = EPOCHS,
    *,
    criterion: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
    weight_decay: float = WEIGHT_DECAY,
    augment: Augment = shifted,
    after_epoch: Callable[[], object] | None = None,
) -> list[float]:
    """Train all of `model`, in place; the mean loss of each epoch. images: prepared for it; else as `rate_trial`.

    criterion, weight_decay: other than lesson 3's. augment(images, generator): what prepares a batch, in another way
    than by a small shift. after_epoch: called after each.
    """
    optimiser = torch.optim.AdamW(parameter_groups(model, base, decay, weight_decay=weight_decay))
    factor = schedule_of(schedule, epochs * -(-len(images) // BATCH_SIZE))
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimiser, factor)
    generator, losses = settings.generator(seed), []
    for _ in range(epochs):
        batches = shuffled_batches(images, labels.to(images.device), BATCH_SIZE, generator=generator)
        views = ((augment(batch, generator), targets) for batch, targets in batches)
        losses.append(
            train_one_epoch(model, views, optimiser, criterion=criterion, clip_norm=math.inf, schedule=scheduler)
        )
        if after_epoch is not None:
            after_epoch()
    return losses


def best_base(measured: Recorded, decay: float) -> float:
    """The base rate that validated best with this decay, on seed 0 under cosine; the first of equally good ones.

    measured: columns schedule, decay, base, seed and validation_accuracy, as `python -m benchmarks.lesson05` records
    them. Raises ValueError for a decay that was not measured.
    """
    rows = [row for row in measured.rows if (row["schedule"], row["decay"], row["seed"]) == ("cosine", decay, 0)]
    if not rows:
        raise ValueError(f"decay: expected one of {measured.distinct('decay')}, got {decay!r}")
    return float(max(rows, key=lambda row: float(row["validation_accuracy"]))["base"])


def _labels(labels: Tensor) -> Tensor:
    return labels.to(settings.device())
