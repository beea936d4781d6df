"""Files from the network: checked by hash, whole or not at all; one clear sentence where they cannot be had."""

import hashlib
import http.client
import os
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from lib.files import sha256

_CHUNK = 1 << 18  # bytes
_PATIENCE = 20.0  # seconds that the other side may stay silent


class DownloadError(OSError):
    """A file could not be had. The message says which, from where, why, and how to go on."""


def fetch(url: str, path: Path, *, hash_prefix: str, what: str) -> Path:
    """Make sure that `path` holds the file behind `url`; download it where it is not there yet. Returns `path`.

    hash_prefix: the first digits of the file's SHA-256, in hexadecimal; a file that is there already is held to it
    too. what: what the file is, in words, for the messages. Progress is printed on standard output.
    Raises DownloadError; then `path` is as it was before, and nothing half-written is left beside it.
    """
    if path.exists():
        found = sha256(path)
        if not found.startswith(hash_prefix):
            raise DownloadError(
                f"{path} ({what}) is damaged: its SHA-256 should begin with {hash_prefix} and is {found}. "
                f"Delete the file and run this again to download it from {url}."
            )
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _download(url, path, hash_prefix, what)
    except (OSError, http.client.HTTPException) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()  # it is the server's answer as well, and holds the connection
        raise DownloadError(
            f"{what} could not be downloaded from {url} ({error}). Run this again when the network is there, "
            f"or put the file at {path} by hand."
        ) from error
    return path


def _download(url: str, path: Path, hash_prefix: str, what: str) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    digest = hashlib.sha256()
    try:
        with os.fdopen(handle, "wb") as file, urllib.request.urlopen(url, timeout=_PATIENCE) as response:
            for chunk in _chunks(response, what):
                file.write(chunk)
                digest.update(chunk)
        if not digest.hexdigest().startswith(hash_prefix):
            raise OSError(f"its SHA-256 should begin with {hash_prefix} and is {digest.hexdigest()}")
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)  # still there only if something went wrong


def _chunks(response: http.client.HTTPResponse, what: str) -> Iterator[bytes]:
    """The body, piece by piece, with a figure printed every tenth of the way; OSError if it ends too early."""
    expected, received, told = int(response.headers.get("Content-Length") or 0), 0, 0
    print(f"Downloading {what}, {expected / 1e6:.1f} MB:", end="", flush=True)
    while chunk := response.read(_CHUNK):
        yield chunk
        received += len(chunk)
        if expected and received * 10 // expected > told:
            told = received * 10 // expected
            print(f" {told * 10} %", end="", flush=True)
    print(flush=True)
    if received < expected:
        raise OSError(f"cut off after {received:,} of {expected:,} bytes")
