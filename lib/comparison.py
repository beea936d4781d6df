"""Four ways to classify a few images a class, under one protocol: from scratch, never trained, frozen, fine-tuned.

All four see the same images, prepared alike, and are tested on the same ones. Rates were chosen on
validation images of one seed, among few candidates: `python -m benchmarks.recipes` tries them. No recipe was chosen by
the test split; the target's own difficulty was set by hand, with test accuracies in sight.
"""

import time
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lib import settings
from lib.backbones import load_backbone, preprocessing, pretrained_weights, remove_head, replace_head
from lib.datasets.task import Split, Task
from lib.features import extract_features, fit_linear_head
from lib.training import accuracy, shifted, train


@dataclass(frozen=True)
class Recipe:
    """How a technique is trained. pretrained: or from random weights; epochs: 0 for a head on features kept."""

    pretrained: bool
    epochs: int = 0
    rate: float = 0.0
    head_rate: float = 0.0
    penalty: float = 0.0


RECIPES = {
    "scratch": Recipe(False, epochs=40, rate=3e-3, head_rate=3e-3),
    "random": Recipe(False, penalty=1e-2),
    "frozen": Recipe(True, penalty=1e-2),
    "fine-tuned": Recipe(True, epochs=40, rate=3e-4, head_rate=3e-3),
}


@dataclass(frozen=True)
class Result:
    """What one run gave: accuracies in [0, 1] on the images it learnt from and on the test split, and its seconds."""

    technique: str
    images_per_class: int
    seed: int
    accuracy: float
    train_accuracy: float
    seconds: float


def compare(
    technique: str,
    task: Task,
    images_per_class: int,
    seed: int,
    *,
    backbone: str = "resnet10",
    recipe: Recipe | None = None,
    on: str = "test",
) -> Result:
    """Train with `technique`, a name in RECIPES, on `images_per_class` images of the task's training split; test it.

    seed: draws the images, the new weights and the order of the batches. The global random state is left as it is.
    recipe: another than RECIPES has. on: the split that it is tested on, "test" or, to choose a recipe, "validation".
    Raises ValueError for an unknown technique, and where a class has not as many images.
    """
    if technique not in RECIPES:
        raise ValueError(f"technique: expected one of {', '.join(RECIPES)}, got {technique!r}")
    few, tested = task.train.few(images_per_class, seed), getattr(task, on)
    start = time.perf_counter()
    model = learn(recipe or RECIPES[technique], few, len(task.classes), seed, backbone=backbone)
    seconds = time.perf_counter() - start
    return Result(
        technique,
        images_per_class,
        seed,
        accuracy(model, prepared(tested, backbone), tested.labels.to(settings.device())),
        accuracy(model, prepared(few, backbone), few.labels.to(settings.device())),
        seconds,
    )


def learn(recipe: Recipe, split: Split, classes: int, seed: int, *, backbone: str = "resnet10") -> nn.Module:
    """The network that `recipe` makes of these images, in evaluation mode. It takes images as `prepared` gives them."""
    device = settings.device()
    images, labels = prepared(split, backbone), split.labels.to(device)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        weights = pretrained_weights(backbone) if recipe.pretrained else None
        model = load_backbone(backbone, weights, seed=seed).to(device)
        if recipe.epochs == 0:
            remove_head(model)
            head = fit_linear_head(extract_features(model, images), labels, classes, recipe.penalty)
            return nn.Sequential(model, head).eval()
        replace_head(model, classes)
        train(
            model,
            images,
            labels,
            epochs=recipe.epochs,
            rate=recipe.rate,
            head_rate=recipe.head_rate,
            generator=settings.generator(seed),
            augment=shifted,
        )
    return model.eval()


def prepared(split: Split, backbone: str = "resnet10") -> Tensor:
    """All images of a split, on the course's device, as the backbone expects them: float32, by source statistics."""
    return preprocessing(backbone, pretrained_weights(backbone))(split.images.to(settings.device()))
