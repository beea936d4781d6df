"""From verdicts to what people get: gradebook, tables, feedback pages, marked notebooks, the instructor's summary.

Records are read one after the other, so that ten thousand of them take no more memory than ten.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from autograder import lms
from autograder.feedback import GENERATOR, page
from autograder.gradebook import Standing, standings, update_gradebook
from autograder.gradebook_file import backup
from autograder.graded_notebook import graded_notebook
from autograder.grading import Graded, Lesson, Result
from autograder.late import Penalties
from autograder.records import Record, Records
from autograder.summary import Summary
from lib.files import write_whole, writing_whole

_BACKUPS = 10  # copies of the gradebook that are kept
_TIMES = "%Y-%m-%d %H:%M:%S.%f UTC"  # as nbgrader writes them


def write_results(
    out: Path, lessons: Mapping[str, Lesson], records: Records, now: datetime, *, prune: bool = False
) -> None:
    """Make everything from the records of `lessons`. Whatever is interrupted is made again by the next run.

    prune: whether what the gradebook holds of these lessons beside the records is taken out of it.

    Raises GradebookError where the gradebook cannot be used, and OSError where files cannot be written.
    """
    if (book := out / "gradebook.db").exists():
        _keep_a_copy(book, out / "backups", now)
    update_gradebook(book, lessons.values(), _each(records, lessons), Penalties(out), all_of_them=prune)
    summary = Summary(lessons)
    with ExitStack() as stack:
        names = [exercise.name for lesson in lessons.values() for exercise in lesson.exercises]
        grades = _Table(stack.enter_context(writing_whole(out / "grades.csv")), header_of(names))
        imports = [
            (kind, name, _Table(stack.enter_context(writing_whole(out / kind.name / f"{name}.csv")), kind.header(name)))
            for kind in lms.KINDS
            for name in lessons
        ]
        for kind, name, table in imports:
            for row in kind.first_rows(lessons[name]):
                table.add(row)
        for record, standing in standings(book, _each(records, lessons)):
            lesson = lessons[record.graded.entry.lesson]
            _hand_back(out, lesson, record)
            grades.add(row_of(names, record.graded, standing))
            for kind, name, table in imports:
                if name == lesson.name:
                    table.add(kind.row(record, standing))
            summary.add(record, standing)
    write_whole(out / "summary.html", summary.page())


def remove_products(out: Path, student: str, lesson: str) -> None:
    """Take away the page and the notebook of a submission that is gone; nothing that is not ours."""
    for path in (_page_at(out, student, lesson), _notebook_at(out, student, lesson)):
        if path.is_file() and (
            path.suffix == ".ipynb" or GENERATOR in path.read_text("utf-8", errors="replace")[:2000]
        ):
            path.unlink()


def _each(records: Records, lessons: Mapping[str, Lesson]) -> Iterator[Record]:
    for entry in records.entries():
        if entry.lesson in lessons and (record := records.read(entry)):
            yield record


def _keep_a_copy(book: Path, folder: Path, now: datetime) -> None:
    backup(book, folder / f"gradebook-{now:%Y%m%d-%H%M%S}.db")
    for old in sorted(folder.glob("gradebook-*.db"))[:-_BACKUPS]:
        old.unlink()


def _hand_back(out: Path, lesson: Lesson, record: Record) -> None:
    entry = record.graded.entry
    _write_if_new(_page_at(out, entry.key, lesson.name), page(lesson, record.graded).encode("utf-8"))
    notebook = _notebook_at(out, entry.key, lesson.name)
    _write_if_new(notebook, graded_notebook(lesson, record.graded))
    if record.handed_in:
        _write_if_new(notebook.with_name("timestamp.txt"), record.handed_in.strftime(_TIMES).encode("ascii"))


def _page_at(out: Path, student: str, lesson: str) -> Path:
    return out / "feedback" / student / lesson / f"{lesson}.html"


def _notebook_at(out: Path, student: str, lesson: str) -> Path:
    return out / "autograded" / student / lesson / f"{lesson}.ipynb"


def _write_if_new(path: Path, content: bytes) -> None:
    if not path.is_file() or path.read_bytes() != content:
        write_whole(path, content)


# ---- the table ------------------------------------------------------------------------------------------------------


class _Table:
    """A CSV file, written row by row; no cell begins a spreadsheet's formula."""

    def __init__(self, file: BinaryIO, header: Iterable[str]) -> None:
        self.file = file
        self.add(header)

    def add(self, row: Iterable[object]) -> None:
        self.file.write(line(row).encode("utf-8"))


def line(row: Iterable[object]) -> str:
    """A row of a CSV file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow([_harmless(cell) for cell in row])
    return text.getvalue()


def header_of(names: list[str]) -> list[str]:
    """The columns of grades.csv, for these exercises."""
    return [
        *("student", "lesson", "total", "possible", *names, "by_hand", "late_penalty", "final", "to_mark"),
        *("note", "isolation"),
    ]


def row_of(names: list[str], graded: Graded, standing: Standing) -> list[object]:
    """A submission's row."""
    points = {result.verdict.exercise: result.verdict.points for result in graded.results}
    row = [graded.entry.key, graded.entry.lesson, graded.points, graded.possible]
    row += [points.get(name, "") for name in names]
    row += [standing.by_hand, standing.penalty, standing.final, standing.to_mark]
    return [*row, note(graded), graded.isolation.words]


def note(graded: Graded) -> str:
    """The notebook's notes, then what is to say of exercises, those of which the same is to say together."""
    parts: dict[str, list[str]] = {text: [] for text in graded.notes}
    if any(result.source is not None for result in graded.results):
        for result in graded.results:
            if words := _words(result):
                parts.setdefault(words, []).append(result.verdict.exercise)
    return plain(" | ".join(f"{', '.join(names)}: {words}" if names else words for words, names in parts.items()))


def _words(result: Result) -> str:
    """Why an answer lost points, and how it was found if that needs saying."""
    found = [result.remark] if result.remark else []
    lost = result.cause or result.verdict.misconception
    return "; ".join([*([lost[:200]] if lost else []), *found])


def plain(text: str) -> str:
    """On one line, printable: a terminal or a spreadsheet shows it and does nothing else."""
    return "".join(c if c.isprintable() else "\ufffd" for c in re.sub(r"\s+", " ", text))


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and re.match(r"\s*[=+\-@|%＝＋－＠]", cell) else cell
