"""A learner's notebook and a new release of its lesson, put together: the release's cells with what the learner wrote.

An answer goes by its exercise's name into the new notebook's cell, a written one into the cell below its task. Whatever
else is the learner's (cells that they added, cells of the lesson that they changed) stands below the cell that it stood
below. Outputs are left behind: they belong to older code.
"""

import copy
import hashlib
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import NamedTuple

import nbformat
from nbformat import NotebookNode
from nbgrader.utils import compute_checksum

from autograder.submission import defines

CHANGED = "*Yours, of what stands above: the lesson's own cell is as the new release has it.*"
GONE = "*Yours, of an exercise that the new release does not have.*"
PART = "*Yours, of the exercise above: a second cell of it.*"


class Carried(NamedTuple):
    """The new notebook, the cells whose answers in code and in words went along, sentences on what to look at again."""

    notebook: NotebookNode
    answers: list[str]
    written: list[str]
    sentences: list[str]


def carry_over(mine: NotebookNode, released: NotebookNode, before: NotebookNode | None) -> Carried:
    """Put what is the learner's in `mine` into a copy of `released`. The arguments are left alone.

    before: the release that `mine` came from, None where it is not known. Then a cell is the lesson's if nbgrader's
    checksum in it says that nobody changed it, or if the new release has it too; all others count as the learner's.
    """
    new = copy.deepcopy(released)
    places, theirs = {cell.id: cell for cell in new.cells}, _Lessons(new, before)
    own = [cell for cell in mine.cells if not theirs.holds(cell)]
    answers = {cell.id: cell for cell in own if cell.id in places and _is_solution(places[cell.id])}
    for name in (cell.id for cell in new.cells if _is_solution(cell) and cell.id not in answers):
        if found := [cell for cell in own if cell.cell_type == "code" and defines(cell.source, name)]:
            answers[name] = found[-1]
    written = {cell.id: cell for cell in own if cell.id in _answer_cells(new) and cell.cell_type == "markdown"}
    for name, cell in (answers | written).items():
        places[name].source = cell.source
        if "attachments" in cell:
            places[name].attachments = copy.deepcopy(cell.attachments)
    placed = [*answers.values(), *written.values()]
    left = [cell for cell in own if not any(cell is one for one in placed)]
    new.cells = _named(list(_laid_out(mine, new, left)), new.cells)
    new_ones = (name for name in _not_asked_before(mine, released) if name not in answers)
    sentences = [
        *_changes(mine, released, answers),
        *_rewritten(before, released, answers),
        *_gone(left, places),
        *(f"{name}: a new exercise." for name in new_ones),
    ]
    return Carried(new, list(answers), list(written), sentences)


def same(one: NotebookNode, other: NotebookNode) -> bool:
    """Whether two notebooks have the same cells, whatever came out of them."""
    return _essence(one) == _essence(other)


def is_of(release: NotebookNode, mine: NotebookNode) -> bool:
    """Whether the marks in a learner's notebook are those of this release, whatever was written into its cells."""
    marks = {cell.id: _marks(cell) for cell in release.cells if _marks(cell)}
    return all(marks.get(cell.id, found) == found for cell in mine.cells if (found := _marks(cell)))


# ---- whose a cell is ----------------------------------------------------------------------------------------------


class _Lessons:
    """What the lesson's own cells say, in the release that somebody has and in the new one."""

    def __init__(self, new: NotebookNode, before: NotebookNode | None) -> None:
        self.sources = {cell.source for one in (new, before) if one for cell in one.cells}

    def holds(self, cell: NotebookNode) -> bool:
        """Whether nothing in a cell is the learner's."""
        return not cell.source.strip() or cell.source in self.sources or _is_untouched(cell)


def _is_untouched(cell: NotebookNode) -> bool:
    marks = _marks(cell)
    try:
        return "checksum" in marks and compute_checksum(cell) == marks["checksum"]
    except (KeyError, TypeError, ValueError):
        return False


def _is_solution(cell: NotebookNode) -> bool:
    return bool(_marks(cell).get("solution"))


def _exercise(cell: NotebookNode) -> str:
    """The exercise that an answer's cell was handed out for; cells that were split all say the same."""
    return str(_marks(cell).get("grade_id", cell.id))


def _marks(cell: NotebookNode) -> NotebookNode:
    marks = cell.metadata.get("nbgrader")
    return marks if isinstance(marks, NotebookNode) else NotebookNode()


