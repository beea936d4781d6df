"""A submitted notebook, read without believing it: of all that is in it, only what a learner wrote is taken.

An answer is the code cell with the exercise's id; where there is none that defines the name, another cell that does.
The cells above it that are not the lesson's own may hold helpers. What is written below a task is its answer in words.
Outputs, metadata, points and tests do not count.
"""

import hashlib
import itertools
import json
import os
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LIMIT = 20 * 2**20  # bytes of a notebook
TASK = "task-"  # how the id of a cell begins that asks for an answer in words
_NOT_OURS = "None of this lesson's exercises is in the notebook. Is it another lesson's, or empty?"
_NO_IDS = "The notebook has no cell ids, so each answer was looked for by the name that it defines."


class Unreadable(ValueError):
    """The notebook cannot be read; the message is a sentence for its author."""


@dataclass(frozen=True)
class Cell:
    """A cell: its id, if it has one, its source, and whether it holds code (else text)."""

    id: str | None
    source: str
    code: bool = True


@dataclass(frozen=True)
class Answer:
    """The source of one answer, the learner's own cells above it, and what had to be decided to find it."""

    source: str
    above: list[str]
    remark: str | None = None


@dataclass(frozen=True)
class Submission:
    """The answers that were found, by exercise, sentences on the notebook as a whole, and what was written, by task."""

    answers: dict[str, Answer] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    written: dict[str, str] = field(default_factory=dict)


def read_submission(path: Path, exercises: Sequence[str], lesson_cells: Mapping[str, str]) -> Submission:
    """Find the answers to `exercises` in the notebook at `path`. `lesson_cells`: the lesson's own sources, by cell id,
    in their order.

    Raises Unreadable where the file is missing, no plain file, too large, or no notebook.
    """
    everything = _cells(_notebook(plain_file(path)))
    cells = [cell for cell in everything if cell.code]
    found = {name: _find(name, cells, lesson_cells) for name in exercises}
    answers = {name: answer for name, answer in found.items() if answer}
    notes = [_NO_IDS] if cells and all(cell.id is None for cell in cells) else []
    written = {name: _written(name, everything, lesson_cells) for name in lesson_cells if name.startswith(TASK)}
    told = {name: text for name, text in written.items() if text}
    return Submission(answers, notes if answers or told else [_NOT_OURS], told)


def safe_name(name: str) -> str:
    """A folder's name as it may stand in a file name, a table, a gradebook: changed only if it holds odd characters."""
    if re.fullmatch(r"\w([\w .@+-]*\w)?", name) and len(name) <= 80:
        return name
    digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:8]
    return re.sub(r"[^\w.@+-]+", "_", name, flags=re.ASCII)[:60].lstrip("._@+-") + f"_{digest}"


# ---- the file -----------------------------------------------------------------------------------------------------


def plain_file(path: Path) -> bytes:
    """What stands in the file. Links are not followed, and nothing but a plain file of bounded size is read.

    Raises Unreadable otherwise.
    """
    if any(folder.is_symlink() for folder in (path, path.parent, path.parent.parent)):
        raise Unreadable("The notebook, or its folder, is a link to somewhere else. Links are not followed.")
    try:
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
    except FileNotFoundError:
        raise Unreadable(f"There is no {path.name} in the submitted folder.") from None
    except OSError as error:
        raise Unreadable(f"The notebook cannot be opened: {error.strerror}.") from None
    with file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable("What bears the notebook's name is no plain file.")
        if status.st_size > LIMIT:
            raise Unreadable(
                f"The notebook is larger than {LIMIT // 2**20} MB. Without its outputs it is much smaller."
            )
        return file.read(LIMIT)


