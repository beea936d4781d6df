"""Checkpoints: written whole or not at all, and checked before they are believed."""

import hashlib
import io
from pathlib import Path
from typing import Any

import torch

from lib.files import write_whole

_HEADER = b"checkpoint 1 sha256 "
_HASH = 64


def save_checkpoint(path: Path | str, state: dict[str, Any]) -> None:
    """Write tensors and plain values to `path`, with their hash. Whoever stops the writing leaves the old file whole.

    state: a dictionary of what `torch.load(weights_only=True)` reads: tensors, numbers, strings, lists, dictionaries.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_checkpoint(f"{folder}/run.pt", {"step": 3, "weight": torch.ones(2)})
        ...     load_checkpoint(f"{folder}/run.pt")
        {'step': 3, 'weight': tensor([1., 1.])}
    """
    buffer = io.BytesIO()
    torch.save(state, buffer)
    data = buffer.getvalue()
    write_whole(path, _HEADER + hashlib.sha256(data).hexdigest().encode() + b"\n" + data)


def load_checkpoint(path: Path | str, device: torch.device | str = "cpu") -> dict[str, Any]:
    """What `save_checkpoint` wrote, its tensors on `device`. No code that a file might hold is run.

    Raises FileNotFoundError where there is none, and ValueError for a file that is not a checkpoint or is damaged.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_checkpoint(f"{folder}/run.pt", {"weight": torch.ones(2)})
        ...     load_checkpoint(f"{folder}/run.pt", device="meta")["weight"].device
        device(type='meta')
    """
    content = Path(path).read_bytes()
    start = len(_HEADER) + _HASH + 1
    if not content.startswith(_HEADER) or content[start - 1 : start] != b"\n":
        raise ValueError(f"path: expected a checkpoint of the course, {path} is none")
    expected, data = content[len(_HEADER) : start - 1].decode("ascii", "replace"), content[start:]
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise ValueError(
            f"path: {path} is damaged: SHA-256 expected {expected}, found {found}. Delete it to start anew"
        )
    return torch.load(io.BytesIO(data), map_location=device, weights_only=True)
