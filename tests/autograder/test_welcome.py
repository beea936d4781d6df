"""The page that JupyterLab opens with tells every lesson, and how far one is."""

import json
import re
import subprocess
import sys

import pytest

from autograder import check as checking
from autograder.diary import FILE, Entry
from autograder.exercises import EXERCISES
from autograder.release import COURSE
from autograder.welcome import PAGE, lessons, renew, text
from lib.freezing import freeze as reference

FIRST = "01_what_is_transfer_learning"


def row(page: str, lesson: str) -> str:
    (line,) = [line for line in page.splitlines() if line.startswith("| [") and lesson in line]
    return line


def yours(module):
    return reference(module)


def notebook(folder, name, *cells):
    (folder / name).mkdir(parents=True)
    (folder / name / f"{name}.ipynb").write_text(json.dumps({"cells": cells}))


def cell(source="", **own):
    return {"source": [source], "metadata": {"nbgrader": own} if own else {}}


def test_page_knows_all_exercises_of_the_course_and_their_points():
    told = {task.name: (task.lesson, task.points) for lesson in lessons(COURSE) for task in lesson.tasks}
    assert told == {name: (one.lesson, one.points) for name, one in EXERCISES.items()}


def test_page_links_every_lesson_under_its_title_and_says_how_long_it_takes():
    page = text(COURSE, {})
    assert page.count(".ipynb") == 13 + 1
    for lesson in COURSE.glob("[0-9][0-9]_*"):
        assert re.search(r"\) \| (an|half an|two|three|four) hours?[a-z ]* \|", row(page, lesson.name)), lesson.name
        assert (COURSE / lesson.name / f"{lesson.name}.ipynb").is_file()
    assert row(page, FIRST).startswith("| [1 · What is transfer learning?](")


def test_page_begins_with_the_first_exercise_and_goes_on_with_what_is_begun():
    first = next(iter(EXERCISES))
    assert f"A good one to begin with: [{first}]({FIRST}/{FIRST}.ipynb), in lesson 1." in text(COURSE, {})
    begun = text(COURSE, {"freeze": Entry(1, False, ("a",)), first: Entry(6, True, ("b",))})
    assert "**1 of 71 exercises solved, 7 of" in begun
    assert "go on with: [freeze](03_" in begun
    assert "○◐○○○ 0 of 5 | 1 of 20 points" in row(begun, "03_")
    assert "●○○○○ 1 of 5" in row(begun, FIRST)


def test_page_says_so_when_all_is_solved():
    page = text(COURSE, {name: Entry(one.points, True) for name, one in EXERCISES.items()})
    assert "What will you teach a network next?" in page and "○" not in page.split("| lesson |")[1].split("\n\n")[0]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"cells": 3}', '{"cells": []}', '{"cells": [{}]}', "\udcff"])
def test_a_notebook_that_cannot_be_read_keeps_its_line_and_takes_nobody_else_along(tmp_path, content):
    notebook(
        tmp_path,
        "01_whole",
        cell("# 1 · Whole\n\nAbout an hour, all of it."),
        cell(grade=True, grade_id="check-a", points=2),
    )
    notebook(tmp_path, "02_not_so")
    (tmp_path / "02_not_so" / "02_not_so.ipynb").write_bytes(content.encode("utf-8", "surrogateescape"))
    page = text(tmp_path, {})
    assert "| [2 · not so (cannot be read)](02_not_so/02_not_so.ipynb) |" in page
    assert "| [1 · Whole](01_whole/01_whole.ipynb) | an hour | ○ 0 of 1 | 0 of 2 points |" in page


def test_no_title_breaks_the_table_or_its_link(tmp_path):
    notebook(tmp_path, "01_odd", cell("# A | B](http://elsewhere) [x"))
    assert row(text(tmp_path, {}), "01_odd").count("|") == 5
    assert "](http" not in text(tmp_path, {})


def test_a_page_without_exercises_is_listed_and_counts_nothing(tmp_path):
    notebook(tmp_path, "01_page", cell("# Only a page"))
    assert row(text(tmp_path, {}), "01_page") == "| [Only a page](01_page/01_page.ipynb) |  | | |"
    assert "exercises solved" not in text(tmp_path, {})


def test_renew_writes_the_page_only_where_it_says_something_new(tmp_path):
    notebook(tmp_path, "01_one", cell("# One"), cell(grade=True, grade_id="check-a", points=2))
    renew(tmp_path)
    before = (tmp_path / PAGE).stat()
    renew(tmp_path)
    assert (tmp_path / PAGE).stat().st_ino == before.st_ino
    (tmp_path / FILE).write_text(json.dumps({"a": {"points": 2, "solved": True, "tries": []}}))
    renew(tmp_path)
    assert "1 of 1 exercises solved, 2 of 2 points" in (tmp_path / PAGE).read_text("utf-8")


def test_a_check_that_passes_is_on_the_page_at_once_where_there_is_one(tmp_path, monkeypatch):
    monkeypatch.setattr(checking, "display", lambda report: None)
    notebook(tmp_path, "03_own", cell("# 3"), cell(grade=True, grade_id="check-freeze", points=4))
    monkeypatch.chdir(tmp_path / "03_own")
    checking.check("freeze", yours)
    assert not (tmp_path / PAGE).exists()
    renew(tmp_path)
    (tmp_path / FILE).unlink()
    checking.check("freeze", yours)
    assert "● 1 of 1 | 4 of 4 points" in (tmp_path / PAGE).read_text("utf-8")


def test_page_needs_the_standard_library_alone():
    asked = "import sys; from autograder import welcome; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    others = {name for name in done.stdout.split() if name not in sys.stdlib_module_names and not name.startswith("_")}
    assert others <= {"autograder", "lib", "sitecustomize", "distutils-precedence"}
