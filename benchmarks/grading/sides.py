"""The two sides: stock nbgrader as it comes, and this grader; each with gradebook and feedback."""

import contextlib
import os
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from autograder.grading import ROOT
from autograder.lesson import read_lesson, serialise
from benchmarks.grading.memory import Usage, measured
from benchmarks.grading.submissions import EXERCISES, LESSON, TEXT, class_of, hand_in
from lib.files import write_whole
from tests.submissions.make import RELEASED, released

Scores = dict[tuple[str, str], float]

_CELL_TIME = 1800  # seconds that stock may take for a cell: its own 30 are too few on a busy machine
_GRADED = {"setup", *EXERCISES, *(f"check-{name}" for name in EXERCISES)}


@dataclass(frozen=True)
class Run:
    """One side's run on the first `count` submissions: what it took, and the points that it gave."""

    name: str
    count: int
    usage: Usage
    scores: Scores

    @property
    def rate(self) -> float:
        """Submissions a minute."""
        return 60 * self.count / self.usage.seconds


def stock(folder: Path, count: int, *, graded_only: bool) -> Run:
    """`nbgrader autograde`, then `nbgrader generate_feedback`, with nbgrader's defaults but for time."""
    notebook = instructors(read_lesson(TEXT), graded_only=graded_only)
    write_whole(folder / "source" / LESSON / f"{LESSON}.ipynb", serialise(notebook))
    _nbgrader(folder, "generate_assignment")
    hand_in(folder / "submitted", released(folder / "release" / LESSON / f"{LESSON}.ipynb"), class_of(count))
    steps = [_nbgrader(folder, "autograde", f"--Execute.timeout={_CELL_TIME}"), _nbgrader(folder, "generate_feedback")]
    pages = list((folder / "feedback").rglob("*.html"))
    if len(pages) != count:
        raise RuntimeError(f"stock wrote {len(pages)} pages of feedback for {count} submissions")
    seconds, processor, peak = (
        sum(s.seconds for s in steps),
        sum(s.processor for s in steps),
        max(s.peak for s in steps),
    )
    usage = Usage(seconds, processor, peak, peak)
    return Run(f"stock, {'graded cells only' if graded_only else 'all cells'}", count, usage, scores(folder))


def ours(folder: Path, count: int, workers: int) -> Run:
    """`python -m autograder grade`."""
    hand_in(folder / "submitted", released(RELEASED), class_of(count))
    command = [sys.executable, "-m", "autograder", "grade", "submitted", "--out", "results"]
    usage = measured([*command, "--workers", str(workers)], folder=folder, environment=environment())
    pages = list((folder / "results" / "feedback").rglob("*.html"))
    if len(pages) != count:
        raise RuntimeError(f"{len(pages)} pages of feedback for {count} submissions: {usage.output[-2000:]}")
    return Run(f"ours, {workers} worker{'s' if workers > 1 else ''}", count, usage, scores(folder / "results"))


def instructors(notebook: NotebookNode, *, graded_only: bool) -> NotebookNode:
    """The instructor's notebook with checks that stock can grade; of its cells only what grading needs, or all."""
    kept = [cell for cell in notebook.cells if not graded_only or cell.id in _GRADED]
    for cell in kept:
        if cell.id == "setup":
            cell.source += "\nfrom benchmarks.grading.points import shown_points"
        elif cell.id.startswith("check-"):
            name = cell.id.removeprefix("check-")
            cell.source = f'shown_points("{name}", {name})'
    notebook.cells = kept
    return notebook


def scores(folder: Path) -> Scores:
    """The automatic points in the gradebook in `folder`, by student and check."""
    query = """
        SELECT handed.student_id, cell.name, grade.auto_score FROM grade
        JOIN base_cell AS cell ON cell.id = grade.cell_id
        JOIN submitted_notebook AS written ON written.id = grade.notebook_id
        JOIN submitted_assignment AS handed ON handed.id = written.assignment_id
        WHERE cell.name LIKE 'check-%'
    """
    with contextlib.closing(sqlite3.connect(folder / "gradebook.db")) as base:
        return {(student, name): points for student, name, points in base.execute(query)}


def differences(one: Scores, other: Scores) -> list[str]:
    """A sentence for each score of `one` that `other` gives otherwise, or not at all."""
    found = []
    for (student, name), points in sorted(one.items()):
        theirs = other.get((student, name))
        if theirs is None or theirs != points:
            found.append(f"{student}, {name.removeprefix('check-')}: {points} and {theirs}")
    return found


def environment() -> dict[str, str]:
    """This process's environment, with the project and the commands of this Python to be found."""
    scripts = str(Path(sys.executable).parent)
    ways = {"PATH": scripts + os.pathsep + os.environ.get("PATH", os.defpath), "PYTHONPATH": str(ROOT)}
    return os.environ | ways | {"COURSE_DEVICE": "cpu"}


def _nbgrader(folder: Path, command: str, *more: str) -> Usage:
    full = [str(Path(sys.executable).with_name("nbgrader")), command, LESSON, f"--CourseDirectory.root={folder}"]
    return measured([*full, *more], folder=folder, environment=environment())
