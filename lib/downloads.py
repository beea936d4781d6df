"""Files from the network: checked by hash, whole or not at all; one clear sentence where they cannot be had.

What was received before a connection broke is kept beside the file's place and is gone on with, from the same server
or from another that has the same file. The hash decides at the end whether the pieces are the file.

An institute can serve a copy of the files, weights and data sets alike, from a server of its own: with its address in
the environment variable COURSE_MIRROR it is asked first.
"""

import hashlib
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

_CHUNK = 1 << 18  # bytes
_PATIENCE = 20.0  # seconds that the other side may stay silent
_CONNECTIONS = 5  # to one server in one call, as long as each of them brings something


class DownloadError(OSError):
    """A file could not be had. The message says which, from where, why, and how to go on."""


def fetch(url: str | Sequence[str], path: Path, *, hash_prefix: str, what: str, algorithm: str = "sha256") -> Path:
    """Make sure that `path` holds the file behind `url`; download it where it is not there yet. Returns `path`.

    url: one address, or several of the same file, which are tried in their order. hash_prefix: the first digits of the
    file's hash, in hexadecimal; a file that is there already is held to it too. algorithm: the hash, "sha256", or
    "md5" for files whose publisher gives no other; MD5 finds damage, not forgery. what: what the file is, in words,
    for the messages. Progress is printed on standard output.

    A connection that breaks midway is taken up where it broke, up to four times while it brings something. If that
    does not help, what was received stays in `<path>.part`, and the next call goes on from there. A file that has the
    wrong hash in the end is deleted, and the next address is asked for all of it.

    Raises DownloadError; then `path` is as it was before. Raises ValueError for no address, an empty hash, or another
    algorithm.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     published, path = Path(folder, "published.txt"), Path(folder, "mine.txt")
        ...     _ = published.write_bytes(b"")
        ...     fetch(published.as_uri(), path, hash_prefix="e3b0c442", what="nothing").name
        Downloading nothing, 0.0 MB:
        'mine.txt'
    """
    urls = [url] if isinstance(url, str) else list(url)
    _check_arguments(urls, hash_prefix, algorithm)
    if path.exists():
        _check_existing(path, urls, hash_prefix, what, algorithm)
        return path
    reasons = []
    for address in urls:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _download(address, path, hash_prefix, what, algorithm)
            return path
        except (OSError, http.client.HTTPException) as error:
            reasons.append((address, error))
    listed = ", nor from ".join(f"{address} ({error})" for address, error in reasons)
    raise DownloadError(
        f"{what} could not be downloaded from {listed}. Run this again when the network is there, "
        f"or put the file at {path} by hand."
    ) from reasons[-1][1]


def addresses(place: str, urls: str | Sequence[str]) -> list[str]:
    """Where to ask for a file, in this order: at `<COURSE_MIRROR>/<place>`, if COURSE_MIRROR is set; at `urls`.

    place: the file's path under the folder that holds it on this machine, such as "checkpoints/resnet18-f37072fd.pth".
    Raises ValueError where COURSE_MIRROR is no address that begins with http://, https:// or file://.

    Example:
        >>> addresses("svhn/train_32x32.mat", "http://example.org/train_32x32.mat")[-1]
        'http://example.org/train_32x32.mat'
    """
    published = [urls] if isinstance(urls, str) else list(urls)
    mirror = os.environ.get("COURSE_MIRROR", "")
    if mirror and not mirror.startswith(("http://", "https://", "file://")):
        raise ValueError(f"COURSE_MIRROR: expected an address such as 'https://example.org/data', got {mirror!r}")
    return [f"{mirror.rstrip('/')}/{place}", *published] if mirror else published


def check_hash(path: Path, hash_prefix: str, algorithm: str = "sha256") -> None:
    """Raise OSError where the file's hash, in hexadecimal, does not begin with `hash_prefix`.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "empty").write_bytes(b"")
        ...     check_hash(Path(folder, "empty"), "e3b0c442")
        ...     check_hash(Path(folder, "empty"), "d41d8cd9", "md5")
    """
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()
    if not found.startswith(hash_prefix):
        raise OSError(f"its {_NAMES[algorithm]} should begin with {hash_prefix} and is {found}")


_NAMES = {"sha256": "SHA-256", "md5": "MD5"}


def _check_arguments(urls: list[str], hash_prefix: str, algorithm: str) -> None:
    if not urls:
        raise ValueError("url: expected at least one address, got none")
    if algorithm not in _NAMES:
        raise ValueError(f"algorithm: expected {' or '.join(map(repr, _NAMES))}, got {algorithm!r}")
    if not hash_prefix:
        raise ValueError("hash_prefix: expected at least one hexadecimal digit, got an empty string")


def _check_existing(path: Path, urls: list[str], hash_prefix: str, what: str, algorithm: str) -> None:
    try:
        check_hash(path, hash_prefix, algorithm)
    except OSError as error:
        raise DownloadError(
            f"{path} ({what}) is damaged: {error}. Delete the file and run this again to download it from {urls[0]}."
        ) from error


def _download(url: str, path: Path, hash_prefix: str, what: str, algorithm: str) -> None:
    """Receive the whole file into its part beside it, check the part's hash, and move it into place."""
    part = path.with_name(f"{path.name}.part")
    resumed = part.exists()
    _receive_all(url, part, what)
    try:
        check_hash(part, hash_prefix, algorithm)
    except OSError:
        part.unlink()
        if not resumed:
            raise
        _download(url, path, hash_prefix, what, algorithm)  # what lay there may have been of another file: all anew
    else:
        os.replace(part, path)


def _receive_all(url: str, part: Path, what: str) -> None:
    for connection in range(1, _CONNECTIONS + 1):
        before = _size(part)
        try:
            _receive(url, part, what)
            break
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()  # it is the server's answer as well, and holds the connection
            if connection == _CONNECTIONS or _size(part) <= before:
                raise


def _receive(url: str, part: Path, what: str) -> None:
    """Append to `part` what it lacks; begin anew where the server cannot go on in the middle of a file."""
    start = _size(part)
    headers = {"User-Agent": "transfer-learning-course"} | ({"Range": f"bytes={start}-"} if start else {})
    try:
        response = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=_PATIENCE)
    except urllib.error.HTTPError as error:
        if error.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            raise
        error.close()  # nothing is lacking; whether all of it is right, the hash will say
        return
    with response, open(part, "ab" if response.status == http.HTTPStatus.PARTIAL_CONTENT else "wb") as file:
        file.writelines(_chunks(response, what, received=file.tell()))


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _chunks(response: http.client.HTTPResponse, what: str, received: int) -> Iterator[bytes]:
    """The body, piece by piece, with a figure printed every tenth of the way; OSError if it ends too early."""
    coming = int(response.headers.get("Content-Length") or 0)
    expected = received + coming if coming else 0
    told = received * 10 // expected if expected else 0
    print(f"Downloading {what}, {expected / 1e6:.1f} MB:" + (f" {told * 10} %" if told else ""), end="", flush=True)
    try:
        while chunk := response.read(_CHUNK):
            yield chunk
            received += len(chunk)
            if expected and received * 10 // expected > told:
                told = received * 10 // expected
                print(f" {told * 10} %", end="", flush=True)
    finally:
        print(flush=True)
    if received < expected:
        raise OSError(f"cut off after {received:,} of {expected:,} bytes")
