"""Tasks to transfer from and to, by name: made here without a network, or published and read by torchvision.

| bundled | what it is |
|---|---|
| digits-on-photographs | handwritten digits blended with photographs: the target task of the course |
| clean-digits | the same digits, white on black |
| drawn-digits | digits of twelve typefaces, white on black |
| blood-cells | eight kinds of cells under the microscope: a medical-like task |
| blood-cells-elsewhere | the same kinds from laboratories with other stains and lamps |
| granites | six stones told apart by the colours of their grains: a distant task |

Published: mnist, mnist-m, svhn, flowers102, oxford-iiit-pet, eurosat, pcam. Any folder of pictures can be a task too.
"""

import difflib
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from lib.datasets import blood_cells, digits, drawn_digits, granites
from lib.datasets.archives import data_root
from lib.datasets.mnist_m import mnist_m
from lib.datasets.published import PUBLISHED, published_task
from lib.datasets.reading import FOLDER_SIZE, folder_task
from lib.datasets.task import Task

TASKS: dict[str, Callable[[int], Task]] = {
    "digits-on-photographs": digits.digits_on_photographs,
    "clean-digits": digits.clean_digits,
    "drawn-digits": drawn_digits.drawn_digits,
    "blood-cells": blood_cells.blood_cells,
    "blood-cells-elsewhere": blood_cells.blood_cells_elsewhere,
    "granites": granites.granites,
}


def load_task(
    name: str | Path,
    *,
    seed: int = 0,
    size: int | None = None,
    limit: int | None = None,
    download: bool = False,
    root: Path | str | None = None,
    photographs: Path | str | None = None,
) -> Task:
    """A task by its name: three splits of uint8 images and labels, no image in two of them, decided by `seed`.

    name: one of TASKS, which are bundled; one of PUBLISHED, or "mnist-m"; or a folder of pictures with a subfolder for
    each class, as a Path or as a string with a slash in it. A folder may hold `train`, `val` and `test` first.

    - seed, ≥ 0, decides what is drawn. Published splits stay as they are; what a data set has not, is drawn from its
      training images: a tenth of each class for validation, a fifth for the test.
    - size: the side of the images in pixels. None is the size that they have, or 128 where they have many. Pictures are
      cut to their central square and scaled. Bundled tasks have one size.
    - limit: at most so many images of each class in every split, drawn by `seed`; a smaller limit gives a part of a
      larger one's. Only these are kept in memory. Without a limit, what would take more than 4 GB is refused: PCAM.
    - download: whether files that are missing may be downloaded. They are checked by hash and kept under `root`, by
      default the folder that COURSE_DATA names, or torch.hub's. COURSE_MIRROR names a server to ask first.
    - photographs: for "mnist-m", a folder of pictures to blend with; the two that scikit-learn ships if None.

    Bundled tasks are made in seconds and kept in memory for the next call; published ones are read anew each time.

    Raises TypeError for arguments of another type; ValueError for an unknown name, with the closest ones, and for an
    argument out of its range or of no use for this task; FileNotFoundError where files are missing and `download` is
    False; DownloadError where they cannot be had.

    Example:
        >>> task = load_task("clean-digits", limit=5)
        >>> task.train.images.shape
        torch.Size([50, 3, 48, 48])
    """
    if not isinstance(name, str | Path):
        raise TypeError(f"name: expected a string or a Path, got {name!r}")
    _check_number("seed", seed, 0)
    _check_number("size", size, 1)
    _check_number("limit", limit, 1)
    if photographs is not None and name != "mnist-m":
        raise ValueError(f"photographs: expected None for every task but mnist-m, got {str(photographs)!r}")
    if name in TASKS:
        return _bundled(TASKS[str(name)](seed), size, limit, seed)
    if isinstance(name, Path) or "/" in name or os.sep in name:
        return folder_task(Path(name).expanduser(), size=size or FOLDER_SIZE, limit=limit, seed=seed)
    _check_name(name)
    folder = Path(photographs).expanduser() if photographs else None
    make = partial(mnist_m, photographs=folder) if name == "mnist-m" else partial(published_task, name)
    return make(seed=seed, size=size, limit=limit, download=download, root=data_root(root))


def _bundled(task: Task, size: int | None, limit: int | None, seed: int) -> Task:
    own = task.train.images.shape[-1]
    if size not in (None, own):
        raise ValueError(f"size: {task.name} has images of {own} pixels; expected {own} or None, got {size}")
    if limit is None:
        return task
    splits = {split: getattr(task, split).at_most(limit, seed) for split in ("train", "validation", "test")}
    return Task(task.name, task.classes, **splits)


def _check_name(name: str) -> None:
    known = [*TASKS, *PUBLISHED, "mnist-m"]
    if name not in known:
        close = difflib.get_close_matches(name, known, n=3) or known
        unknown = f"name: no task is called {name!r}; the closest: {', '.join(close)}"
        raise ValueError(f"{unknown}. A folder of pictures is given as a Path.")


def _check_number(argument: str, value: int | None, smallest: int) -> None:
    if value is None and argument != "seed":
        return
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{argument}: expected an integer of at least {smallest}, got {value!r}")
    if value < smallest:
        raise ValueError(f"{argument}: expected an integer of at least {smallest}, got {value}")
