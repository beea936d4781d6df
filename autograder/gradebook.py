"""The results in nbgrader's gradebook: what `nbgrader export`, its formgrader and its feedback read.

A gradebook that is there already is kept: marks given by hand, comments, dates and extensions are a person's, and stay.
What was graded automatically is replaced. All of a run is one transaction: it is in the gradebook, or none of it is.
"""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from alembic.script import ScriptDirectory
from nbgrader import api
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from autograder.gradebook_cells import Cells, sync_lesson
from autograder.gradebook_file import GradebookError, reason, sound
from autograder.grading import Lesson
from autograder.late import Penalties
from autograder.records import Record

_BATCH = 200  # submissions at a time: what is held in memory

T = TypeVar("T")


@dataclass(frozen=True)
class Standing:
    """What the gradebook adds to the automatic points: given by hand, taken off for lateness, the sum of all; and how
    many answers are still to be marked.
    """

    by_hand: float = 0.0
    penalty: float = 0.0
    final: float = 0.0
    to_mark: int = 0


def update_gradebook(
    path: Path, lessons: Iterable[Lesson], records: Iterable[Record], penalties: Penalties, *, all_of_them: bool = False
) -> None:
    """Write the records into the gradebook at `path`, which is made where there is none.

    all_of_them: whether a submission of one of `lessons` that is not among `records` is removed.
    Raises GradebookError where the file is no gradebook, is damaged, cannot be written to, or is in use.
    """
    sound(path)
    lessons = list(lessons)
    try:
        with _opened(path) as book, book.db() as session:
            cells = {lesson.name: sync_lesson(session, book.course_id, lesson) for lesson in lessons}
            present: dict[str, set[str]] = {lesson.name: set() for lesson in lessons}
            for some in _batches(records):
                for name in {record.graded.entry.lesson for record in some}:
                    own = [record for record in some if record.graded.entry.lesson == name]
                    _add(session, cells[name], name, own)
                    present[name] |= {record.graded.entry.key for record in own}
                    session.flush()
                    penalties.assign(session, name, [record.graded.entry.key for record in own])
            if all_of_them:
                for name, students in present.items():
                    _remove_others(session, name, students)
            session.commit()
    except DatabaseError as error:
        raise GradebookError(reason(path, str(error.orig))) from error


def standings(path: Path, records: Iterable[Record]) -> Iterator[tuple[Record, Standing]]:
    """Each record with what the gradebook at `path` says of it."""
    with _opened(path) as book, book.db() as session:
        for some in _batches(records):
            found: dict[tuple[str, str], list[Any]] = {}
            handed, written, grade = api.SubmittedAssignment, api.SubmittedNotebook, api.Grade
            columns = (handed.student_id, api.Assignment.name, written.late_submission_penalty)
            query = (
                select(*columns, grade.auto_score, grade.manual_score, grade.extra_credit, grade.needs_manual_grade)
                .select_from(handed)
                .join(api.Assignment)
                .join(written, written.assignment_id == handed.id)
                .join(grade, grade.notebook_id == written.id)
                .where(handed.student_id.in_([record.graded.entry.key for record in some]))
            )
            for student, lesson, *numbers in session.execute(query):
                found.setdefault((student, lesson), []).append(numbers)
            for record in some:
                yield record, _standing(found.get((record.graded.entry.key, record.graded.entry.lesson), []))


def _standing(rows: list[Any]) -> Standing:
    """A mark by hand stands for the automatic one, as in nbgrader."""
    penalty = float(rows[0][0] or 0) if rows else 0.0
    scores = [(auto if by_hand is None else by_hand) or 0.0 for _, auto, by_hand, _, _ in rows]
    automatic = sum(auto or 0.0 for _, auto, _, _, _ in rows)
    final = sum(scores) + sum(extra or 0.0 for *_, extra, _ in rows)
    waiting = sum(bool(needed) for *_, needed in rows)
    return Standing(final - automatic, penalty, final - penalty, waiting)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[api.Gradebook]:
    _stamp(path)
    with api.Gradebook(f"sqlite:///{path}") as book:
        yield book


def _stamp(path: Path) -> None:
    """Write the version of nbgrader's tables into a new gradebook. nbgrader would ask `alembic` for it, which takes two
    seconds, and is not on PATH where the environment is not activated.
    """
    if path.exists() and path.stat().st_size:
        return
    head = ScriptDirectory(ALEMBIC_DIR).get_current_head()
    try:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as base:
            base.execute("BEGIN EXCLUSIVE")
            base.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
            base.execute("INSERT INTO alembic_version VALUES (?)", (head,))
            base.execute("COMMIT")
    except sqlite3.DatabaseError as error:
        raise GradebookError(reason(path, str(error))) from error


# ---- submissions ----------------------------------------------------------------------------------------------------


