"""The gradebook as a file: whether it is whole, its copies, and what to do where it cannot be used."""

import contextlib
import sqlite3
from pathlib import Path


class GradebookError(RuntimeError):
    """The gradebook cannot be used as it is; the message says why, and what to do."""


def sound(path: Path) -> None:
    """Raises GradebookError where there is a file at `path` and it is no whole SQLite database."""
    if not path.exists():
        return
    try:
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
            found = base.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise GradebookError(reason(path, str(error))) from error
    if found != "ok":
        raise GradebookError(reason(path, "malformed"))


def backup(path: Path, copy: Path) -> None:
    """A whole copy of the gradebook, also while somebody else writes to it."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    half = copy.with_name(f".{copy.name}")
    half.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(path)) as base, contextlib.closing(sqlite3.connect(half)) as other:
        base.backup(other)
    half.replace(copy)


def reason(path: Path, said: str) -> str:
    """Why the gradebook cannot be used, from what the database said, and what to do about it."""
    if "locked" in said:
        return f"{path} is in use by another program: close that, or wait, and run the same command again"
    if "readonly" in said or "unable to open" in said:
        return f"{path} cannot be written to ({said}): allow it, and run the same command again"
    if "full" in said:
        return f"{path}: the disk is full. Free some space and run the same command again: nothing is graded twice"
    return (
        f"{path} is damaged or no gradebook ({said}). Move it away, put the newest of backups/ in its place, "
        "and run the same command again: nothing is graded twice"
    )
