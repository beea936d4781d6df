"""A lesson's text becomes the instructor's notebook."""

from pathlib import Path

import nbformat
import pytest
from nbgrader.nbgraderformat.v3 import MetadataValidatorV3
from nbgrader.utils import is_task

from autograder.exercises import of_lesson
from autograder.lesson import read_lesson, serialise
from autograder.release import generate

LESSON = "03_feature_extraction_vs_fine_tuning"
SETUP = "# %% setup=true\nimport torch\nimport torch.nn.functional as F\nfrom torch import Tensor, nn\n"


def text(*names: str) -> str:
    marks = '# %% [markdown] about="{0}"\n# Words.\n\n# %% exercise="{0}"\n\n# %% check="{0}"\n'
    return "# %% [markdown]\n# # Title\n\n" + SETUP + "\n" + "\n".join(marks.format(name) for name in names)


@pytest.fixture
def write(tmp_path):
    def written(content: str) -> Path:
        path = tmp_path / f"{LESSON}.py"
        path.write_text(content, encoding="utf-8")
        return path

    return written


ALL = [exercise.name for exercise in of_lesson(LESSON)]


def test_read_lesson_marks_cells_as_nbgrader_wants_them(write):
    cells = {cell.id: cell for cell in read_lesson(write(text(*ALL))).cells}
    assert cells["freeze"].metadata.nbgrader["solution"]
    assert cells["check-freeze"].metadata.nbgrader["points"] == 4
    assert cells["check-freeze"].source == 'check("freeze", freeze)'
    assert cells["setup"].metadata == {"setup": True}
    assert "A plainer hint" in cells["about-freeze"].source


def test_read_lesson_gives_the_same_bytes_twice_and_ids_from_contents(write):
    first, again = (serialise(read_lesson(write(text(*ALL)))) for _ in range(2))
    assert first == again
    mended = read_lesson(write(text(*ALL).replace("Title", "Titel")))
    changed = [a.id != b.id for a, b in zip(mended.cells, read_lesson(write(text(*ALL))).cells, strict=True)]
    assert changed == [True] + [False] * (len(changed) - 1)


def test_read_lesson_tells_equal_cells_apart(write):
    twice = text(*ALL) + "\n# %%\n1\n\n# %%\n1\n"
    ids = [cell.id for cell in read_lesson(write(twice)).cells]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (text(*ALL[1:]), "expected one cell about="),
        (text(*ALL, "freeze"), "expected one cell about="),
        (text(*ALL, "frieze"), "expected one cell about="),
        (text(*ALL).replace(" setup=true", ""), "expected one setup cell, found 0"),
    ],
)
def test_read_lesson_names_the_file_and_what_is_amiss(write, content, sentence):
    with pytest.raises(ValueError, match=f"{LESSON}.py: {sentence}"):
        read_lesson(write(content))


TASK = """
# %% [markdown] task="why" points=6
# Why is it so?
#
# ### BEGIN MARK SCHEME
# Two points for a reason.
# ### END MARK SCHEME
"""


def task_of(notebook):
    [cell] = [cell for cell in notebook.cells if cell.id == "task-why"]
    return cell


def test_read_lesson_makes_a_task_as_nbgrader_wants_it(write):
    cell = task_of(read_lesson(write(text(*ALL) + TASK)))
    marks = {"grade": False, "grade_id": "task-why", "locked": True, "points": 6, "solution": False, "task": True}
    assert cell.metadata.nbgrader == marks | {"schema_version": 3} and is_task(cell)
    MetadataValidatorV3().validate_cell(cell)
    assert "Two points for a reason." in cell.source


def test_generate_keeps_the_task_and_takes_its_rubric_out(write):
    cell = task_of(nbformat.reads(generate(write(text(*ALL) + TASK)).decode(), as_version=4))
    assert cell.source.strip() == "Why is it so?" and cell.metadata.nbgrader.points == 6


@pytest.mark.parametrize(
    ("task", "sentence"),
    [
        (TASK.replace(" points=6", ""), "points=1 or more"),
        (TASK.replace("points=6", "points=0"), "points=1 or more"),
        (TASK.replace("# %% [markdown]", "# %%"), "on a markdown cell"),
        (TASK.replace("# ### BEGIN MARK SCHEME\n", ""), "expected a rubric"),
        (TASK.replace("# ### END MARK SCHEME\n", ""), "expected a rubric"),
        (TASK + TASK, "expected each task once"),
    ],
    ids=["no points", "nothing to earn", "code", "no beginning", "no end", "twice"],
)
def test_read_lesson_refuses_a_task_that_cannot_be_marked(write, task, sentence):
    with pytest.raises(ValueError, match=sentence):
        read_lesson(write(text(*ALL) + task))
