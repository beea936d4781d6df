"""Files that are written whole or not at all, and hashed before they are believed."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_UNFINISHED = ".part"


def write_whole(path: Path | str, content: bytes | str) -> None:
    """Write `content` to a temporary neighbour and move it into place, so that no reader ever meets half a file.

    Folders that are missing on the way are made. A file that is there already is replaced.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_whole(f"{folder}/new/note.txt", "whole")
        ...     Path(f"{folder}/new/note.txt").read_text()
        'whole'
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    with writing_whole(path) as file:
        file.write(data)


@contextlib.contextmanager
def writing_whole(path: Path | str) -> Iterator[BinaryIO]:
    """A file to write to, piece by piece, that takes its place at `path` when all is written, and not before.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with writing_whole(f"{folder}/numbers.txt") as file:
        ...         _ = [file.write(b"%d " % n) for n in range(3)]
        ...     Path(f"{folder}/numbers.txt").read_text()
        '0 1 2 '
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.", suffix=_UNFINISHED)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def remove_unfinished(folder: Path | str) -> None:
    """Take away what a process that was killed left half-written in `folder` and below. Nobody may be writing there.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_whole(f"{folder}/grades.csv", "whole")
        ...     _ = Path(f"{folder}/.grades.csv.a1b2.part").write_text("ha")
        ...     remove_unfinished(folder)
        ...     [path.name for path in Path(folder).iterdir()]
        ['grades.csv']
    """
    for path in Path(folder).rglob(f".*{_UNFINISHED}"):
        with contextlib.suppress(FileNotFoundError):
            path.unlink()


def sha256(path: Path | str) -> str:
    """The SHA-256 of a file, in hexadecimal.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_whole(f"{folder}/empty", b"")
        ...     sha256(f"{folder}/empty")[:8]
        'e3b0c442'
    """
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
