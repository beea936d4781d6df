"""Grades as learning platforms import them: a file a lesson for Canvas, one for Moodle.

Both match rows by who a folder is named for: a login, or in Canvas the number that it puts into the names of what it
hands out (see `nbgrader zip_collect`).
"""

from collections.abc import Callable
from dataclasses import dataclass

from autograder.gradebook import Standing
from autograder.grading import Lesson
from autograder.records import Record


@dataclass(frozen=True)
class Kind:
    """A platform's file: its folder, its header for a lesson's name, rows before anybody's, and a submission's row."""

    name: str
    header: Callable[[str], list[str]]
    first_rows: Callable[[Lesson], list[list[object]]]
    row: Callable[[Record, Standing], list[object]]


def possible(lesson: Lesson) -> int:
    """All points of a lesson, those given by hand too."""
    return sum(exercise.points for exercise in lesson.exercises) + sum(lesson.tasks.values())


def _in_canvas(record: Record, standing: Standing) -> list[object]:
    key = record.graded.entry.key
    number, login = (key, "") if key.isdecimal() else ("", key)
    return ["", number, "", login, "", standing.final]


def _in_moodle(record: Record, standing: Standing) -> list[object]:
    """Moodle shows the feedback to the learner: where the page is, and what is still to be marked."""
    waiting = f"; {standing.to_mark} still to be marked" if standing.to_mark else ""
    return [record.graded.entry.key, standing.final, f"{standing.final} points{waiting}"]


KINDS = (
    Kind(
        "canvas",
        lambda lesson: ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", lesson],
        lambda lesson: [["    Points Possible", "", "", "", "", possible(lesson)]],
        _in_canvas,
    ),
    Kind(
        "moodle",
        lambda lesson: ["username", lesson, f"{lesson} (feedback)"],
        lambda _: [],
        _in_moodle,
    ),
)
