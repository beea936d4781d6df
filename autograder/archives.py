"""Archives that come from outside, unpacked without trust: zip files and tar files packed by gzip.

Every member is checked before anything is written. One that is no plain file or folder, that would lie elsewhere, or
that is too large is left out and named with the reason; the others are unpacked. An archive that is a bomb is refused
whole: what it unpacks to is bounded, by its declared sizes first and by what really comes while it is read.
"""

import gzip
import os
import re
import stat
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

MEBIBYTE = 2**20
NESTED = (".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".7z", ".rar")
_CHUNK = 2**16
_RATIO, _HARMLESS = 100, 256 * MEBIBYTE  # notebooks shrink to a tenth; up to here it does not matter
_LONGEST, _DEEPEST = 255, 16  # bytes of a part of a name, and parts
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what the platforms use; others unpack without bounds
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, UnicodeDecodeError, NotImplementedError)


class Refused(ValueError):
    """The archive is not unpacked at all; the message says why."""


@dataclass(frozen=True)
class Bounds:
    """members: how many an archive may hold. each: bytes of a file. whole: bytes of all files together."""

    members: int = 50_000
    each: int = 20 * MEBIBYTE
    whole: int = 4096 * MEBIBYTE

    def of(self, archive: Path) -> int:
        """Bytes that this archive may unpack to: a small one that would unpack to very much is a bomb."""
        return min(self.whole, max(_HARMLESS, _RATIO * archive.stat().st_size))


@dataclass(frozen=True)
class Member:
    """What an archive says of one of its members. wrong: what it is that is never unpacked, if it is; else empty.

    handle: what the archive's own library knows it by.
    """

    name: str
    size: int
    folder: bool
    wrong: str
    handle: Any


@dataclass
class Taken:
    """The places that are taken, so that no member lies in another's way, whatever the file system makes of case."""

    folders: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)

    def refuses(self, parts: list[str], *, folder: bool) -> str:
        """Why there is no room for it; empty, and its place is taken, where there is."""
        ways = [_folded(parts[:length]) for length in range(1, len(parts))]
        own = _folded(parts)
        if any(way in self.files for way in ways):
            return "it lies in what is a file"
        if own in self.files or (own in self.folders and not folder):
            return "another of this name, but perhaps for case, came before"
        self.folders.update(ways)
        (self.folders if folder else self.files).add(own)
        return ""


def unpack(archive: Path, into: Path, bounds: Bounds) -> list[tuple[str, str]]:
    """Unpack into a folder, which is made; the names of members that were left out, printable, and the reasons.

    Raises Refused where the archive cannot be read, or is a bomb; then nothing was written.
    """
    left_out: list[tuple[str, str]] = []
    places = _places(archive, bounds, left_out)
    into.mkdir(parents=True, exist_ok=True)
    with _opened(archive, bounds) as (members, reading):
        for number, member in enumerate(members):
            if (parts := places.get(number)) is None:
                continue
            target = into.joinpath(*parts)
            try:
                if member.folder:
                    target.mkdir(parents=True, exist_ok=True)
                else:
                    _write(reading(member), target, member.size)
            except (*_BROKEN, RuntimeError) as error:
                left_out.append((shown(member.name), f"it cannot be unpacked: {shown(str(error))}"))
    return left_out


