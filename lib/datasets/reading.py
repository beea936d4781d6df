"""From files to a Task: torchvision's data sets read into tensors, in three splits, at one size.

Pictures that are not square or not of the wanted size are cut to their largest central square and scaled.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from PIL import Image, ImageOps
from torch import Tensor
from torchvision.datasets import ImageFolder
from torchvision.transforms.v2.functional import pil_to_tensor

from lib.datasets.task import Split, Task, at_most, divide

FOLDER_SIZE = 128  # pixels, for pictures that come in many sizes
_SHARES = {"test": 0.2, "validation": 0.1}  # of each class, where the data set itself has no such split
_MEMORY = 4e9  # bytes of images that are read without a limit


def task_from(
    name: str, classes: Sequence[str], datasets: Mapping[str, Any], *, size: int, limit: int | None, seed: int
) -> Task:
    """A Task from torchvision's data sets, one for "train" and, where there are any, for "validation" and "test".

    A split that has no data set of its own is drawn from "train" by `seed`: a tenth of each class for validation, a
    fifth for the test. size: the side of the images, in pixels. limit: at most so many images of each class in every
    split, drawn by `seed`; only these are read. Raises ValueError where the images would take more than 4 GB and no
    limit is given, and OSError for a picture that cannot be read.

    Example:
        >>> from torchvision.datasets import FakeData
        >>> pictures = FakeData(size=40, image_size=(3, 8, 8), num_classes=2)
        >>> pictures.targets = [number % 2 for number in range(40)]
        >>> task = task_from("noise", ("even", "odd"), {"train": pictures}, size=8, limit=None, seed=0)
        >>> [len(split) for split in (task.train, task.validation, task.test)]
        [28, 4, 8]
    """
    labels = {split: _labels(dataset) for split, dataset in datasets.items()}
    rows = {split: torch.arange(len(of_split)) for split, of_split in labels.items()}
    lacking = {split: share for split, share in _SHARES.items() if split not in datasets}
    if lacking:
        rows |= divide(labels["train"], lacking, seed)
    _check_memory(name, sum(map(len, rows.values())), size, limit)
    splits = {}
    for split, wanted in rows.items():
        source = split if split in datasets else "train"
        if limit is not None:
            wanted = wanted[at_most(labels[source][wanted], limit, seed)]
        splits[split] = Split(_read(name, datasets[source], wanted.tolist(), size), labels[source][wanted])
    return Task(name, tuple(classes), **splits)


def folder_task(path: Path, *, size: int, limit: int | None, seed: int) -> Task:
    """A Task from a folder of pictures, one subfolder a class, as torchvision's ImageFolder reads it.

    If there is a subfolder `train`, it and its neighbours are the splits: `test` for the test and `val` (or `valid`,
    `validation`) for validation, or, where there is no `test`, `val` for the test. Otherwise, and for what is lacking,
    splits are drawn as `task_from` says, which decides the rest. Raises FileNotFoundError where there are no pictures
    in subfolders, ValueError where the splits have not the same classes.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "cat").mkdir()
        ...     _ = [Image.new("L", (9, 7)).save(f"{folder}/cat/{number}.png") for number in range(6)]
        ...     folder_task(Path(folder), size=4, limit=None, seed=0).train.images.shape
        torch.Size([4, 3, 4, 4])
    """
    folders = _split_folders(path)
    try:
        datasets = {split: ImageFolder(folder) for split, folder in folders.items()}
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{path}: expected a folder with a subfolder of pictures for each class. {error}"
        ) from error
    classes = datasets["train"].classes
    for split, dataset in datasets.items():
        if dataset.classes != classes:
            raise ValueError(f"{folders[split]}: expected the classes of {folders['train']}, got {dataset.classes}")
    return task_from(path.resolve().name, classes, datasets, size=size, limit=limit, seed=seed)


def _split_folders(path: Path) -> dict[str, Path]:
    if not (path / "train").is_dir():
        return {"train": path}
    validation = [path / name for name in ("val", "valid", "validation") if (path / name).is_dir()][:1]
    test = [path / "test"] if (path / "test").is_dir() else []
    held_out = validation + test
    names = ["validation", "test"][-len(held_out) :] if held_out else []
    return {"train": path / "train", **dict(zip(names, held_out, strict=True))}


def _labels(dataset: Any) -> Tensor:
    """The labels of a whole data set, which torchvision's classes keep under one of three names."""
    [name] = [name for name in ("targets", "labels", "_labels") if hasattr(dataset, name)]
    return torch.as_tensor(getattr(dataset, name)).long()


def _check_memory(name: str, count: int, size: int, limit: int | None) -> None:
    needed = count * 3 * size**2
    if limit is None and needed > _MEMORY:
        raise ValueError(
            f"limit: {name} has {count:,} images, {needed / 1e9:.1f} GB at {size} × {size} pixels; expected a limit of "
            f"images a class and split (a large one for all of them), or a smaller size, got None"
        )


def _read(name: str, dataset: Any, rows: list[int], size: int) -> Tensor:
    images = torch.empty(len(rows), 3, size, size, dtype=torch.uint8)

    def read(place: int) -> None:
        try:
            picture = dataset[rows[place]][0].convert("RGB")
        except OSError as error:
            raise OSError(f"{name}: {_picture_name(dataset, rows[place])} cannot be read ({error})") from error
        images[place] = pil_to_tensor(ImageOps.fit(picture, (size, size), Image.Resampling.BILINEAR))

    with ThreadPoolExecutor() as pool:
        for _ in pool.map(read, range(len(rows))):  # goes through all, so that an error in any is raised here
            pass
    return images


def _picture_name(dataset: Any, row: int) -> str:
    return str(dataset.samples[row][0]) if hasattr(dataset, "samples") else f"picture {row} of {dataset!r}"
