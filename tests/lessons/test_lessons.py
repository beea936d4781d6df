"""Every released lesson, its exercises solved, runs from top to bottom in silence."""

import time

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.lesson import read_lesson
from autograder.release import COURSE, lessons


def solved(text):
    """The released notebook with the solution cells of the instructor's."""
    released = nbformat.read(COURSE / text.stem / f"{text.stem}.ipynb", as_version=4)
    answers = {
        cell.id: cell.source for cell in read_lesson(text).cells if cell.metadata.get("nbgrader", {}).get("solution")
    }
    for cell in released.cells:
        cell.source = answers.get(cell.id, cell.source)
    return released


@pytest.mark.slow
@pytest.mark.parametrize("text", lessons(), ids=lambda path: path.stem)
def test_lesson_runs_top_to_bottom_and_prints_nothing_on_stderr(text, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_BUDGET", "quick")
    notebook = solved(text)
    start = time.perf_counter()
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    with capsys.disabled():
        print(f"\n{text.stem}: {time.perf_counter() - start:.0f} s")
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []
    assert (
        sum("image/png" in output.get("data", {}) or "<img" in str(output.get("data", "")) for output in outputs) >= 3
    )


@pytest.mark.parametrize("text", lessons(), ids=lambda path: path.stem)
def test_lesson_has_no_cell_longer_than_a_screen_and_no_bare_except(text):
    for cell in read_lesson(text).cells:
        if cell.cell_type == "code" and "nbgrader" not in cell.metadata:
            assert cell.source.count("\n") < 35, cell.source
            assert "except:" not in cell.source
