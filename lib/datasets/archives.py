"""The files of published data sets: looked for, downloaded where that is asked for, held to their hash, unpacked.

Everything lies under one folder, the root, which the environment variable COURSE_DATA may name. A server that
COURSE_MIRROR names is asked first, for `<COURSE_MIRROR>/<place under the root>` (lib.downloads.addresses).
"""

import gzip
import os
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from lib.downloads import DownloadError, addresses, fetch


@dataclass(frozen=True)
class Archive:
    """A file as it is published.

    place: its path under the root. urls: where it is published, in the order in which they are tried. md5: its hash, in
    hexadecimal. holds: the path under the root of the file or folder that is unpacked from it; empty if it is used as
    it is.

    Example:
        >>> archive = Archive("MNIST/raw/a.gz", ("https://example.org/a.gz",), md5="0" * 32, holds="MNIST/raw/a")
        >>> archive.is_ready(Path("nowhere"))  # not there: neither packed nor unpacked
        False
    """

    place: str
    urls: tuple[str, ...]
    md5: str
    holds: str = ""

    def is_ready(self, root: Path) -> bool:
        """Whether what it holds is there already."""
        return (root / (self.holds or self.place)).exists()


def data_root(root: Path | str | None = None) -> Path:
    """Where data sets are kept: `root`, or the environment variable COURSE_DATA, or `datasets` in torch.hub's folder.

    Example:
        >>> data_root("my-data").name
        'my-data'
    """
    return Path(root or os.environ.get("COURSE_DATA") or Path(torch.hub.get_dir(), "datasets")).expanduser()


def provide(name: str, archives: Sequence[Archive], root: Path, *, download: bool, instead: str) -> None:
    """Make sure that what the archives hold is under `root`: check and unpack what lies there, download the rest.

    An archive that is there, put by hand or by a download, is held to its MD5. It is unpacked whole or not at all, and
    deleted then; what is unpacked already is believed. name: the task, for the messages. instead: a bundled one.
    Raises FileNotFoundError where something is missing and `download` is False, DownloadError where it cannot be had
    or is damaged; both say which files, from where, where to put them, and what is bundled.
    """
    missing = [archive for archive in archives if not archive.is_ready(root) and not (root / archive.place).exists()]
    if missing and not download:
        raise FileNotFoundError(_how_to_get(name, missing, root, instead))
    for archive in archives:
        if archive.holds and archive.is_ready(root):
            continue
        try:
            what, urls = f"{Path(archive.place).name} of {name}", addresses(archive.place, archive.urls)
            fetch(urls, root / archive.place, hash_prefix=archive.md5, algorithm="md5", what=what)
        except DownloadError as error:
            raise DownloadError(f'{error} load_task("{instead}") is bundled and needs no network.') from error
        if archive.holds:
            _unpack(root / archive.place, root / archive.holds)


def _how_to_get(name: str, missing: list[Archive], root: Path, instead: str) -> str:
    files = ", ".join(f"{archive.place} ({addresses(archive.place, archive.urls)[0]})" for archive in missing)
    return (
        f'{name} is not on this machine: {root} lacks {files}. load_task("{name}", download=True) downloads what is '
        f'missing; without a network, put the files there by hand, or take the bundled load_task("{instead}").'
    )


def _unpack(archive: Path, target: Path) -> None:
    """Unpack into a folder beside the target, then move what is wanted into place: whole or not at all."""
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix=f".{archive.name}.") as folder:
        if archive.suffix == ".zip":
            with zipfile.ZipFile(archive) as packed:
                packed.extractall(folder)
        elif archive.name.endswith((".tgz", ".tar.gz")):
            with tarfile.open(archive) as packed:
                packed.extraction_filter = getattr(tarfile, "data_filter", None)  # the first 3.11 versions have none
                packed.extractall(folder)
        else:
            with gzip.open(archive) as packed, open(Path(folder, target.name), "wb") as file:
                shutil.copyfileobj(packed, file, 1 << 20)
        os.replace(Path(folder, target.name), target)
    archive.unlink()
