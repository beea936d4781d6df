"""The plain way: a listing as lessons on transfer learning print it, with nothing kept from one epoch to the next.

Files in folders, read, decoded and transformed anew in every epoch by a DataLoader as it comes, in one process; layers
frozen by `requires_grad` alone, so that the whole network runs in training mode; AdamW at a rate for each stage that
falls along a cosine, label smoothing 0.1, gradients clipped to 1.0; the best weights on validation kept.
"""

import atexit
import copy
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2
from torchvision.transforms.v2.functional import to_pil_image

from lib.backbones import preprocessing
from lib.datasets.task import Split
from lib.plan import Phase
from lib.settings import generator
from lib.stages import stages


def temporary_folder() -> Path:
    """An empty folder that goes when the process does."""
    folder = Path(tempfile.mkdtemp(prefix="pictures-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def write_pictures(folder: Path, splits: Mapping[str, Split], jpeg: bool = False) -> Path:
    """The images of each split as files, a folder a class, as ImageFolder reads them; JPEG, or PNG without a loss."""
    for name, split in splits.items():
        for number, (image, label) in enumerate(zip(split.images, split.labels.tolist(), strict=True)):
            path = folder / name / f"{label:03}" / f"{number:05}.{'jpg' if jpeg else 'png'}"
            path.parent.mkdir(parents=True, exist_ok=True)
            to_pil_image(image).save(path, quality=90)
    return folder


def normalisation() -> v2.Normalize:
    """The bundled ResNet-10's, for single images too."""
    source = preprocessing("resnet10")
    return v2.Normalize(source.mean, source.std)


def loader(
    folder: Path,
    size: int,
    normalise: Callable[[Tensor], Tensor],
    seed: int | None,
    batch: int,
    transform: Callable[[object], Tensor] | None = None,
) -> DataLoader:
    """Batches of a folder's pictures, size × size pixels; shuffled by `seed`, in order for None.

    transform: of each picture, in the place of resizing, cropping and `normalise`.
    """
    steps = [v2.Resize(size), v2.CenterCrop(size), v2.ToImage(), v2.ToDtype(torch.float32, scale=True), normalise]
    order = None if seed is None else generator(seed)
    pictures = ImageFolder(folder, transform or v2.Compose(steps))
    return DataLoader(pictures, batch, shuffle=seed is not None, generator=order)


def run_listing(
    model: nn.Module,
    folder: Path,
    phases: Sequence[Phase],
    *,
    size: int,
    normalise: Callable[[Tensor], Tensor],
    seed: int = 0,
    batch: int = 32,
    transform: Callable[[object], Tensor] | None = None,
) -> nn.Module:
    """Train `model`, in place, on the folder's `train`, choose by its `val`; it ends with the best weights.

    transform: of each picture for training, in the place of resizing, cropping and `normalise`.
    """
    train = loader(folder / "train", size, normalise, seed, batch, transform)
    validation = loader(folder / "val", size, normalise, None, batch)
    best, kept = -1.0, model.state_dict()
    for phase in phases:
        optimiser = torch.optim.AdamW(_groups(model, phase), weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, phase.epochs)
        for _ in range(phase.epochs):
            _train(model, train, optimiser)
            schedule.step()
            if (found := _accuracy(model, validation)) > best:
                best, kept = found, copy.deepcopy(model.state_dict())
    model.load_state_dict(kept)
    return model


def _groups(model: nn.Module, phase: Phase) -> list[dict]:
    """Freeze what the phase leaves alone; a group for each stage that learns, the head's at the phase's own rate."""
    parts = list(stages(model).values())[::-1]
    model.requires_grad_(False)
    groups = []
    for depth, part in enumerate(parts[: phase.stages]):
        parameters = list(part.parameters())
        for parameter in parameters:
            parameter.requires_grad_(True)
        groups.append({"params": parameters, "lr": phase.rate * phase.decay**depth})
    return groups


def _train(model: nn.Module, batches: DataLoader, optimiser: torch.optim.Optimizer) -> float:
    model.train()
    total = 0.0
    for images, labels in batches:
        optimiser.zero_grad()
        loss = F.cross_entropy(model(images), labels, label_smoothing=0.1)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        total += loss.item()
    return total / len(batches)


def _accuracy(model: nn.Module, batches: DataLoader) -> float:
    model.eval()
    right = count = 0
    with torch.no_grad():
        for images, labels in batches:
            right += int((model(images).argmax(1) == labels).sum())
            count += len(labels)
    return right / count
