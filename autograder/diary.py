"""What a learner has tried and solved, kept in a small file of their own, across lessons and kernels.

The file lies in the folder that holds the lessons: beside a notebook it would know of one lesson alone. It holds points
and digests of what was tried, never code. Where it cannot be read or written, a check is none the worse for it.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

from lib.files import write_whole

if TYPE_CHECKING:
    from autograder.exercise import Verdict

FILE = ".progress.json"
TRIES = 3  # honest ones, after which the reference may be seen


@dataclass(frozen=True)
class Entry:
    """What is known of one exercise: the most points so far, whether it was solved, digests of the honest tries."""

    points: int = 0
    solved: bool = False
    tries: tuple[str, ...] = ()

    @property
    def may_be_revealed(self) -> bool:
        """After a pass, or after three honest tries."""
        return self.solved or len(self.tries) >= TRIES


def here() -> Path:
    """Where the diary of the notebook that runs here lies: above its folder if that is a lesson's, else in it."""
    folder = Path.cwd()
    return (folder.parent if re.match(r"\d\d_", folder.name) else folder) / FILE


def read(file: Path) -> dict[str, Entry]:
    """The entries by the exercise's name; none if there is no file, or one that cannot be read."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return {name: _entry(**values) for name, values in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def note(file: Path, verdict: "Verdict", implementation: Any) -> None:
    """Add a verdict to the diary. A damaged file is set aside first, under the name with `.damaged` at its end."""
    entries = read(file)
    old = entries.get(verdict.exercise, Entry())
    tried = dict.fromkeys([*old.tries, digest(implementation)] if _is_honest(verdict) else old.tries)
    entries[verdict.exercise] = Entry(
        max(old.points, verdict.points), old.solved or verdict.passed, tuple(tried)[: TRIES + 1]
    )
    content = json.dumps({name: asdict(entry) for name, entry in entries.items()}, indent=1, sort_keys=True) + "\n"
    try:
        if len(entries) == 1 and file.is_file() and not read(file):
            file.replace(file.with_name(f"{FILE}.damaged"))
        write_whole(file, content)
    except OSError:
        return  # a folder that may not be written to is no reason to withhold a verdict


def digest(implementation: Any) -> str:
    """What tells one answer from another: its compiled code, so that a comment or a blank line makes no new one."""
    told = "\0".join(_told(implementation))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _is_honest(verdict: "Verdict") -> bool:
    """Whether something was written: a stub that still stands is called unwritten wherever it is looked at."""
    from autograder.probes import UNWRITTEN  # and PyTorch with it, which who only reads a diary need not wait for

    return any(finding.held or not finding.got.startswith(UNWRITTEN) for finding in verdict.findings)


def _told(value: Any) -> Iterator[str]:
    if isinstance(value, CodeType):
        yield value.co_code.hex()
        yield " ".join(value.co_names)
        for constant in value.co_consts:
            yield from _told(constant)
    elif isinstance(value, type):
        for name, part in vars(value).items():
            if callable(part) or hasattr(part, "__func__") or isinstance(part, property):
                yield name
                yield from _told(getattr(part, "__func__", None) or getattr(part, "fget", None) or part)
    elif code := getattr(value, "__code__", None):
        yield from _told(code)
    else:
        yield repr(value) if isinstance(value, str | bytes | int | float | tuple | frozenset) else type(value).__name__


def _entry(points: int, solved: bool, tries: list[str]) -> Entry:
    if not isinstance(points, int) or not isinstance(solved, bool):
        raise TypeError(f"expected whole points and a yes or no, got {points!r} and {solved!r}")
    return Entry(points, solved, tuple(map(str, tries)))
