"""A lesson's text, read: `solutions/NN_slug.py` becomes the instructor's notebook, with every exercise solved.

The text is in jupytext's percent format. Five marks on a cell are ours:

    # %% setup=true                     the imports; a grader runs this cell before an answer
    # %% [markdown] about="freeze"      the words before an exercise; its facts and hints are appended
    # %% exercise="freeze"              empty; the reference is quoted, its body between nbgrader's solution marks
    # %% check="freeze"                 empty; the call of the check, worth the exercise's points
    # %% [markdown] task="why" points=6 a question to be answered in words; a person gives the points

A task is nbgrader's task cell. Its rubric stands at its end, between `### BEGIN MARK SCHEME` and `### END MARK SCHEME`:
the instructor's notebook keeps it, and `release` takes it out. The answer goes into a cell after it: a task is locked.
"""

import hashlib
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbformat import NotebookNode

from autograder.exercise import Exercise
from autograder.exercises import find, of_lesson
from autograder.quotation import quote

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
METADATA = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
BEGIN_RUBRIC, END_RUBRIC = "### BEGIN MARK SCHEME", "### END MARK SCHEME"
_DOTS = {1: "●○○", 2: "●●○", 3: "●●●"}


def read_lesson(path: Path) -> NotebookNode:
    """The instructor's notebook of the lesson at `path`.

    Raises ValueError, naming the file, if an exercise of the lesson is missing, unknown or there twice, if it is
    another lesson's, if there is not exactly one setup cell, or if a task has no points, no rubric or another's name.
    """
    text = jupytext.read(path, fmt="py:percent")
    _validate(path, text)
    setup = next(cell.source for cell in text.cells if "setup" in cell.metadata)
    cells = [_cell(cell, setup) for cell in text.cells]
    _name_cells(path.stem, cells)
    notebook = nbformat.v4.new_notebook(metadata=METADATA, cells=cells, nbformat_minor=5)
    nbformat.validate(notebook)
    return notebook


def serialise(notebook: NotebookNode) -> bytes:
    """The notebook as bytes: the same notebook, the same bytes, on any machine."""
    return (nbformat.writes(notebook, version=4).rstrip("\n") + "\n").encode("utf-8")


def nbgrader_marks(grade_id: str, *, solution: bool = False, points: int | None = None) -> dict[str, Any]:
    """What nbgrader's metadata say of a cell: that it holds an answer, or earns points, or neither."""
    marks = {"grade": points is not None, "grade_id": grade_id, "locked": not solution, "schema_version": 3}
    worth = {} if points is None else {"points": points}
    return marks | worth | {"solution": solution, "task": False}


def call_of(exercise: str) -> str:
    """The source of a check's cell."""
    return f'check("{exercise}", {exercise})'


# ---- cells --------------------------------------------------------------------------------------------------------


def _cell(cell: NotebookNode, setup: str) -> NotebookNode:
    own = cell.metadata
    if "exercise" in own:
        exercise = find(own["exercise"])
        marks = nbgrader_marks(exercise.name, solution=True)
        return _code(quote(exercise.reference, setup), exercise.name, {"nbgrader": marks})
    if "check" in own:
        exercise = find(own["check"])
        grading = nbgrader_marks(f"check-{exercise.name}", points=exercise.points)
        return _code(call_of(exercise.name), f"check-{exercise.name}", {"nbgrader": grading})
    if "about" in own:
        exercise = find(own["about"])
        return nbformat.v4.new_markdown_cell(f"{cell.source}\n\n{_facts(exercise)}", id=f"about-{exercise.name}")
    if "task" in own:
        return nbformat.v4.new_markdown_cell(cell.source, id=f"task-{own['task']}", metadata=_task(cell))
    if "setup" in own:
        return _code(cell.source, "setup", {"setup": True})
    new = nbformat.v4.new_markdown_cell if cell.cell_type == "markdown" else nbformat.v4.new_code_cell
    return new(cell.source, id="unnamed")


def _code(source: str, name: str, metadata: dict[str, Any]) -> NotebookNode:
    return nbformat.v4.new_code_cell(source, id=name, metadata=metadata)


def _task(cell: NotebookNode) -> dict[str, Any]:
    """The marks of a task cell: nbgrader wants neither `grade` nor `solution` beside `task`."""
    marks = nbgrader_marks(f"task-{cell.metadata['task']}")
    return {"nbgrader": marks | {"task": True, "points": cell.metadata["points"]}}


def _facts(exercise: Exercise) -> str:
    """Difficulty and minutes on a line, what earns points, then each hint behind a fold."""
    facts = (
        f"*Difficulty {_DOTS[exercise.difficulty]} · about {exercise.minutes} minutes · {exercise.points} points:*\n"
    )
    facts += "".join(f"\n- {one.sentence} ({one.points})" for one in exercise.properties)
    hints = (
        f"<details><summary>{summary}</summary>\n\n{hint}\n\n</details>"
        for summary, hint in zip(("A hint", "A plainer hint"), exercise.hints, strict=True)
    )
    return "\n\n".join([facts, *hints])


def _name_cells(lesson: str, cells: list[NotebookNode]) -> None:
    """Ids from names and contents, so that two runs give the same bytes and a mended cell changes its own id alone."""
    used = {cell.id for cell in cells}
    for cell in cells:
        if cell.id != "unnamed":
            continue
        count = 0
        while (name := _digest(lesson, cell.cell_type, cell.source, str(count))) in used:
            count += 1
        used.add(name)
        cell.id = name


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8")).hexdigest()[:8]


# ---- what a text must hold ----------------------------------------------------------------------------------------


def _validate(path: Path, text: NotebookNode) -> None:
    setups = sum("setup" in cell.metadata for cell in text.cells)
    if setups != 1:
        raise ValueError(f"{path.name}: expected one setup cell, found {setups}")
    expected = [exercise.name for exercise in of_lesson(path.stem)]
    for mark in ("about", "exercise", "check"):
        found = [cell.metadata[mark] for cell in text.cells if mark in cell.metadata]
        if sorted(found) != sorted(expected):
            raise ValueError(f'{path.name}: expected one cell {mark}="…" for each of {expected}, found {found}')
    _validate_tasks(path, [cell for cell in text.cells if "task" in cell.metadata])


def _validate_tasks(path: Path, tasks: list[NotebookNode]) -> None:
    names = [cell.metadata["task"] for cell in tasks]
    if len(set(names)) < len(names):
        raise ValueError(f"{path.name}: expected each task once, found {names}")
    for cell in tasks:
        name, points = cell.metadata["task"], cell.metadata.get("points")
        if cell.cell_type != "markdown" or not isinstance(points, int) or points < 1:
            raise ValueError(f'{path.name}: expected task="{name}" on a markdown cell with points=1 or more')
        if not 0 <= cell.source.find(BEGIN_RUBRIC) < cell.source.find(END_RUBRIC):
            raise ValueError(f'{path.name}: expected a rubric in task="{name}", from {BEGIN_RUBRIC} to {END_RUBRIC}')
