"""Files that are written whole or not at all, and hashed before they are believed."""

import hashlib
import os
import tempfile
from pathlib import Path


def write_whole(path: Path | str, content: bytes | str) -> None:
    """Write `content` to a temporary neighbour and move it into place, so that no reader ever meets half a file.

    Folders that are missing on the way are made. A file that is there already is replaced.

    Example:
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_whole(f"{folder}/new/note.txt", "whole")
        ...     Path(f"{folder}/new/note.txt").read_text()
        'whole'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode("utf-8") if isinstance(content, str) else content
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


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
