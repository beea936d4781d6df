"""A lesson's rows in nbgrader's gradebook: its assignment, its notebook, and the cells that earn points."""

import json
from typing import Any

from nbgrader import api
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from autograder.grading import Lesson
from autograder.lesson import KERNEL

Cells = dict[str, dict[str, str]]  # ids of a lesson's cells, by kind and name
_KINDS = {"GradeCell": api.GradeCell, "SolutionCell": api.SolutionCell, "TaskCell": api.TaskCell}


def sync_lesson(session: Session, course: str, lesson: Lesson) -> Cells:
    """Make the lesson's rows what the lesson is; the ids of its cells."""
    assignment = session.scalar(select(api.Assignment).where(api.Assignment.name == lesson.name))
    if assignment is None:
        assignment = api.Assignment(name=lesson.name, course_id=course)
        session.add(assignment)
    notebook = next((one for one in assignment.notebooks if one.name == lesson.name), None)
    if notebook is None:
        notebook = api.Notebook(name=lesson.name, assignment=assignment, kernelspec=json.dumps(KERNEL))
        session.add(notebook)
    session.flush()
    wanted: dict[tuple[str, str], dict[str, Any]] = {}
    for one in lesson.exercises:
        wanted["SolutionCell", one.name] = {}
        wanted["GradeCell", f"check-{one.name}"] = {"max_score": float(one.points), "cell_type": "code"}
    for name, points in lesson.tasks.items():
        wanted["TaskCell", name] = {"max_score": float(points), "cell_type": "markdown"}
    cells = session.scalars(select(api.BaseCell).where(api.BaseCell.notebook_id == notebook.id))
    found = {(cell.type, cell.name): cell for cell in cells}
    for key in set(found) - set(wanted):
        _remove_cell(session, found.pop(key))
    for (kind, name), own in wanted.items():
        cell = found.get((kind, name))
        if cell is None:
            cell = found[kind, name] = _KINDS[kind](name=name, notebook=notebook)
            session.add(cell)
        for column, value in own.items():
            setattr(cell, column, value)
    session.flush()
    return {kind: {name: found[k, name].id for k, name in wanted if k == kind} for kind in _KINDS}


def _remove_cell(session: Session, cell: api.BaseCell) -> None:
    """With the grades and the comments on it: it is asked of nobody any more."""
    for table in (api.Grade, api.Comment):
        session.execute(delete(table).where(table.cell_id == cell.id))
    session.execute(delete(_KINDS[cell.type].__table__).where(_KINDS[cell.type].__table__.c.id == cell.id))
    session.execute(delete(api.BaseCell.__table__).where(api.BaseCell.__table__.c.id == cell.id))
    session.expunge(cell)
