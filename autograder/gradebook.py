"""The results as an nbgrader gradebook: what `nbgrader export` and its formgrader read."""

import contextlib
import os
import sysconfig
import tempfile
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from nbgrader.api import Gradebook

from autograder.grading import Graded, Lesson


def gradebook(lessons: Iterable[Lesson], graded: Iterable[Graded]) -> bytes:
    """A new gradebook, an SQLite file: every check cell of a lesson has the points of its exercise as `auto_score`.

    It is made anew each time: nothing of an earlier score survives.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gradebook.db"
        with _nbgrader_at_ease(), Gradebook(f"sqlite:///{path}") as book:
            for lesson in lessons:
                _add_lesson(book, lesson)
            for one in graded:
                _add_submission(book, one)
        return path.read_bytes()


@contextlib.contextmanager
def _nbgrader_at_ease() -> Iterator[None]:
    """What nbgrader needs and says by the way.

    For a new gradebook it calls `alembic`, which is not on PATH where the environment is not activated. Its way to add
    a submission makes SQLAlchemy warn of objects that it adds a moment later.
    """
    before = os.environ.get("PATH", os.defpath)
    os.environ["PATH"] = os.pathsep.join([sysconfig.get_path("scripts"), before])
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Object of type <Submitted")
            yield
    finally:
        os.environ["PATH"] = before


def _add_lesson(book: Gradebook, lesson: Lesson) -> None:
    book.add_assignment(lesson.name)
    book.add_notebook(lesson.name, lesson.name)
    for exercise in lesson.exercises:
        book.add_solution_cell(exercise.name, lesson.name, lesson.name)
        check = f"check-{exercise.name}"
        book.add_grade_cell(check, lesson.name, lesson.name, max_score=float(exercise.points), cell_type="code")


def _add_submission(book: Gradebook, graded: Graded) -> None:
    entry = graded.entry
    book.update_or_create_student(entry.key)
    submission = book.add_submission(entry.lesson, entry.key)
    scores = {f"check-{result.verdict.exercise}": float(result.verdict.points) for result in graded.results}
    for grade in submission.notebooks[0].grades:
        grade.auto_score = scores[grade.name]
        grade.needs_manual_grade = False
    book.db.commit()
