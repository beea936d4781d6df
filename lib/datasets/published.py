"""Published data sets, with the files, hashes and official splits that torchvision declares for them.

| name | images | classes | size | splits | from |
|---|---|---|---|---|---|
| mnist | 70,000 | 10 | 28 | train, test | LeCun et al., 1998 |
| svhn | 99,289 | 10 | 32 | train, test | Netzer et al., 2011 |
| flowers102 | 8,189 | 102 | any | train, validation, test | Nilsback & Zisserman, 2008 |
| oxford-iiit-pet | 7,349 | 37 | any | train, test | Parkhi et al., 2012 |
| eurosat | 27,000 | 10 | 64 | none | Helber et al., 2019 |
| pcam | 327,680 | 2 | 96 | train, validation, test | Veeling et al., 2018 |
"""

import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from torchvision.datasets import MNIST, PCAM, SVHN, EuroSAT, Flowers102, OxfordIIITPet

from lib.datasets.archives import Archive, provide
from lib.datasets.reading import FOLDER_SIZE, task_from
from lib.datasets.task import Task


@dataclass(frozen=True)
class Published:
    """A data set: its files; its official splits, as torchvision opens them under a root; the size of its images.

    instead: the bundled task that comes closest. needs: a package that reads the files and that the course does not
    install.
    """

    archives: Callable[[], tuple[Archive, ...]]
    splits: Callable[[Path], Mapping[str, Any]]
    size: int
    instead: str
    needs: str = ""


def published_task(
    name: str, *, seed: int, size: int | None, limit: int | None, download: bool, root: Path, asked_as: str = ""
) -> Task:
    """The task `name` of PUBLISHED from the files under `root`, which are downloaded first if that is asked for.

    size: the side of the images; None for their own, or 128 where they have many. The other arguments are those of
    `provide` and `task_from`, which also say what is raised; ModuleNotFoundError where a package is lacking.
    asked_as: the name that the messages tell, where it is another.
    """
    data = PUBLISHED[name]
    if data.needs and importlib.util.find_spec(data.needs) is None:
        raise ModuleNotFoundError(f"{name} is read with {data.needs}: install it with `pip install {data.needs}`")
    provide(asked_as or name, data.archives(), root, download=download, instead=data.instead)
    datasets = data.splits(root)
    return task_from(name, _classes(name, datasets), datasets, size=size or data.size, limit=limit, seed=seed)


def _classes(name: str, datasets: Mapping[str, Any]) -> tuple[str, ...]:
    if name in ("mnist", "svhn"):
        return tuple("0123456789")
    return ("normal", "tumour") if name == "pcam" else tuple(datasets["train"].classes)


class _LabelledPCAM(PCAM):  # type: ignore[misc]  # torchvision tells no types
    """PCAM that tells its labels without reading its images."""

    @property
    def labels(self) -> Any:
        with self.h5py.File(self._base_folder / self._FILES[self._split]["targets"][0]) as file:
            return np.asarray(file["y"]).reshape(-1)


# ---- the files, as torchvision declares them ----------------------------------------------------------------------


def _mnist_archives() -> tuple[Archive, ...]:
    raw = "MNIST/raw/"
    return tuple(
        Archive(raw + file, tuple(mirror + file for mirror in MNIST.mirrors), md5, holds=raw + file.removesuffix(".gz"))
        for file, md5 in MNIST.resources
    )


def _svhn_archives() -> tuple[Archive, ...]:
    files = (SVHN.split_list[split] for split in ("train", "test"))
    return tuple(Archive(f"svhn/{file}", (url,), md5) for url, file, md5 in files)


def _flowers_archives() -> tuple[Archive, ...]:
    folder, prefix = "flowers-102/", Flowers102._download_url_prefix
    holds = {"image": folder + "jpg"}
    files = Flowers102._file_dict.items()
    return tuple(Archive(folder + file, (prefix + file,), md5, holds.get(key, "")) for key, (file, md5) in files)


def _pet_archives() -> tuple[Archive, ...]:
    files = ((url, url.rsplit("/", 1)[1], md5) for url, md5 in OxfordIIITPet._RESOURCES)
    folder = "oxford-iiit-pet/"
    return tuple(Archive(folder + file, (url,), md5, folder + file.removesuffix(".tar.gz")) for url, file, md5 in files)


def _eurosat_archives() -> tuple[Archive, ...]:
    return (Archive("eurosat/EuroSAT.zip", (_EUROSAT_URL,), _EUROSAT_MD5, "eurosat/2750"),)


def _pcam_archives() -> tuple[Archive, ...]:
    files = ((file, md5) for split in PCAM._FILES.values() for file, _, md5 in split.values())
    return tuple(Archive(f"pcam/{file}.gz", (f"{_PCAM_URL}{file}.gz",), md5, f"pcam/{file}") for file, md5 in files)


# torchvision writes these two into the body of EuroSAT.download; a test compares
_EUROSAT_URL = (
    "https://huggingface.co/datasets/torchgeo/eurosat/resolve/c877bcd43f099cd0196738f714544e355477f3fd/EuroSAT.zip"
)
_EUROSAT_MD5 = "c8fa014336c82ac7804f0398fcb19387"
# torchvision gets PCAM from Google Drive by way of another package; its authors publish the same files here
_PCAM_URL = "https://zenodo.org/record/2546921/files/"


# ---- the splits, as torchvision opens them ------------------------------------------------------------------------


def _mnist(root: Path) -> dict[str, Any]:
    return {"train": MNIST(root), "test": MNIST(root, train=False)}


def _svhn(root: Path) -> dict[str, Any]:
    return {split: SVHN(root / "svhn", split) for split in ("train", "test")}


def _pets(root: Path) -> dict[str, Any]:
    return {"train": OxfordIIITPet(root, "trainval"), "test": OxfordIIITPet(root, "test")}


def _all_three(dataset: Callable[[Path, str], Any], root: Path) -> dict[str, Any]:
    return {"train": dataset(root, "train"), "validation": dataset(root, "val"), "test": dataset(root, "test")}


PUBLISHED: dict[str, Published] = {
    "mnist": Published(_mnist_archives, _mnist, 28, "clean-digits"),
    "svhn": Published(_svhn_archives, _svhn, 32, "digits-on-photographs"),
    "flowers102": Published(_flowers_archives, partial(_all_three, Flowers102), FOLDER_SIZE, "digits-on-photographs"),
    "oxford-iiit-pet": Published(_pet_archives, _pets, FOLDER_SIZE, "digits-on-photographs"),
    "eurosat": Published(_eurosat_archives, lambda root: {"train": EuroSAT(root)}, 64, "granites"),
    "pcam": Published(_pcam_archives, partial(_all_three, _LabelledPCAM), 96, "blood-cells", needs="h5py"),
}
