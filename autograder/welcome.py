"""The page that JupyterLab opens with: how to begin, the map of the course, and how far one is.

It is written anew at each start and after each check, from the notebooks and the diary beside them.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from autograder.diary import FILE, Entry, read
from autograder.standing import Task, follow, number, points, solved, state
from lib.files import write_whole

PAGE = "welcome.md"
_MARKS = {"solved": "●", "begun": "◐", "open": "○"}
TITLE = "Transfer learning, learnt by writing it"
PROMISE = """\
A network that has learnt one thing knows most of the next. In twelve lessons you find out how much, by writing each
technique yourself."""
_BEGINNING = f"""\
# {TITLE}

{PROMISE} Open a lesson, read, say what you expect, then see. **Shift+Enter** runs a cell and goes on to the
next. Under each exercise stands a check that says at once what holds and what does not yet, and two hints fold out.

"""
_END = """
● solved, ◐ begun, ○ open. Each lesson stands on its own feet; begin with the first if all of it is new. What you write
stays in this folder, and no start of the course overwrites it. A word that is new to you may be in the
[glossary](glossary.md).
"""


class Lesson(NamedTuple):
    """A lesson as its notebook tells it. takes: how long, in its own words."""

    name: str
    title: str
    takes: str
    tasks: list[Task]


def renew(folder: Path) -> None:
    """Write the page of `folder`, the one that holds the lessons, if it would say something else than it does.

    Where the folder may not be written to, the page stays as it is.
    """
    try:
        content, page = text(folder, read(folder / FILE)), folder / PAGE
        if not page.is_file() or page.read_text(encoding="utf-8") != content:
            write_whole(page, content)
    except (OSError, UnicodeDecodeError):
        return


def text(folder: Path, entries: Mapping[str, Entry]) -> str:
    """The page, in Markdown."""
    found = list(lessons(folder))
    tasks = [task for lesson in found for task in lesson.tasks]
    words, chosen = follow(tasks, entries)
    if chosen:
        place = f"{chosen.lesson}/{chosen.lesson}.ipynb"
        words += f" [{chosen.name}]({place}), in lesson {number(chosen.lesson)}."
    so_far = f"**{solved(tasks, entries)} of {len(tasks)} exercises solved, {points(tasks, entries)}.** {words}\n\n"
    rows = "".join(f"{_row(lesson, entries)}\n" for lesson in found)
    table = f"| lesson | takes | exercises | earned |\n|:--|:--|:--|:--|\n{rows}"
    return f"{_BEGINNING}{so_far if tasks else ''}{table}{_END}"


def lessons(folder: Path) -> Iterator[Lesson]:
    """The lessons in `folder`, in their order. One that cannot be read has its folder's name and nothing else."""
    for place in sorted(folder.glob("[0-9][0-9]_*")):
        if (notebook := place / f"{place.name}.ipynb").is_file():
            yield _lesson(place.name, notebook)


def _lesson(name: str, notebook: Path) -> Lesson:
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        first = "".join(cells[0]["source"])
        tasks = [Task(exercise, name, worth) for cell in cells for exercise, worth in _checked(cell)]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return Lesson(name, f"{number(name)} · {name.partition('_')[2].replace('_', ' ')} (cannot be read)", "", [])
    heading = re.match(r"# (.+)", first)
    takes = re.search(r"^About ([^,.]+)", first, re.MULTILINE)
    return Lesson(name, heading[1] if heading else name, takes[1] if takes else "", tasks)


def _checked(cell: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """The exercise that a cell checks, and its points."""
    own = cell["metadata"].get("nbgrader", {})
    if own.get("grade") and not own.get("solution") and str(own["grade_id"]).startswith("check-"):
        yield str(own["grade_id"]).removeprefix("check-"), int(own["points"])


def _row(lesson: Lesson, entries: Mapping[str, Entry]) -> str:
    title, tasks = re.sub(r"[\[\]|]", "", lesson.title), lesson.tasks
    start = f"| [{title}]({lesson.name}/{lesson.name}.ipynb) | {lesson.takes} |"
    marks = "".join(_MARKS[state(task, entries)] for task in tasks)
    counted = f" {marks} {solved(tasks, entries)} of {len(tasks)} | {points(tasks, entries)} |"
    return start + (counted if tasks else " | |")
