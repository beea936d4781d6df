"""A folder of pictures, one subfolder a class, looked over before anything is learnt from it.

What people collect holds files that are no pictures, pictures that cannot be read, the same picture twice, and classes
with hardly any. None of that should stop a run, and none of it should go into one unsaid.
"""

import hashlib
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from lib.inference import image_batches

LEAST = 5  # pictures of a class: three to learn from, one to choose by, one to be tested on
_SAID = 5  # names in a sentence; of more, how many
_UNEVEN = 5.0  # how many times as many pictures the largest class may have, without a word about it


@dataclass(frozen=True)
class Survey:
    """What a folder holds. files: the pictures that can be learnt from, each once, with `labels`, int64, shape (N,);
    classes: the labels' names, those of the subfolders, in their order. findings: sentences on all that is amiss.

    Example:
        >>> Survey((), torch.zeros(0).long(), (), ("Nothing is in there.",)).findings
        ('Nothing is in there.',)
    """

    files: tuple[Path, ...]
    labels: Tensor
    classes: tuple[str, ...]
    findings: tuple[str, ...]


def survey(folder: Path | str) -> Survey:
    """Look over a folder with a subfolder of pictures for each class.

    Every file below a subfolder is opened and decoded, and no link is followed. Left out, with a sentence that says so:
    files that are no whole picture of 8 bits a channel, hidden ones, a picture that is in its class before (pixel by
    pixel), one that is in several classes, and classes with fewer than LEAST pictures. One class that has over five
    times as many as another is told as well.

    Raises NotADirectoryError where there is no such folder; ValueError where fewer than two classes are left, with the
    findings.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     for number in range(10):
        ...         path = Path(folder, "dark" if number < 5 else "light", f"{number}.png")
        ...         path.parent.mkdir(exist_ok=True)
        ...         Image.new("L", (8, 8), 25 * number).save(path)
        ...     found = survey(folder)
        >>> found.classes, found.labels.tolist(), found.findings
        (('dark', 'light'), [0, 0, 0, 0, 0, 1, 1, 1, 1, 1], ())
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise NotADirectoryError(f"folder: expected a folder with a subfolder of pictures for each class, got {folder}")
    places = sorted(place for place in folder.iterdir() if place.is_dir() and not _is_passed_over(place))
    findings = list(_beside(folder))
    hashes: dict[Path, str] = {}
    for place in places:
        read, said = _read_all(place, folder)
        hashes |= read
        findings += said
    kept, said = _once_each(hashes, folder)
    classes, more = _large_enough(kept, [place.name for place in places], folder)
    findings += said + more
    if len(classes) < 2:
        found = f" What was found: {' '.join(findings)}" if findings else ""
        raise ValueError(
            f"folder: expected at least two subfolders with {LEAST} pictures each, {folder} has {len(classes)}.{found}"
        )
    files = [path for path in kept if _class_of(path, folder) in classes]
    labels = torch.tensor([classes.index(_class_of(path, folder)) for path in files])
    return Survey(tuple(files), labels, tuple(classes), tuple(findings + list(_uneven(labels, classes))))


def read_picture(path: Path) -> Tensor:
    """A picture, uint8, shape (3, height, width), the right way up. Raises ValueError where the file holds none.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Image.new("RGBA", (4, 3)).save(f"{folder}/a.png")
        ...     read_picture(Path(folder, "a.png")).shape
        torch.Size([3, 3, 4])
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            [picture] = next(image_batches(path, lambda images: images))
        except (OSError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise ValueError(f"{path.name}: {error}") from error
    return picture


# ---- what is amiss ------------------------------------------------------------------------------------------------


def _beside(folder: Path) -> Iterator[str]:
    """Files beside the subfolders belong to no class."""
    names = sorted(path.name for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    if names:
        yield f"Beside the classes' folders, so left out: {_counted(names)}."


def _read_all(place: Path, folder: Path) -> tuple[dict[Path, str], list[str]]:
    """The pictures of a class, with a hash of their pixels, and what cannot be read."""
    read, unread = {}, []
    for path in _files(place):
        try:
            pixels = read_picture(path)
        except ValueError:
            unread.append(str(path.relative_to(folder)))
            continue
        read[path] = hashlib.sha256(repr(pixels.shape).encode() + pixels.contiguous().numpy().tobytes()).hexdigest()
    said = [f"No picture of 8 bits a channel that can be read, so left out: {_counted(unread)}."] if unread else []
    return read, said if read or unread else [f"Empty, so left out: {place.name}."]


def _files(place: Path) -> Iterator[Path]:
    for path in sorted(place.iterdir()):
        if _is_passed_over(path):
            continue
        if path.is_dir():
            yield from _files(path)
        elif path.is_file():
            yield path


def _is_passed_over(path: Path) -> bool:
    return path.name.startswith(".") or path.is_symlink()


def _once_each(hashes: dict[Path, str], folder: Path) -> tuple[list[Path], list[str]]:
    """Each picture once; none that stands for two classes."""
    owners: dict[str, set[str]] = {}
    for path, pixels in hashes.items():
        owners.setdefault(pixels, set()).add(_class_of(path, folder))
    kept, again, torn, seen = [], [], [], set()
    for path, pixels in hashes.items():
        if len(owners[pixels]) > 1:
            torn.append(str(path.relative_to(folder)))
        elif pixels in seen:
            again.append(str(path.relative_to(folder)))
        else:
            seen.add(pixels)
            kept.append(path)
    said = [f"Shown before in the same class, so left out: {_counted(again)}."] if again else []
    return kept, said + ([f"In several classes at once, so all left out: {_counted(torn)}."] if torn else [])


def _large_enough(kept: list[Path], names: list[str], folder: Path) -> tuple[list[str], list[str]]:
    counts = Counter(_class_of(path, folder) for path in kept)
    small = [f"{name} ({counts[name]})" for name in names if 0 < counts[name] < LEAST]
    said = [f"Fewer than {LEAST} pictures, so left out: {_counted(small, 'class', 'classes')}."] if small else []
    return [name for name in names if counts[name] >= LEAST], said


def _uneven(labels: Tensor, classes: list[str]) -> Iterator[str]:
    counts = labels.bincount()
    most, least = int(counts.argmax()), int(counts.argmin())
    if counts[most] > _UNEVEN * counts[least]:
        yield (
            f"{classes[most]} has {int(counts[most])} pictures and {classes[least]} {int(counts[least])}: accuracy "
            "alone says little, so look at each class."
        )


def _class_of(path: Path, folder: Path) -> str:
    return path.relative_to(folder).parts[0]


def _counted(names: list[str], one: str = "file", many: str = "files") -> str:
    """How many, and which."""
    more = f" and {len(names) - _SAID} more" if len(names) > _SAID else ""
    return f"{len(names)} {one if len(names) == 1 else many}: {', '.join(names[:_SAID])}{more}"
