"""The website's command: what a page shows of a lesson, and when nothing is written. How it looks: tests/browser."""

import importlib.util
import json
from pathlib import Path

import nbformat
import pytest

from autograder import __main__, executed, website, website_pages
from autograder.release import COURSE, ROOT, lessons

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def released(tmp_path) -> Path:
    cells = [
        nbformat.v4.new_markdown_cell("# A lesson", id="top"),
        nbformat.v4.new_code_cell("show()", id="show"),
        nbformat.v4.new_code_cell("def f(): raise NotImplementedError", id="f", metadata={"nbgrader": {}}),
        nbformat.v4.new_code_cell("check(f)", id="check-f", metadata={"nbgrader": {}}),
    ]
    path = tmp_path / "01_a" / "01_a.ipynb"
    path.parent.mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


@pytest.fixture
def ran(released) -> nbformat.NotebookNode:
    notebook = nbformat.read(released, as_version=4)
    shown = [
        nbformat.v4.new_output("display_data", {VIEW: {}, "text/html": ""}),
        nbformat.v4.new_output("display_data", {"text/html": "<p>the still</p>"}),
    ]
    told = [nbformat.v4.new_output("stream", text="all of it holds")]
    for cell, source, outputs in zip(notebook.cells[1:], ("show()", "def f(): return 1", "check(f)"),
                                     (shown, [], told), strict=True):  # fmt: skip
        cell.source, cell.outputs = source, outputs
    return notebook


def test_a_lessons_page_has_the_stills_and_neither_solutions_nor_verdicts(released, ran):
    page = nbformat.reads(website_pages.lesson(released, ran), as_version=4)
    assert [cell.source for cell in page.cells if cell.cell_type == "code"] == [
        "show()",
        "def f(): raise NotImplementedError",
        "check(f)",
    ]
    outputs = [output for cell in page.cells for output in cell.get("outputs", [])]
    assert [dict(output.data) for output in outputs] == [{"text/html": "<p>the still</p>"}]


def test_a_lessons_page_leads_to_its_notebook(released):
    page = nbformat.reads(website_pages.lesson(released, None), as_version=4)
    assert '<a href="../../downloads/01_a.ipynb" download>' in page.cells[1].source
    assert not [cell for cell in page.cells if cell.get("outputs")]


def test_the_home_page_lists_every_lesson_with_its_points():
    page = website_pages.others(ROOT)["index.md"].decode()
    for text in lessons():
        assert page.count(f"course/{text.stem}/{text.stem}") == 2  # in the table, and in the map at the side
    assert "| about" not in page.lower() and " points |" in page


def test_a_run_is_kept_until_the_lesson_or_the_reference_changes(tmp_path, monkeypatch):
    runs = []
    monkeypatch.setattr(executed, "run", lambda notebook, folder: runs.append(folder))
    text = lessons()[0]
    first, second = (executed.executed(text, tmp_path) for _ in range(2))
    assert len(runs) == 1 and first == second and len(list(tmp_path.glob("*.ipynb"))) == 1
    assert "NotImplementedError" not in json.dumps(first)
    monkeypatch.setattr(executed, "_reference", lambda: b"another")
    executed.executed(text, tmp_path)
    assert len(runs) == 2 and len(list(tmp_path.glob("*.ipynb"))) == 1


def test_a_run_is_in_the_quick_budget_and_leaves_the_readers_ipython_alone(tmp_path):
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell("import os\nos.environ['COURSE_BUDGET'], os.environ['IPYTHONDIR'], os.getcwd()")
        ]
    )
    executed.run(notebook, tmp_path)
    told = notebook.cells[0].outputs[0].data["text/plain"]
    assert "'quick'" in told and str(tmp_path) in told and ".ipython" not in told


def test_without_its_tools_the_command_says_how_to_get_them(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert __main__.main(["website", "--out", str(tmp_path / "site")]) == 1
    assert "`python3 start.py website` installs them" in capsys.readouterr().out
    assert not (tmp_path / "site").exists()


def test_in_a_learners_copy_the_command_says_where_the_website_is_made(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(website, "SOLUTIONS", tmp_path / "solutions")
    assert __main__.main(["website", "--out", str(tmp_path / "site")]) == 1
    assert "a learner's copy" in capsys.readouterr().out and not (tmp_path / "site").exists()


def test_a_folder_that_is_no_website_is_left_alone(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert __main__.main(["website", "--draft", "--out", str(tmp_path)]) == 1
    assert "is no website of ours" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_where_the_lessons_are_not_what_their_texts_give_nothing_is_written(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(website, "drift", lambda: ["course/01 is not what solutions/ gives"])
    assert __main__.main(["website", "--draft", "--out", str(tmp_path / "site")]) == 1
    assert "course/01 is not" in capsys.readouterr().out and not (tmp_path / "site").exists()


def test_what_sphinx_complains_of_is_told_and_the_old_site_stays(tmp_path, monkeypatch, capsys):
    site = tmp_path / "site"
    site.mkdir()
    (site / "objects.inv").write_text("of the old site")
    monkeypatch.setattr(website, "drift", list)
    monkeypatch.setattr(website, "_sphinx", lambda *_: "index.md:3: WARNING: no such page")
    assert __main__.main(["website", "--draft", "--out", str(site)]) == 1
    assert "no such page" in capsys.readouterr().out
    assert (site / "objects.inv").read_text() == "of the old site"
    assert [path.name for path in tmp_path.iterdir()] == ["site"]
    assert COURSE.is_dir()
