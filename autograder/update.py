"""Bring a learner's lessons up to the release in course/, with their answers in them.

Each notebook that changes is copied into a dated folder first. A second run finds nothing to do.
"""

import argparse
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbformat import NotebookNode

from autograder.carrying import Carried, carry_over, is_of, same
from autograder.incoming import BACKUPS, RELEASES
from autograder.lesson import serialise
from lib.files import write_whole

ROOT = Path(__file__).parent.parent
_RELOAD = "Reload those that are open in JupyterLab, and run their cells again."
_NOTHING = "Your lessons are those of this release; nothing was to be done."


class _Plan(NamedTuple):
    """What is to be done with a lesson. path: the learner's notebook. carried: None where it cannot be read."""

    lesson: str
    path: Path
    released: Path
    carried: Carried | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `python -m autograder update`."""
    parser.add_argument("--work", type=Path, default=ROOT / "work", help="the learner's folder (default: work/)")
    parser.add_argument("--course", type=Path, default=ROOT / "course", help="the release (default: course/)")


def run(arguments: argparse.Namespace) -> int:
    """Carry over, and say what was done."""
    print("\n".join(update(arguments.work, arguments.course, datetime.now(UTC).astimezone())))
    return 0


def update(work: Path, course: Path, now: datetime) -> list[str]:
    """Bring the lessons in `work` up to those in `course`; what was done, in sentences. now: names the backup.

    A notebook that cannot be read stays as it is, and the new one is laid beside it.
    """
    plans = [plan for lesson in sorted(course.glob("[0-9][0-9]_*")) if (plan := _planned(work, lesson))]
    said = list(_without_release(work, course))
    if not plans:
        _note_release(work, course)
        return [*said, _NOTHING]
    backup = _backed_up(work, [plan.path for plan in plans], now)
    for plan in plans:
        said += _done(plan)
    _note_release(work, course)
    return [*said, f"As they were before, with what your cells had put out, your notebooks are in {backup}.", _RELOAD]


def pristine(work: Path, lesson: str) -> Path:
    """Where the lesson is kept as it was handed out."""
    return work / RELEASES / f"{lesson}.ipynb"


# ---- steps --------------------------------------------------------------------------------------------------------


def _planned(work: Path, lesson: Path) -> _Plan | None:
    """What is to be done with a lesson; None where it is not in `work`, or as it should be."""
    name = f"{lesson.name}.ipynb"
    path, released = work / lesson.name / name, lesson / name
    if not path.is_file() or not released.is_file():
        return None
    mine, new, before = _read(path), nbformat.read(released, as_version=4), _read(pristine(work, lesson.name))
    if mine is None:
        return (
            None if _beside(path).exists() else _Plan(lesson.name, path, released, None)
        )  # it may be worked in by now
    if before is not None and same(before, new) and is_of(new, mine):
        return None
    carried = carry_over(mine, new, before)
    return None if same(carried.notebook, mine) else _Plan(lesson.name, path, released, carried)


def _note_release(work: Path, course: Path) -> None:
    """Keep what was handed out, of each lesson that the learner has and that could be read."""
    for released in sorted(course.glob("[0-9][0-9]_*/*.ipynb")):
        kept = pristine(work, released.stem)
        known = kept.is_file() and kept.read_bytes() == released.read_bytes()
        if not known and _read(work / released.stem / released.name) is not None:
            write_whole(kept, released.read_bytes())


def _read(path: Path) -> NotebookNode | None:
    """A notebook, as format 4 has it, each cell with an id; None where there is none that can be read."""
    try:
        notebook = nbformat.read(path, as_version=4)
        for number, cell in enumerate(notebook.cells):
            (cell.source + cell.cell_type).encode("utf-8")  # both are there, and text
            cell.setdefault("id", cell.metadata.get("nbgrader", {}).get("grade_id", f"cell-{number}"))
    except (OSError, ValueError, AttributeError, TypeError, LookupError, nbformat.ValidationError):
        return None
    return notebook


def _backed_up(work: Path, notebooks: list[Path], now: datetime) -> Path:
    """The folder into which all of them were copied, there only when it is whole."""
    folder = work / BACKUPS / now.strftime("%Y-%m-%d_%H%M%S")
    while folder.exists():
        folder = folder.with_name(f"{folder.name}+")
    half = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(half, ignore_errors=True)
    for notebook in notebooks:
        target = half / notebook.parent.name / notebook.name
        target.parent.mkdir(parents=True)
        shutil.copy2(notebook, target)
    return half.rename(folder)


def _done(plan: _Plan) -> Iterator[str]:
    """Write the new notebook, and say what went along."""
    if plan.carried is None:
        write_whole(beside := _beside(plan.path), plan.released.read_bytes())
        yield f"{plan.lesson}: your notebook cannot be read and stays; the new one lies beside it, {beside.name}."
        return
    write_whole(plan.path, serialise(plan.carried.notebook))
    count, words = len(plan.carried.answers), len(plan.carried.written)
    went = f"{count} answer{'s' * (count != 1)}" + f" and {words} in words" * (words > 0)
    yield f"{plan.lesson}: the new release; {went} went along."
    yield from (f"    {sentence}" for sentence in plan.carried.sentences)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.stem}.new.ipynb")


def _without_release(work: Path, course: Path) -> Iterator[str]:
    """Lessons that the learner has and the release has not; they stay."""
    for folder in sorted(work.glob("[0-9][0-9]_*")):
        if not (course / folder.name).is_dir():
            yield f"{folder.name}: the new release does not have it; it stays as it is."
