"""Fine-tuning on views: what one kind of augmentation, or of mixing, does to the accuracy, all else the same.

Every run fine-tunes all stages at the rates that lesson 5 found. The same seed gives every kind the same images, the
same first head and the same order of the images.
"""

import math
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torchvision.transforms import v2

from lib import settings
from lib.augmentation import PerImage
from lib.backbones import load_backbone, preprocessing, pretrained_weights, replace_head
from lib.batch_augmentation import BatchAugmentation
from lib.datasets.task import Task
from lib.epochs import shuffled_batches, train_one_epoch
from lib.learning_rates import parameter_groups
from lib.mixing import Mixing, soft_target_cross_entropy
from lib.optimisation import schedule_of
from lib.plan import Augment, Mix
from lib.rate_trials import BATCH_SIZE, Trial
from lib.training import WEIGHT_DECAY, accuracy, shifted

EPOCHS, BASE, DECAY = 16, 1e-3, 0.5


class Kind(NamedTuple):
    """What is done to a batch, its images float in [0, 1]; then to images and labels together; and the smoothing ε."""

    augment: Augment | None = None
    mix: Mix | None = None
    smoothing: float = 0.0


def only(**wanted: Any) -> BatchAugmentation:
    """A `BatchAugmentation` that does what is named and nothing else. Raises TypeError for an unknown name.

    Example:
        >>> only(flip=0.5).degrees
        0.0
    """
    return replace(_NOTHING, **wanted)


_NOTHING = BatchAugmentation(
    flip=0.0, degrees=0.0, crop_area=(1.0, 1.0), jitter=0.0, hue=0.0, grey=0.0, blur=0.0, erase=0.0
)


def randaugmented(images: Tensor, generator: torch.Generator) -> Tensor:
    """RandAugment as torchvision has it, each image by a draw of its own; float in [0, 1], by way of bytes.

    Example:
        >>> images = torch.full((2, 3, 8, 8), 0.5)
        >>> once, again = (randaugmented(images, torch.Generator().manual_seed(3)) for _ in range(2))
        >>> bool(once.equal(again)), once.dtype
        (True, torch.float32)
    """
    as_bytes = (images * 255).round().to(torch.uint8)
    return PerImage(v2.RandAugment(num_ops=2, magnitude=9))(as_bytes, generator).float() / 255


def kinds(classes: int) -> dict[str, Kind]:
    """What is compared, by name: each alone, on top of nothing; "all but mirror" is `BatchAugmentation`'s defaults.

    Mixup with α = 0.2 and CutMix with α = 1, as `lib.mixing` has them; ε = 0.1.

    Example:
        >>> kinds(10)["erasing"].augment.erase, kinds(10)["erasing"].augment.flip  # nothing but what the name says
        (0.2, 0.0)
    """
    mixup, cutmix = (Mixing(classes, cutmix_share=share) for share in (0.0, 1.0))
    return {
        "plain": Kind(),
        "shift": Kind(shifted),
        "mirror": Kind(only(flip=0.5)),
        "rotation and crop": Kind(only(degrees=15.0, crop_area=(0.8, 1.0))),
        "colour": Kind(only(jitter=0.2, hue=0.05, grey=0.1)),
        "erasing": Kind(only(erase=0.2)),
        "RandAugment": Kind(randaugmented),
        "all but mirror": Kind(BatchAugmentation(flip=0.0)),
        "Mixup": Kind(mix=mixup),
        "CutMix": Kind(mix=cutmix),
        "label smoothing": Kind(smoothing=0.1),
        "Mixup and smoothing": Kind(mix=mixup, smoothing=0.1),
    }


def augmentation_trial(
    task: Task, images_per_class: int, seed: int, kind: str, *, epochs: int = EPOCHS, backbone: str = "resnet10"
) -> Trial:
    """Fine-tune every stage of `backbone` on views of `kind`, a name in `kinds`; say what that reaches.

    seed: draws the images, the new head, the order of the batches, and the views. Training images are scored as they
    are, without augmentation. The global random state is left as it is. Raises ValueError for an unknown name, and
    where a class has not as many images.
    """
    known = kinds(len(task.classes))
    if kind not in known:
        raise ValueError(f"kind: expected one of {', '.join(known)}, got {kind!r}")
    few, device, weights = task.train.few(images_per_class, seed), settings.device(), pretrained_weights(backbone)
    prepare = preprocessing(backbone, weights)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = replace_head(load_backbone(backbone, weights).to(device), len(task.classes))
    optimiser = torch.optim.AdamW(parameter_groups(model, BASE, DECAY, weight_decay=WEIGHT_DECAY))
    factor = schedule_of("cosine", epochs * -(-len(few) // BATCH_SIZE))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, factor)
    criterion = partial(soft_target_cross_entropy, label_smoothing=known[kind].smoothing)
    images, labels = few.images.to(device).float() / 255, few.labels.to(device)
    order, chance = settings.generator(seed), settings.generator(seed + 2**20)
    for _ in range(epochs):
        batches = shuffled_batches(images, labels, BATCH_SIZE, generator=order)
        changed = (_changed(known[kind], *batch, chance) for batch in batches)
        views = ((prepare(view), targets) for view, targets in changed)
        train_one_epoch(model, views, optimiser, criterion=criterion, clip_norm=math.inf, schedule=schedule)
    splits = (task.test, task.validation, few)
    return Trial(*(accuracy(model, prepare(s.images.to(device)), s.labels.to(device)) for s in splits))


def _changed(kind: Kind, images: Tensor, labels: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    view = images if kind.augment is None else kind.augment(images, generator)
    return (view, labels) if kind.mix is None else kind.mix(view, labels, generator)