def shown(text: str) -> str:
    """As it may stand in a log: on one line, printable, of bounded length."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text[:200])


# ---- what is unpacked, and where ------------------------------------------------------------------------------------


def _places(archive: Path, bounds: Bounds, left_out: list[tuple[str, str]]) -> dict[int, list[str]]:
    """The places of the members that are unpacked, by their number; the others go into `left_out`."""
    places: dict[int, list[str]] = {}
    taken, whole, most = Taken(), 0, bounds.of(archive)
    try:
        with _opened(archive, bounds) as (members, _):
            for number, member in enumerate(members):
                whole += member.size
                if number >= bounds.members:
                    raise Refused(f"it holds more than {bounds.members:,} files; nothing of it was unpacked")
                if whole > most:
                    raise Refused(_bomb(archive, bounds))
                parts = [part for part in member.name.split("/") if part not in ("", ".")]
                if reason := _reason(member, parts, bounds) or taken.refuses(parts, folder=member.folder):
                    left_out.append((shown(member.name), reason))
                elif parts:
                    places[number] = parts
    except (*_BROKEN, RuntimeError) as error:
        raise Refused(f"it cannot be read ({shown(str(error))}); nothing of it was unpacked") from error
    return places


def _reason(member: Member, parts: list[str], bounds: Bounds) -> str:
    """Why it is left out, if it is."""
    name = member.name
    checks = (
        (member.wrong, member.wrong),
        (name.startswith(("/", "\\")) or re.match("[A-Za-z]:", name), "its name is an absolute one"),
        (".." in re.split(r"[/\\]", name), "its name leads out of the folder"),
        ("\\" in name, "its name holds a backslash"),
        (not name.isprintable(), "its name holds characters that are not printed"),
        (any(len(os.fsencode(part)) > _LONGEST for part in parts) or len(parts) > _DEEPEST, "its name is too long"),
        (not member.folder and name.lower().endswith(NESTED), "an archive in the archive is not unpacked"),
        (member.size > bounds.each, f"it is larger than {bounds.each / MEBIBYTE:g} MB"),
    )
    return next((reason for failed, reason in checks if failed), "")


def _write(source: IO[bytes], target: Path, size: int) -> None:
    """Write what comes from `source`, which is `size` bytes, to a new file; nothing stays where that fails."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        with os.fdopen(handle, "wb") as file, source:
            while chunk := source.read(_CHUNK):
                size -= len(chunk)
                if size < 0:
                    raise EOFError("more came than the archive says")
                file.write(chunk)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _bomb(archive: Path, bounds: Bounds) -> str:
    return (
        f"it is {archive.stat().st_size:,} bytes and would unpack to more than {bounds.of(archive) // MEBIBYTE:,} MB, "
        "as a bomb does; nothing of it was unpacked"
    )


def _folded(parts: list[str]) -> str:
    return unicodedata.normalize("NFC", "/".join(parts)).casefold()


# ---- the two kinds --------------------------------------------------------------------------------------------------


@contextmanager
def _opened(archive: Path, bounds: Bounds) -> Iterator[tuple[Iterator[Member], Any]]:
    """The members of an archive, in its order, and what opens one of them. A tar's are opened as they come."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as file:
            yield map(_of_zip, file.infolist()), lambda member: file.open(member.handle)
    else:
        with gzip.open(archive) as packed:
            bounded: Any = _Bounded(packed, bounds.of(archive) + 4096 * bounds.members, _bomb(archive, bounds))
            with tarfile.open(fileobj=bounded, mode="r|") as tar:
                yield map(_of_tar, tar), lambda member: tar.extractfile(member.handle)


def _of_zip(info: zipfile.ZipInfo) -> Member:
    mode, name = info.external_attr >> 16, info.orig_filename
    kind = stat.S_IFMT(mode)
    wrong = _wrong_kind(link=kind == stat.S_IFLNK, plain=kind in (0, stat.S_IFREG, stat.S_IFDIR))
    if info.flag_bits & 1:
        wrong = "it is locked by a password"
    elif info.compress_type not in _PACKED:
        wrong = "it is packed in a way that is not unpacked here"
    return Member(name, info.file_size, name.endswith("/"), wrong, info)


def _of_tar(info: tarfile.TarInfo) -> Member:
    plain = (info.isreg() and not info.issparse()) or info.isdir()
    wrong = _wrong_kind(link=info.issym() or info.islnk(), plain=plain)
    if not wrong and re.search("[\ud800-\udfff]", info.name):
        wrong = "its name is not UTF-8"
    return Member(info.name, info.size, info.isdir(), wrong, info)


def _wrong_kind(*, link: bool, plain: bool) -> str:
    return "it is a link" if link else "" if plain else "it is neither a file nor a folder"


class _Bounded:
    """A file that may be read up to a number of bytes."""

    def __init__(self, file: gzip.GzipFile, most: int, reason: str) -> None:
        self.file, self.left, self.reason = file, most, reason

    def read(self, size: int) -> bytes:
        """At most `size` bytes. Raises Refused where more is read than may be."""
        data = self.file.read(min(size, _CHUNK))
        self.left -= len(data)
        if self.left < 0:
            raise Refused(self.reason)
        return data
