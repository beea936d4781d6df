"""Plain `nbgrader autograde` grades as our own command does, and nbgrader's other commands go on from there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.__main__ import main
from autograder.graded_notebook import graded_notebook
from autograder.grading import ROOT, Graded
from autograder.nbgrader_step import set_aside
from autograder.sandbox.isolation import Isolation
from tests.autograder.verdicts import LESSON, TASK, graded, result

NAME = "03_feature_extraction_vs_fine_tuning"
STUDENTS = ("ada", "grace", "max", "kurt")
SCRIPTS = Path(sys.executable).parent


def nbgrader(folder: Path, *words: str) -> str:
    """Run an nbgrader command in `folder`, under the course's configuration; what it logs."""
    environment = os.environ | {"PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder)}
    done = subprocess.run(
        [SCRIPTS / "nbgrader", *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def scores(path: Path) -> dict[tuple[str, str], float | None]:
    """The automatic score of each student on each cell."""
    with Gradebook(f"sqlite:///{path}") as book:
        submissions = book.assignment_submissions(NAME)
        return {(s.student.id, g.name): g.auto_score for s in submissions for n in s.notebooks for g in n.grades}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A folder as an instructor has it, graded by our command; and one of the same, graded by nbgrader's."""
    ours, theirs = (tmp_path_factory.mktemp(name) for name in ("ours", "theirs"))
    for folder in (ours, theirs):
        shutil.copy(ROOT / "nbgrader_config.py", folder)
        for student in STUDENTS:
            shutil.copytree(ROOT / "tests" / "submissions" / student, folder / "class" / "submitted" / student)
    (theirs / "class" / "submitted" / "ada" / NAME / "timestamp.txt").write_text("2026-05-01 12:00:00 UTC")
    assert main(["grade", str(ours / "class" / "submitted"), "--out", str(ours / "class"), "--workers", "1"]) == 0
    shutil.copy(ours / "class" / ".secret", theirs / "class")
    assert main(["lessons", "--out", str(theirs / "class"), NAME]) == 0
    assert scores(theirs / "class" / "gradebook.db") == {}
    nbgrader(theirs, "autograde", NAME)
    return ours / "class", theirs / "class"


@pytest.mark.slow
def test_autograde_gives_the_same_scores_and_the_same_notebooks(course):
    ours, theirs = course
    assert scores(ours / "gradebook.db") == scores(theirs / "gradebook.db")
    assert sum(scores(ours / "gradebook.db").values()) == 20 + 11 + 0 + 7
    for student in STUDENTS:
        path = Path("autograded", student, NAME, f"{NAME}.ipynb")
        assert (ours / path).read_bytes() == (theirs / path).read_bytes()


@pytest.mark.slow
def test_autograde_again_leaves_what_is_graded_and_with_force_grades_it_anew(course):
    _, theirs = course
    before = scores(theirs / "gradebook.db")
    assert "Skipping existing assignment" in nbgrader(theirs.parent, "autograde", NAME)
    with Gradebook(f"sqlite:///{theirs / 'gradebook.db'}") as book:
        book.find_grade("check-freeze", NAME, NAME, "max").auto_score = 4
        book.db.commit()
    nbgrader(theirs.parent, "autograde", NAME, "--student", "max", "--force")
    assert scores(theirs / "gradebook.db") == before


@pytest.mark.slow
@pytest.mark.parametrize("road", [0, 1])
def test_feedback_and_export_work_after_either(course, tmp_path, road):
    folder = course[road]
    nbgrader(folder.parent, "generate_feedback", NAME, "--force")
    page = (folder / "feedback" / "grace" / NAME / f"{NAME}.html").read_text(encoding="utf-8")
    assert "every training loop calls .train() on the whole network" in page
    assert "<script>alert" not in (folder / "feedback" / "kurt" / NAME / f"{NAME}.html").read_text(encoding="utf-8")
    nbgrader(folder.parent, "export", "--to", str(tmp_path / "grades.csv"))
    lines = (tmp_path / "grades.csv").read_text().splitlines()
    assert [(line.split(",")[3], line.split(",")[9]) for line in lines[1:]] == [
        ("ada", "20.0"),
        ("grace", "11.0"),
        ("kurt", "7.0"),
        ("max", "0.0"),
    ]


# ---- the notebook that is handed back -------------------------------------------------------------------------------


def notebook_of(one: Graded) -> nbformat.NotebookNode:
    found = nbformat.reads(graded_notebook(LESSON, one).decode("utf-8"), as_version=4)
    nbformat.validate(found)
    return found


def test_the_notebook_holds_answers_verdicts_points_and_tasks():
    cells = {cell.id: cell for cell in notebook_of(graded(written={TASK: "Because."})).cells}
    assert list(cells) == [
        *("heading", "freeze", "check-freeze", "replace_head", "check-replace_head", TASK, f"written-{TASK}"),
    ]
    assert cells["freeze"].source == "def freeze(): ..." and cells["freeze"].metadata.nbgrader.solution
    shown, points = cells["check-freeze"].outputs
    assert points.data["text/plain"] == f"{LESSON.exercises[0].points:.1f}"
    assert LESSON.exercises[0].properties[0].sentence.split("`")[0] in shown.data["text/html"]
    assert cells[TASK].metadata.nbgrader.points == 6 and cells[TASK].metadata.nbgrader.task
    assert ">Because.</pre>" in cells[f"written-{TASK}"].source


def test_the_notebook_shows_own_cells_once_and_says_what_is_missing():
    one = graded()
    helper = result("freeze", 99, above=["helper = 1", "other = 2"])
    absent = type(helper)(result("replace_head", 0).verdict, None, None, ["helper = 1"])
    sources = [cell.source for cell in notebook_of(Graded(one.entry, [helper, absent], [])).cells]
    assert sources.count("helper = 1") == sources.count("other = 2") == 1
    assert "# There is no answer to this exercise." in sources


def test_nothing_in_the_notebook_acts_on_whoever_marks_it():
    evil = (
        "</pre></style><script>alert(1)</script>\n\n[x](javascript:alert(1)) <img src=x onerror=alert(1)>\x1b[2J\ud800"
    )
    one = graded(notes=[evil], written={TASK: evil}, isolation=Isolation())
    found = notebook_of(Graded(one.entry, [result("freeze", 0), *one.results[1:]], one.notes, [], one.written))
    texts = [cell.source for cell in found.cells if cell.cell_type == "markdown"]
    assert not any("<script" in text or "<img" in text or "\x1b" in text for text in texts)
    written = texts[-1]
    assert written.startswith("<pre") and written.endswith("</pre>") and written.count("<") == 2
    assert any("UNSANDBOXED" in text for text in texts)


def test_set_aside_moves_links_and_pipes_out_of_nbgraders_way(tmp_path):
    folder = tmp_path / "submitted" / "eve" / NAME
    (folder / "inner").mkdir(parents=True)
    notebook = folder / f"{NAME}.ipynb"
    notebook.write_text("{}")
    (folder / "data.csv").write_text("1")
    (folder / "inner" / "passwd").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe")
    set_aside(assignment=NAME, student="*", notebooks=[str(notebook)])
    assert sorted(path.name for path in folder.rglob("*")) == [f"{NAME}.ipynb", "data.csv", "inner"]
    moved = tmp_path / "set_aside" / "eve" / NAME
    assert sorted(path.name for path in moved.iterdir()) == ["passwd", "pipe"]
