"""Every released lesson, its exercises solved, run from top to bottom in JupyterLab, in silence; its widgets move."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

import nbformat
import pytest
from nbformat import NotebookNode
from playwright.sync_api import Locator, expect

from autograder.executed import solved
from autograder.lesson import read_lesson
from autograder.release import lessons
from tests.browser.conftest import Notebook, reading
from tests.browser.lessons.stated import unheld

SECONDS = 600  # for a whole lesson, on a machine much slower than ours
UNNAMED = "images => images.filter(image => image.offsetParent && !image.alt.trim()).length"
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
ASKS, EXPLORES = re.compile(r"= (widgets\.)?predict\("), re.compile(r"\b(explore|freezing_explorer)\(")
WITHOUT_WIDGETS = {"13_your_own_images"}


@dataclass(frozen=True)
class Ran:
    """A lesson after its run: open in the browser, and as it was saved; the run took so many seconds."""

    name: str
    opened: Notebook
    saved: NotebookNode
    seconds: float

    @property
    def code(self) -> list[NotebookNode]:
        return [cell for cell in self.saved.cells if cell.cell_type == "code" and cell.source.strip()]


@pytest.fixture(scope="module", params=lessons(), ids=lambda path: path.stem)
def ran(request, browser, server, pictures) -> Iterator[Ran]:
    """A lesson that has run in the quick budget; at its end the console has called nothing an error."""
    name = request.param.stem
    nbformat.write(solved(request.param), server.work / name / f"{name}.ipynb")
    with reading(browser, pictures) as page:
        notebook = Notebook(page, server, name, pictures / name, "lab/tree")
        start = time.perf_counter()
        saved = notebook.run_all(SECONDS)
        one = Ran(name, notebook, saved, time.perf_counter() - start)
        outputs = [output for cell in one.code for output in cell.outputs]
        assert [output for output in outputs if output.output_type == "error"] == []
        assert [cell.id for cell in one.code if cell.execution_count is None] == []
        yield one
        notebook.shut_down()


@pytest.mark.slow
def test_lesson_prints_nothing_on_stderr(ran, record_property):
    record_property("seconds of a lesson", (ran.name, ran.seconds))
    outputs = [output for cell in ran.code for output in cell.outputs]
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []


@pytest.mark.slow
def test_lesson_states_no_number_that_its_own_section_does_not_show(ran):
    assert unheld(ran.saved, KNOWN.get(ran.name, {})) == ([], [])


@pytest.mark.slow
def test_lesson_shows_its_pictures_and_has_words_for_each(ran):
    pictured = [cell.id for cell in ran.code if any(_is_picture(output.get("data", {})) for output in cell.outputs)]
    assert len(pictured) >= 3
    for cell in pictured:  # windowed: what is not looked at is not in the page
        shown = ran.opened.cell(cell)
        shown.scroll_into_view_if_needed()
        shown.locator("img:visible").first.wait_for()
        assert shown.locator("img").evaluate_all(UNNAMED) == 0, cell
    ran.opened.picture("whole")


def _is_picture(data: dict[str, str]) -> bool:
    return "image/png" in data or "<img" in data.get("text/html", "")


def _output(notebook: Notebook, cell: str) -> Locator:
    notebook.cell(cell).scroll_into_view_if_needed()
    return notebook.cell(cell).locator(".jp-Cell-outputArea")


def _answer(notebook: Notebook, question: str) -> None:
    """A question says what it was told, and something else when it is told something else."""
    output = _output(notebook, question)
    said, keyboard = output.get_by_role("status"), notebook.page.keyboard
    expect(said).not_to_contain_text("You say")
    if output.get_by_role("radio").count():
        for radio in output.get_by_role("radio").all()[::-1]:
            radio.focus()
            keyboard.press("Space")
            label = radio.evaluate("radio => radio.labels[0].innerText").strip()
            expect(said).to_have_text(f"You say: “{label}”.")
    else:
        slider = output.get_by_role("slider")
        for key in ("End", "Home"):
            slider.focus()
            keyboard.press(key)
            number = re.escape(f"{float(slider.get_attribute('aria-valuenow')):,g}")
            expect(said).to_contain_text(re.compile(rf"You say: {number}(?![\d,]|\.\d)"))
    notebook.picture(f"question {question}", output)


def _explore(notebook: Notebook, explorer: str) -> None:
    """Every slider changes the picture, and moved back it brings the first one back."""
    output = _output(notebook, explorer)
    picture = output.locator("img:visible")
    expect(picture).to_have_count(1)
    before = picture.get_attribute("alt")
    sliders = output.get_by_role("slider").all()
    for slider in sliders:
        there, back = ("ArrowRight", "ArrowLeft") if _can_rise(slider) else ("ArrowLeft", "ArrowRight")
        slider.focus()
        notebook.page.keyboard.press(there)
        expect(picture).not_to_have_attribute("alt", before)
        assert picture.get_attribute("alt").strip()
        notebook.page.keyboard.press(back)
        expect(picture).to_have_attribute("alt", before)
    assert sliders and before.strip()
    notebook.picture(f"explorer {explorer}", output)


def _can_rise(slider: Locator) -> bool:
    return float(slider.get_attribute("aria-valuenow")) < float(slider.get_attribute("aria-valuemax"))


@pytest.mark.slow
@pytest.mark.parametrize(("cells", "move"), [(ASKS, _answer), (EXPLORES, _explore)], ids=["questions", "explorers"])
def test_widgets_of_a_lesson_move_by_keyboard_and_say_what_changed(ran, cells, move):
    found = [cell.id for cell in ran.code if cells.search(cell.source)]
    assert bool(found) == (ran.name not in WITHOUT_WIDGETS)
    for cell in found:
        move(ran.opened, cell)


def test_known_numbers_are_those_of_released_lessons():
    assert set(KNOWN) <= {text.stem for text in lessons()}


@pytest.mark.parametrize("text", lessons(), ids=lambda path: path.stem)
def test_lesson_has_no_cell_longer_than_a_screen_and_no_bare_except(text):
    for cell in read_lesson(text).cells:
        if cell.cell_type == "code" and "nbgrader" not in cell.metadata:
            assert cell.source.count("\n") < 35, cell.source
            assert "except:" not in cell.source