def _answer_cells(notebook: NotebookNode) -> set[str]:
    """The cells in which the lesson wants an answer in words: each below its task."""
    pairs = zip(notebook.cells, notebook.cells[1:], strict=False)
    return {cell.id for task, cell in pairs if _marks(task).get("task") and cell.cell_type == "markdown"}


# ---- the new notebook ---------------------------------------------------------------------------------------------


def _laid_out(mine: NotebookNode, new: NotebookNode, left: list[NotebookNode]) -> Iterator[NotebookNode]:
    """The new cells, and below each what stood below it and is the learner's."""
    places = {cell.id: cell for cell in new.cells}
    below: dict[str, list[NotebookNode]] = {}
    anchor = ""
    for cell in mine.cells:
        anchor = cell.id if cell.id in places else anchor
        if any(cell is one for one in left):
            below.setdefault(anchor, []).extend(_kept(cell, places.get(cell.id), places))
    yield from below.get("", [])
    for cell in new.cells:
        yield cell
        yield from below.get(cell.id, [])


def _kept(cell: NotebookNode, place: NotebookNode | None, asked: Container[str]) -> Iterator[NotebookNode]:
    """A cell of the learner's without outputs or marks; where it takes the place of another, words about that first."""
    if words := _words_above(cell, place, asked):
        above = nbformat.v4.new_markdown_cell(words)
        above.id = ""
        yield above
    copied = copy.deepcopy(cell)
    copied.id = "" if place else cell.id
    copied.metadata.pop("nbgrader", None)
    if copied.cell_type == "code":
        copied.outputs, copied.execution_count = [], None
    yield copied


def _words_above(cell: NotebookNode, place: NotebookNode | None, asked: Container[str]) -> str:
    """What a learner's cell has to say for itself, if anything. place: the new cell of its id; asked: the exercises."""
    if place is None and _is_solution(cell):
        return PART if _exercise(cell) in asked else GONE
    return CHANGED if place is not None and not _is_solution(place) else ""


def _named(cells: list[NotebookNode], released: list[NotebookNode]) -> list[NotebookNode]:
    """The cells, each with an id of its own. Those of the release have theirs already."""
    used = {cell.id for cell in released}
    for cell in cells:
        if any(cell is one for one in released):
            continue
        count = 0
        while not cell.id or cell.id in used:
            cell.id = hashlib.sha256(f"{cell.source}\0{count}".encode()).hexdigest()[:8]
            count += 1
        used.add(cell.id)
    return cells


def _essence(notebook: NotebookNode) -> list[tuple[str, str, str, dict[str, object]]]:
    return [(cell.id, cell.cell_type, cell.source, dict(_marks(cell))) for cell in notebook.cells]


# ---- what to look at again ----------------------------------------------------------------------------------------


def _changes(mine: NotebookNode, released: NotebookNode, answers: Mapping[str, NotebookNode]) -> Iterator[str]:
    """A sentence for each answer whose exercise is another now: what is asked, or what it is worth."""
    marks = {cell.id: _marks(cell) for cell in released.cells}
    older = {cell.id: _marks(cell) for cell in mine.cells}
    for name, cell in answers.items():
        if _marks(cell).get("checksum", now := marks[name].get("checksum")) != now:
            yield f"{name}: what is asked has changed (signature or contract). Your answer is in place; check it again."
        check = f"check-{name}"
        now, then = (_points(cells.get(check)) for cells in (marks, older))
        if now is not None and then is not None and now != then:
            yield f"{name}: it is worth {now} points now, {then} before."


def _points(marks: NotebookNode | None) -> object:
    return marks.get("points") if marks else None


def _rewritten(before: NotebookNode | None, released: NotebookNode, answers: Iterable[str]) -> Iterator[str]:
    """A sentence for each answer whose exercise says something else now, where the text before is known."""
    then, now = ({cell.id: cell.source for cell in one.cells} if one else {} for one in (before, released))
    for name in answers:
        about = f"about-{name}"
        if then.get(about, text := now.get(about)) != text:
            yield f"{name}: its text is another now; read it again."


def _gone(left: list[NotebookNode], places: Mapping[str, NotebookNode]) -> Iterator[str]:
    for name in sorted({_exercise(cell) for cell in left if _is_solution(cell)}):
        if name not in places:
            yield f"{name}: it is not asked any more. Your answer stands in a cell of its own."


def _not_asked_before(mine: NotebookNode, released: NotebookNode) -> Iterator[str]:
    known = {cell.id for cell in mine.cells}
    for cell in released.cells:
        if _is_solution(cell) and cell.id not in known:
            yield cell.id
