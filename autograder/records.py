"""Verdicts as files: one for each submission, kept beside the results, so that nothing is graded twice or lost.

A record is JSON, written whole or not at all. It says what it depends on: the submission's bytes, the course's release,
its secret and the conditions. Where all of that is as it was, the verdict is as it was.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from nbgrader.utils import parse_utc

from autograder.exercise import Finding, Verdict
from autograder.grading import ROOT, Entry, Graded, Result
from autograder.sandbox.isolation import Isolation
from autograder.submission import Unreadable, plain_file
from lib.files import write_whole

_FORMAT = 1
_ROOMS = ("lib", "autograder")  # all code that a verdict may depend on
_NOT_A_TIME = "The time of submission cannot be read, so it does not count as late."


@dataclass(frozen=True)
class Record:
    """A graded submission, what its verdict depends on, and when it was handed in (UTC), if that is known."""

    graded: Graded
    fingerprint: str
    handed_in: datetime | None = None


class Records:
    """The records in a folder: <student>/<lesson>.json."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, entry: Entry, fingerprint: str) -> Record | None:
        """The record of `entry`, if there is one that says the same of what it depends on."""
        found = self.read(entry)
        return found if found and found.fingerprint == fingerprint else None

    def read(self, entry: Entry) -> Record | None:
        """The record of `entry`; None where there is none, or a damaged one: it is graded again."""
        try:
            return _record(json.loads(self._place(entry).read_text(encoding="utf-8")), entry)
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def keep(self, record: Record) -> None:
        """Write the record whole, in place of what was there."""
        write_whole(self._place(record.graded.entry), json.dumps(_plain(record), separators=(",", ":")))

    def entries(self) -> Iterator[Entry]:
        """Whose records there are, by student and lesson."""
        for path in sorted(self.folder.glob("*/*.json")):
            try:
                student = json.loads(path.read_text(encoding="utf-8"))["student"]
            except (ValueError, KeyError, TypeError):
                continue
            yield Entry(student, path.stem, path)

    def forget(self, entry: Entry) -> None:
        """Remove the record of `entry`, if there is one."""
        self._place(entry).unlink(missing_ok=True)

    def _place(self, entry: Entry) -> Path:
        return self.folder / entry.key / f"{entry.lesson}.json"


def fingerprint(entry: Entry, release: str, conditions: tuple[Any, ...]) -> str:
    """What the verdict on `entry` depends on: a digest of the release and the conditions (plain values), a dot, and one
    of what was handed in.
    """
    return f"{hashlib.sha256(json.dumps([release, *conditions]).encode()).hexdigest()}.{content_of(entry)}"


def parts_of(fingerprint: str) -> tuple[str, str]:
    """Of a fingerprint: the digest of release and conditions, and that of what was handed in."""
    conditions, _, content = fingerprint.partition(".")
    return conditions, content


def content_of(entry: Entry) -> str:
    """A digest of what was handed in: the notebook, and when."""
    try:
        notebook = plain_file(entry.path)
    except Unreadable as error:
        notebook = str(error).encode()
    return hashlib.sha256(hashlib.sha256(notebook).digest() + str(handed_in(entry)[0]).encode()).hexdigest()


@lru_cache
def release_of(text: Path) -> str:
    """A digest of the lesson's text and of all code that a verdict on it may depend on, PyTorch's version included."""
    digest = hashlib.sha256(torch.__version__.encode())
    for path in [text, *(path for room in _ROOMS for path in sorted((ROOT / room).rglob("*.py")))]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def handed_in(entry: Entry) -> tuple[datetime | None, list[str]]:
    """When it was handed in (UTC, without a zone, as nbgrader keeps it), and what is to say about that.

    nbgrader writes the time into timestamp.txt. A learner could have written it: what is no time counts as none.
    """
    try:
        return parse_utc(plain_file(entry.path.with_name("timestamp.txt"))[:100].decode("utf-8").strip()), []
    except Unreadable:
        return None, []
    except (ValueError, OverflowError):
        return None, [_NOT_A_TIME]


# ---- as JSON ------------------------------------------------------------------------------------------------------


def _plain(record: Record) -> dict[str, Any]:
    graded = record.graded
    return {
        "format": _FORMAT,
        "fingerprint": record.fingerprint,
        "student": graded.entry.student,
        "lesson": graded.entry.lesson,
        "handed_in": record.handed_in.isoformat() if record.handed_in else None,
        "points": graded.points,
        "possible": graded.possible,
        "results": [asdict(result) for result in graded.results],
        "notes": graded.notes,
        "warnings": graded.warnings,
        "written": graded.written,
        "isolation": asdict(graded.isolation),
    }


def _record(plain: dict[str, Any], entry: Entry) -> Record:
    if plain["format"] != _FORMAT or (plain["student"], plain["lesson"]) != (entry.student, entry.lesson):
        raise ValueError("a record of another format, or another's")
    isolation = Isolation(*(tuple(plain["isolation"][part]) for part in ("held", "broken")))
    results = [_result(result) for result in plain["results"]]
    graded = Graded(entry, results, plain["notes"], plain["warnings"], plain["written"], isolation)
    moment = datetime.fromisoformat(plain["handed_in"]) if plain["handed_in"] else None
    return Record(graded, plain["fingerprint"], moment)


def _result(plain: dict[str, Any]) -> Result:
    verdict = plain["verdict"]
    findings = tuple(Finding(**finding) for finding in verdict["findings"])
    return Result(Verdict(**verdict | {"findings": findings}), plain["source"], plain["remark"], plain["above"])