def _add(session: Session, cells: Cells, lesson: str, records: Sequence[Record]) -> None:
    """Put some submissions of one lesson in: rows that are missing are made, automatic scores replaced."""
    keys = [record.graded.entry.key for record in records]
    known = set(session.scalars(select(api.Student.id).where(api.Student.id.in_(keys))))
    _insert(session, api.Student, [{"id": key} for key in keys if key not in known])
    assignment = session.scalar(select(api.Assignment.id).where(api.Assignment.name == lesson))
    notebook = session.scalar(select(api.Notebook.id).where(api.Notebook.assignment_id == assignment))
    handed = api.SubmittedAssignment
    submissions = _made(
        session, handed, handed.student_id, keys, {"assignment_id": assignment}, {"extension": None, "timestamp": None}
    )
    _update(session, handed, [{"id": submissions[r.graded.entry.key], "timestamp": r.handed_in} for r in records])
    written = api.SubmittedNotebook
    notebooks = _made(
        session,
        written,
        written.assignment_id,
        list(submissions.values()),
        {"notebook_id": notebook},
        {"flagged": False},
    )
    _grade(session, cells, [(notebooks[submissions[r.graded.entry.key]], r) for r in records])


def _grade(session: Session, cells: Cells, pairs: list[tuple[str, Record]]) -> None:
    """Grades and comments of some submitted notebooks."""
    marked = {**cells["GradeCell"], **cells["TaskCell"]}
    told = {**cells["SolutionCell"], **cells["TaskCell"]}
    ids = [notebook for notebook, _ in pairs]
    grade, comment = api.Grade, api.Comment
    columns = (grade.notebook_id, grade.cell_id, grade.id, grade.manual_score)
    grades = {(n, c): (i, m) for n, c, i, m in session.execute(select(*columns).where(grade.notebook_id.in_(ids)))}
    pairs_told = select(comment.notebook_id, comment.cell_id).where(comment.notebook_id.in_(ids))
    comments = {(n, c) for n, c in session.execute(pairs_told)}
    new, old = [], []
    for notebook, record in pairs:
        scores = {f"check-{r.verdict.exercise}": float(r.verdict.points) for r in record.graded.results}
        for name, cell in marked.items():
            identity, by_hand = grades.get((notebook, cell), (None, None))
            by_hand_alone = name not in scores
            own = {
                "auto_score": scores.get(name),
                # as nbgrader has it: what a person has marked is to be looked at again
                "needs_manual_grade": by_hand is None if by_hand_alone else by_hand is not None,
            }
            if identity:
                old.append({"id": identity, **own})
            else:
                new.append({"id": uuid4().hex, "notebook_id": notebook, "cell_id": cell, "extra_credit": None, **own})
    _insert(session, grade, new)
    _update(session, grade, old)
    absent = [(n, c) for n in ids for c in told.values() if (n, c) not in comments]
    _insert(session, comment, [{"id": uuid4().hex, "notebook_id": n, "cell_id": c} for n, c in absent])


def _made(
    session: Session, table: Any, column: Any, keys: list[str], common: dict[str, Any], more: dict[str, Any]
) -> dict[str, str]:
    """Ids of the rows with `common` and each of `keys` in `column`; those that are missing are made, with `more`."""
    chosen = [getattr(table, name) == value for name, value in common.items()]
    rows = session.execute(select(column, table.id).where(column.in_(keys), *chosen))
    ids = {row[0]: row[1] for row in rows}
    fresh = {key: uuid4().hex for key in keys if key not in ids}
    _insert(session, table, [{"id": i, column.key: key, **common, **more} for key, i in fresh.items()])
    return ids | fresh


def _remove_others(session: Session, lesson: str, students: set[str]) -> None:
    """Submissions of people who handed nothing in any more: with them go their grades."""
    handed = api.SubmittedAssignment
    found = session.scalars(select(handed).join(api.Assignment).where(api.Assignment.name == lesson))
    gone = [one.id for one in found if one.student_id not in students]
    for some in _batches(gone):
        notebooks = select(api.SubmittedNotebook.id).where(api.SubmittedNotebook.assignment_id.in_(some))
        for table in (api.Grade, api.Comment):
            session.execute(delete(table).where(table.notebook_id.in_(notebooks)))
        session.execute(delete(api.SubmittedNotebook).where(api.SubmittedNotebook.assignment_id.in_(some)))
        session.execute(delete(handed).where(handed.id.in_(some)))


def _batches(everything: Iterable[T]) -> Iterator[list[T]]:
    """A limited number at a time."""
    source = iter(everything)
    while some := list(islice(source, _BATCH)):
        yield some


def _insert(session: Session, table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(table.__table__), rows)


def _update(session: Session, table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        names = [name for name in rows[0] if name != "id"]
        statement = update(table.__table__).where(table.__table__.c.id == bindparam("_id"))
        values: dict[str, Any] = {name: bindparam(name) for name in names}
        session.execute(statement.values(values), [{"_id": row["id"], **{n: row[n] for n in names}} for row in rows])
