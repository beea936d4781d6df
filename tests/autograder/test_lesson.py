"""A lesson's text becomes the instructor's notebook."""

import importlib
import math
from pathlib import Path

import pytest
import torch

from autograder.exercises import of_lesson
from autograder.lesson import quote, read_lesson, serialise
from lib.features import fit_linear_head
from lib.freezing import freeze

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


@pytest.mark.parametrize("exercise", of_lesson(LESSON), ids=lambda exercise: exercise.name)
def test_quote_runs_on_its_own_after_the_setup_cell(exercise):
    namespace: dict = {}
    exec(SETUP, namespace)
    exec(quote(exercise.reference, SETUP), namespace)
    assert namespace[exercise.name].__doc__ == exercise.reference.__doc__


def test_quote_puts_helpers_and_missing_imports_inside_the_marks():
    source = quote(freeze, SETUP)
    head, solution = source.split("### BEGIN SOLUTION")
    assert head.startswith("def freeze(module: nn.Module)")
    assert "from functools import partial" in solution
    assert "def _stay_in_evaluation" in solution
    assert solution.endswith("### END SOLUTION")


def test_quote_keeps_a_comment_before_the_first_statement_inside_the_marks():
    head, solution = quote(fit_linear_head, SETUP).split("### BEGIN SOLUTION")
    assert "# skip_init" not in head
    assert "# skip_init" in solution


MODULE = '''
import math
from functools import lru_cache
from dataclasses import dataclass

_FACTOR: float = 2.0
_UNUSED = 3.0


@dataclass(frozen=True)
class _Pair:
    one: float
    other: float


@lru_cache
def _area(radius):
    return math.pi * radius**2 * _FACTOR


def areas(one, other):
    """Two areas."""
    return _Pair(_area(one), _area(other))
'''


def test_quote_brings_along_all_that_a_helper_needs(tmp_path, monkeypatch):
    (tmp_path / "quoted_here.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    reference = importlib.import_module("quoted_here").areas
    source = quote(reference, SETUP)
    assert "_UNUSED" not in source
    namespace: dict = {}
    exec(source, namespace)
    found = namespace["areas"](1.0, 2.0)
    assert (found.one, found.other) == pytest.approx((2 * math.pi, 8 * math.pi))


def test_quote_of_a_function_with_helpers_works_when_it_is_called():
    namespace: dict = {}
    exec(SETUP, namespace)
    exec(quote(freeze, SETUP), namespace)
    assert not namespace["freeze"](torch.nn.BatchNorm1d(2)).train().training
