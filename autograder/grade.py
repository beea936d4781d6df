"""Grade a folder of submissions, laid out as nbgrader's: submitted/<student>/<lesson>/<lesson>.ipynb.

Writes gradebook.db, which nbgrader reads, grades.csv, and a feedback page for each submission. Everything is graded
before anything is written, and every file is written whole or not at all.
"""

import argparse
import csv
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from autograder.exercises import of_lesson
from autograder.feedback import GENERATOR, page
from autograder.gradebook import gradebook
from autograder.grading import ROOT, Entry, Graded, Lesson, Result, grade_lesson, load_lesson
from autograder.secret import course_secret
from lib.files import write_whole

Table = dict[Path, bytes | str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `python -m autograder grade`."""
    parser.add_argument("submitted", type=Path, metavar="SUBMITTED", help="the folder of all students' folders")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the results go")
    parser.add_argument("--limit", type=_seconds, default=20.0, help="seconds for each answer (default: %(default)g)")
    parser.add_argument(
        "--unsandboxed", action="store_true", help="run learners' code without walls; every report will say so"
    )
    parser.add_argument(
        "--secret",
        type=Path,
        metavar="FILE",
        help="what the inputs follow from, made at first use; keep it for a regrade (default: DIR/.secret)",
    )
    parser.add_argument("--solutions", type=Path, default=ROOT / "solutions", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    """Grade, write, and return 0; on input that cannot be graded at all, say why and return 2, nothing written."""
    try:
        entries = gather(arguments.submitted, arguments.out, arguments.solutions)
        names = sorted({entry.lesson for entry in entries})
        lessons = {name: load_lesson(arguments.solutions / f"{name}.py") for name in names}
        secret = course_secret(arguments.secret or arguments.out / ".secret")
        graded = list(_graded(lessons, entries, arguments.limit, secret, not arguments.unsandboxed))
        _write(arguments.out, lessons, graded)
    except (OSError, RuntimeError, ValueError) as error:
        print(f"grade: {error}", file=sys.stderr)
        return 2
    _conclude(arguments.out, graded)
    return 0


def gather(submitted: Path, out: Path, solutions: Path) -> list[Entry]:
    """What there is to grade, by lesson and student. Raises ValueError, in a sentence, if that is nothing."""
    if not submitted.is_dir():
        raise ValueError(f"{submitted} is no folder; expected one laid out as <student>/<lesson>/<lesson>.ipynb")
    if out.exists() and not out.is_dir():
        raise ValueError(f"{out} is a file; --out names a folder")
    if out.resolve().is_relative_to(submitted.resolve()):
        raise ValueError(f"{out} lies inside {submitted}: the results would be taken for a student's folder")
    students = _folders(submitted)
    if not students:
        raise ValueError(f"{submitted} holds no student's folder; expected <student>/<lesson>/<lesson>.ipynb")
    pairs = [(lesson, student) for student in students for lesson in _folders(student)]
    known = [(lesson, student) for lesson, student in pairs if _is_known(lesson.name, solutions)]
    if not known:
        others = ", ".join(sorted({repr(lesson.name) for lesson, _ in pairs})[:5]) or "empty folders"
        raise ValueError(f"{submitted} holds no lesson of this course, but {others}")
    entries = [Entry(student.name, lesson.name, lesson / f"{lesson.name}.ipynb") for lesson, student in known]
    return sorted(entries, key=lambda entry: (entry.lesson, entry.key))


def _folders(parent: Path) -> list[Path]:
    """Visible folders. A link to a folder counts as one, so that its report can say that it was not followed."""
    return sorted(path for path in parent.iterdir() if path.is_dir() and not path.name.startswith("."))


def _is_known(lesson: str, solutions: Path) -> bool:
    return bool(of_lesson(lesson)) and (solutions / f"{lesson}.py").is_file()


def _graded(
    lessons: dict[str, Lesson], entries: list[Entry], limit: float, secret: bytes, walled: bool
) -> Iterator[Graded]:
    for name, lesson in lessons.items():
        own = [entry for entry in entries if entry.lesson == name]
        for one in grade_lesson(lesson, own, limit, secret, walled=walled):
            print(f"{one.entry.key} · {name}: {one.points} of {one.possible} points", flush=True)
            yield one


def _conclude(out: Path, graded: list[Graded]) -> None:
    for warning in sorted({_plain(warning) for one in graded for warning in one.warnings})[:3]:
        print(f"note: {warning}")
    for words in sorted({one.isolation.words for one in graded}):
        print(f"learners' code: {words}")
    points, possible = sum(one.points for one in graded), sum(one.possible for one in graded)
    where = f"{out / 'grades.csv'}, gradebook.db, feedback/"
    print(f"{len(graded)} submissions graded, {points} of {possible} points: {where}")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"expected seconds, from 0.1 to 86400, got {text!r}")
    return seconds


# ---- results ------------------------------------------------------------------------------------------------------


def _write(out: Path, lessons: dict[str, Lesson], graded: list[Graded]) -> None:
    """Make everything, then write it: pages, table, gradebook. Pages of submissions that are gone are removed."""
    pages: Table = {
        out / "feedback" / one.entry.key / f"{one.entry.lesson}.html": page(lessons[one.entry.lesson], one)
        for one in graded
    }
    products = {
        **pages,
        out / "grades.csv": table(lessons, graded),
        out / "gradebook.db": gradebook(lessons.values(), graded),
    }
    for path, content in products.items():
        write_whole(path, content)
    for path in sorted((out / "feedback").glob("*/*.html")):
        if path not in pages and GENERATOR in path.read_text(encoding="utf-8", errors="replace")[:2000]:
            path.unlink()


def table(lessons: dict[str, Lesson], graded: list[Graded]) -> str:
    """The grades as CSV: a row a submission, a column an exercise; no cell begins a spreadsheet's formula."""
    names = [exercise.name for lesson in lessons.values() for exercise in lesson.exercises]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["student", "lesson", "total", "possible", *names, "note", "isolation"])
    for one in graded:
        points = {result.verdict.exercise: result.verdict.points for result in one.results}
        row = [one.entry.key, one.entry.lesson, one.points, one.possible, *(points.get(name, "") for name in names)]
        writer.writerow([_harmless(cell) for cell in [*row, _note(one), one.isolation.words]])
    return file.getvalue()


def _note(graded: Graded) -> str:
    """The notebook's notes, then what is to say of exercises, those of which the same is to say together."""
    parts: dict[str, list[str]] = {note: [] for note in graded.notes}
    if any(result.source is not None for result in graded.results):
        for result in graded.results:
            if words := _words(result):
                parts.setdefault(words, []).append(result.verdict.exercise)
    return _plain(" | ".join(f"{', '.join(names)}: {words}" if names else words for words, names in parts.items()))


def _words(result: Result) -> str:
    """Why an answer lost points, and how it was found if that needs saying."""
    found = [result.remark] if result.remark else []
    lost = result.cause or result.verdict.misconception
    return "; ".join([*([lost[:200]] if lost else []), *found])


def _plain(text: str) -> str:
    """On one line, printable: a terminal or a spreadsheet shows it and does nothing else."""
    return "".join(c if c.isprintable() else "\ufffd" for c in re.sub(r"\s+", " ", text))


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and re.match(r"\s*[=+\-@|%＝＋－＠]", cell) else cell
