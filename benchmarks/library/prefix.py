"""A frozen prefix, computed once by the pipeline and in every epoch by the listing of lessons: pictures to weights.

Both sides begin at files on the disk and validate after every epoch. In ten epochs the listing decodes and computes the
prefix ten times, and we once, so at an equal pace for each image the ratio is at most

    10 (p + l) / (p + 10 l),   p: decoding and the frozen prefix, l: the stages that learn, forward and backward

for one image and epoch: ten for a head that costs nothing, and 5 only where l ≤ p / 8. In millions of multiply-adds, a
backward pass counted as two forward ones, without decoding, which adds to p:

    last stage and head    p      l     at most
    ResNet-10, 48 px       33     39      1.7
    ResNet-18            1403   1169      2.0
    EfficientNet-B0       243    427      1.5
    MobileNetV3-Large     214      2      9.1

The last stage of a MobileNetV3 below its head is one linear layer. What the bounds leave out, so that a ratio may lie
above them: the listing runs frozen layers in training mode, where batch norm takes statistics, steps all tensors one by
one, and computes in the usual layout; ours computes in channels_last, which depthwise convolutions like, and the prefix
in chunks that a CPU likes.
"""

import copy
import functools
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision import models
from torchvision.transforms import v2

from benchmarks.library.listing import normalisation, run_listing, temporary_folder, write_pictures
from benchmarks.library.measuring import Row, Run, Sides
from lib.backbones import load_backbone, replace_head
from lib.datasets import load_task
from lib.datasets.task import Split
from lib.pipeline import fine_tune
from lib.plan import Phase, Plan
from lib.settings import generator

CLASSES, EPOCHS = 10, 10
IMAGENET = v2.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "ResNet-18": models.resnet18,
    "EfficientNet-B0": models.efficientnet_b0,
    "MobileNetV3-Large": models.mobilenet_v3_large,
}


def small(learning: int, per_class: int = 20) -> Sides:
    """The bundled ResNet-10 and digits on photographs, 48 px, as PNG files."""
    task = load_task("digits-on-photographs")
    splits = {"train": task.train.few(per_class, 0), "val": task.validation.few(2, 0), "test": task.test.few(1, 0)}
    folder = write_pictures(temporary_folder(), splits)
    model = replace_head(load_backbone("resnet10"), CLASSES)
    return sides(model, folder, learning, 48, normalisation(), listed=learning)


def large(name: str, learning: int, per_class: int = 6, size: int = 224, *, all_listed: bool = False) -> Sides:
    """A network of torchvision's with random weights, which costs what a trained one does, and JPEG files.

    all_listed: whether the listing trains all of it.
    """
    splits = {"train": _pictures(per_class, 0), "val": _pictures(1, 1), "test": _pictures(1, 2)}
    folder = write_pictures(temporary_folder(), splits, jpeg=True)
    listed = None if all_listed else learning
    return sides(replace_head(NETWORKS[name](), CLASSES), folder, learning, size, IMAGENET, listed=listed)


def sides(
    model: nn.Module,
    folder: Path,
    learning: int,
    size: int,
    normalise: Callable[[Tensor], Tensor],
    epochs: int = EPOCHS,
    *,
    listed: int | None,
) -> Sides:
    """From the folder to a trained network: ours, which reads it once, and the listing.

    learning, listed: how many stages learn in ours and in the listing, None for all.
    """

    def ours(seed: int, epochs: int = epochs) -> None:
        task = load_task(folder, size=size)
        plan = Plan((Phase(epochs, 1e-3, learning),), channels_last=True, seed=seed)
        fine_tune(copy.deepcopy(model), task.train, task.validation, plan, prepare=normalise)

    def other(seed: int, epochs: int = epochs) -> None:
        phases = (Phase(epochs, 1e-3, listed),)
        run_listing(copy.deepcopy(model), folder, phases, size=size, normalise=normalise, seed=seed)

    one: tuple[Run, Run] = (functools.partial(ours, epochs=1), functools.partial(other, epochs=1))
    return Sides(ours, other, short=one)


def _pictures(per_class: int, seed: int) -> Split:
    """Coarse noise, 500 × 375 pixels as photographs in ImageNet often are: cheap to make, not cheap to decode."""
    coarse = torch.rand(per_class * CLASSES, 3, 94, 125, generator=generator(seed))
    images = nn.functional.interpolate(coarse, (375, 500), mode="bilinear", align_corners=False)
    return Split((images * 255).to(torch.uint8), torch.arange(len(images)) % CLASSES)


_BOTH = "ten epochs, batches of 32, files to weights on both sides; ours reads and computes the prefix once"
ROWS = [
    *(
        Row(f"{part}, ResNet-10 at 48 px", functools.partial(small, count), asked, 3, f"{_BOTH}; 200 PNG files")
        for part, count, asked in (("last stage and head", 2, 5.0), ("head alone", 1, 10.0))
    ),
    *(
        Row(f"{part}, {name} at 224 px", functools.partial(large, name, count), asked, 2, f"{_BOTH}; 60 JPEG files")
        for name in NETWORKS
        for part, count, asked in (("last stage and head", 2, 5.0), ("head alone", 1, 10.0))
    ),
    *(
        Row(
            f"{part}, ResNet-18 at 224 px / the listing that trains everything",
            functools.partial(large, "ResNet-18", count, all_listed=True),
            None,
            2,
            f"{_BOTH}; 60 JPEG files",
        )
        for part, count in (("last stage and head", 2), ("head alone", 1))
    ),
]
