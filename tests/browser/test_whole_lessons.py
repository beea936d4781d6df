"""Every lesson, its exercises solved, run from top to bottom in JupyterLab: nothing fails, all is there to be seen.

It takes ten minutes and is no part of `start.py test`, where each lesson is run whole without a browser, and the cells
of its widgets with one: `python -m pytest -m whole tests/browser/test_whole_lessons.py`.
"""

import nbformat
import pytest
from playwright.sync_api import expect

from autograder.executed import solved
from autograder.release import lessons

pytestmark = [pytest.mark.slow, pytest.mark.whole]

SECONDS = 1000
LIMIT = 300 * SECONDS
UNNAMED = "images => images.filter(image => image.offsetParent && !image.alt.trim()).length"


@pytest.mark.parametrize("text", lessons(), ids=lambda path: path.stem)
def test_lesson_runs_whole(opened, server, text):
    place = server.work / text.stem / f"{text.stem}.ipynb"
    nbformat.write(solved(text), place)
    notebook = opened(text.stem)
    page = notebook.page
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    last = next(cell.id for cell in reversed(notebook.cells) if cell.cell_type == "code")
    notebook.cell(last).scroll_into_view_if_needed()
    expect(notebook.cell(last).locator(".jp-InputPrompt").first).to_have_text("[*]:", timeout=LIMIT)
    expect(notebook.cell(last).locator(".jp-InputPrompt").first).not_to_have_text("[*]:", timeout=LIMIT)
    expect(page.locator(".jp-Notebook-ExecutionIndicator").first).to_have_attribute("data-status", "idle")
    notebook.save()
    ran = nbformat.read(place, as_version=4)
    code = [cell for cell in ran.cells if cell.cell_type == "code" and cell.source.strip()]
    assert [cell.id for cell in code if cell.execution_count is None] == []
    outputs = [output for cell in code for output in cell.outputs]
    assert [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"] == []
    for cell in code:  # windowed: what is not looked at is not in the page
        if any(_is_picture(output.get("data", {})) for output in cell.outputs):
            shown = notebook.cell(cell.id)
            shown.scroll_into_view_if_needed()
            shown.locator("img:visible").first.wait_for()
            assert shown.locator("img").evaluate_all(UNNAMED) == 0, cell.id
    notebook.picture("whole", notebook.cell(last))


def _is_picture(data: dict[str, str]) -> bool:
    return "image/png" in data or "<img" in data.get("text/html", "")
