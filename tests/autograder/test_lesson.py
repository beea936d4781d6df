"""A lesson's text becomes the instructor's notebook."""

from pathlib import Path

import pytest

from autograder.exercises import of_lesson
from autograder.lesson import read_lesson, serialise

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