def _notebook(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise Unreadable("The file is not a notebook: its JSON cannot be read. It may be cut off or damaged.") from None


def _cells(notebook: Any) -> list[Cell]:
    """Those that hold code or text."""
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise Unreadable("The file holds JSON but no cells: it is not a notebook of format 4.")
    return [
        Cell(
            identity if isinstance(identity := cell.get("id"), str) else None,
            _source(cell.get("source")),
            cell["cell_type"] == "code",
        )
        for cell in cells
        if isinstance(cell, dict) and cell.get("cell_type") in ("code", "markdown")
    ]


def _source(value: Any) -> str:
    """A cell's source is a text or a list of lines. Half surrogate pairs, which JSON allows, become question marks."""
    lines = value if isinstance(value, list) else [value]
    return "".join(line for line in lines if isinstance(line, str)).encode("utf-8", "replace").decode("utf-8")


# ---- an answer ----------------------------------------------------------------------------------------------------


def _find(name: str, cells: list[Cell], lesson_cells: Mapping[str, str]) -> Answer | None:
    marked = [i for i, cell in enumerate(cells) if cell.id == name]
    defining = [i for i, cell in enumerate(cells) if defines(cell.source, name) and not _is_check(cell, lesson_cells)]
    both = [i for i in marked if i in defining]
    if not marked and not defining:
        return None
    chosen = (both or defining or marked)[-1]
    above = [cell.source for cell in cells[:chosen] if not _is_ours(cell, lesson_cells)]
    return Answer(cells[chosen].source, above, _remark(name, chosen, marked, defining, cells[chosen].id is None))


def _remark(name: str, chosen: int, marked: list[int], defining: list[int], without_ids: bool) -> str | None:
    """What whoever wrote the notebook should know about the choice of this cell."""
    if chosen in marked and len(marked) > 1:
        return f"{len(marked)} cells bear the id of {name}; the last of them that defines it was graded."
    if chosen in marked and len(defining) > 1:
        return f"{name} is defined in {len(defining)} cells; the exercise's own cell was graded."
    if chosen in marked:
        return None
    if len(defining) > 1:
        return f"{name} is defined in {len(defining)} cells; the last of them was graded."
    if without_ids:
        return None  # said once for the whole notebook
    own = "does not define it" if marked else "is gone"
    return f"The exercise's own cell {own}; another cell that defines {name} was graded."


def defines(source: str, name: str) -> bool:
    """By its looks: a learner's code is not even parsed in the grader's process."""
    return bool(re.search(rf"^(?:(?:async )?def|class) +{name}\b|^{name} *(?::[^=\n]*)?=(?!=)", source, re.MULTILINE))


def _is_check(cell: Cell, lesson_cells: Mapping[str, str]) -> bool:
    return cell.id is not None and cell.id in lesson_cells and cell.id.startswith("check-")


def _is_ours(cell: Cell, lesson_cells: Mapping[str, str]) -> bool:
    """Whether it is a cell of the lesson as it was handed out, or a check, which is never run here."""
    if cell.id is not None and cell.id in lesson_cells:
        return _is_check(cell, lesson_cells) or lesson_cells[cell.id] == cell.source
    return cell.source in lesson_cells.values()


def _written(task: str, cells: list[Cell], lesson_cells: Mapping[str, str]) -> str:
    """The learner's text below a task: up to the lesson's next cell, or in the cell that the lesson keeps for it."""
    ids = [cell.id for cell in cells]
    if task in ids:
        below = itertools.takewhile(lambda cell: not _is_the_lessons(cell, lesson_cells), cells[ids.index(task) + 1 :])
        return "\n\n".join(cell.source for cell in below if not cell.code).strip()
    order = list(lesson_cells)
    kept = order[order.index(task) + 1 : order.index(task) + 2]
    own = [cell for cell in cells if cell.id in kept and not cell.code and not _is_the_lessons(cell, lesson_cells)]
    return own[-1].source.strip() if own else ""


def _is_the_lessons(cell: Cell, lesson_cells: Mapping[str, str]) -> bool:
    """Whether it is a cell of the lesson that stands as it was handed out, or a code cell of its own."""
    known = lesson_cells.get(cell.id or "")
    return known is not None and (cell.code or known == cell.source)
