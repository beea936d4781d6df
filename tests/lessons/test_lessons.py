"""Every released lesson, its exercises solved, runs from top to bottom in silence."""

import time

import pytest

from autograder.executed import run, solved
from autograder.lesson import read_lesson
from autograder.release import lessons
from tests.lessons.stated import unheld

# Words with numbers in them that no cell of their section has to show, and why; the lesson has to say them.
KNOWN = {
    "02_pretrained_models": {
        "1.28 million photographs of 1,000 classes": "ILSVRC, as it was set",
        "| 8 | 61.1 |": "torchvision's count, in millions",
        "| 16 | 138.4 |": "the same",
        "| 50 | 25.6 |": "the same",
        "| hundreds | 66.3 |": "the same",
        "Twice the width is four times the work": "arithmetic",
        "Eight times fewer operations, eight times": "a question, whose answer the machine gives",
    },
    "03_feature_extraction_vs_fine_tuning": {
        '"529,162 of 23,528,522 parameters': "the mistake that is to be found",
        "the hundred images five times over": "a setting: twenty batches of 25",
        "Ten epochs, ten times the work": "arithmetic; what it saves, the machine says",
        "ten and a hundred times its rate": "a setting: the factors of the cell that follows",
        "at 500, 1,000 or 10,000 images": "what other texts say",
    },
    "04_fine_tuning_strategies": {
        "head's rate is 0.001 where": "a setting of benchmarks.lesson04",
        "and 0.01 where it learns alone": "the same",
    },
    "05_learning_rates": {
        "0.0003 for the backbone": "lesson 3's recipe, lib.comparison.RECIPES",
        "0.003 for the head. T": "the same",
        "Ten times too much": "what lesson 3 tried",
        "both times the head's rate is 0.003": "a setting, of the cell that follows",
        "With 5,000 images": "a question",
    },
}


@pytest.fixture(scope="session", params=lessons(), ids=lambda path: path.stem)
def executed(request, tmp_path_factory):
    """A lesson's name, its notebook after a run from top to bottom in the quick budget, and the seconds it took."""
    notebook, folder = solved(request.param), tmp_path_factory.mktemp("lesson")
    start = time.perf_counter()
    run(notebook, folder)
    return request.param.stem, notebook, time.perf_counter() - start


@pytest.mark.slow
def test_lesson_runs_top_to_bottom_and_prints_nothing_on_stderr(executed, record_property):
    name, notebook, seconds = executed
    record_property("seconds of a lesson", (name, seconds))
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []
    assert (
        sum("image/png" in output.get("data", {}) or "<img" in str(output.get("data", "")) for output in outputs) >= 3
    )


@pytest.mark.slow
def test_lesson_states_no_number_that_its_own_section_does_not_show(executed):
    name, notebook, _ = executed
    assert unheld(notebook, KNOWN.get(name, {})) == ([], [])


def test_known_numbers_are_those_of_released_lessons():
    assert set(KNOWN) <= {text.stem for text in lessons()}


@pytest.mark.parametrize("text", lessons(), ids=lambda path: path.stem)
def test_lesson_has_no_cell_longer_than_a_screen_and_no_bare_except(text):
    for cell in read_lesson(text).cells:
        if cell.cell_type == "code" and "nbgrader" not in cell.metadata:
            assert cell.source.count("\n") < 35, cell.source
            assert "except:" not in cell.source
