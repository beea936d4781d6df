"""The instructor's day in Chromium: formgrader grades a submission by its button, shows the verdict, takes a mark."""

import re
import shutil
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from playwright.sync_api import Page, expect

from autograder.__main__ import main
from tests.browser.conftest import ROOT, SECONDS, TOKEN, Server, serve

pytestmark = pytest.mark.slow

LESSON = "03_feature_extraction_vs_fine_tuning"


@pytest.fixture(scope="module")
def room(start, tmp_path_factory):
    """A project folder with two submissions, one of them graded, behind JupyterLab as the instructor opens it."""
    project = tmp_path_factory.mktemp("instructor")
    shutil.copy(ROOT / "nbgrader_config.py", project)
    for student in ("ada", "kurt"):
        shutil.copytree(ROOT / "tests" / "submissions" / student, project / "class" / "submitted" / student)
    assert main(["lessons", "--out", str(project / "class"), LESSON]) == 0
    one = tmp_path_factory.mktemp("one") / "submitted"
    shutil.copytree(ROOT / "tests" / "submissions" / "kurt", one / "kurt")
    assert main(["grade", str(one), "--out", str(project / "class")]) == 0
    with serve(start, project, tmp_path_factory.mktemp("jupyter"), "--instructor") as server:
        start.write_settings(Path(sys.prefix))  # a learner opens the same course beside it
        yield server, project / "class"


@pytest.fixture
def page(browser, room):
    context = browser.new_context()
    one = context.new_page()
    one.goto(f"{room[0].url}/lab?token={TOKEN}")  # as a person comes in: the cookie that this sets opens formgrader
    one.errors = []
    one.on("console", lambda message: message.type == "error" and one.errors.append(message.text))
    one.on("pageerror", lambda error: one.errors.append(str(error)))
    one.on("request", lambda request: outside(request.url) and one.errors.append(f"asked {request.url}"))
    yield one
    context.close()


def outside(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "file:"))


def opened(page: Page, server: Server, path: str) -> Page:
    page.goto(f"{server.url}/formgrader/{path}")
    return page


def test_the_button_grades_as_the_command_does(page, room):
    server, folder = room
    opened(page, server, f"manage_submissions/{LESSON}")
    row = page.locator("tr", has=page.get_by_text("ada", exact=True))
    expect(row).to_contain_text("needs autograding", timeout=60 * SECONDS)
    row.locator(".autograde a").click()
    expect(page.locator(".modal-body")).to_contain_text("Successfully autograded", timeout=240 * SECONDS)
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        assert book.find_submission(LESSON, "ada").score == 20
        assert book.find_submission(LESSON, "kurt").score == 7
    assert page.errors == []


def test_a_marker_sees_verdict_and_code_and_gives_a_mark(page, room):
    server, folder = room
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        number = book.find_submission_notebook(LESSON, LESSON, "kurt").id
    opened(page, server, f"submissions/{number}")
    expect(page.locator("section.verdict").first).to_be_visible(timeout=60 * SECONDS)
    expect(page.locator("body")).to_contain_text("os._exit(1)")
    assert page.locator("script", has_text="hello").count() == 0
    score = page.locator("input.score").first
    expect(score).to_have_attribute("placeholder", re.compile(r"\d"), timeout=60 * SECONDS)
    score.fill("2")
    score.press("Tab")
    page.wait_for_timeout(1000)
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        marks = [grade.manual_score for grade in book.find_submission_notebook(LESSON, LESSON, "kurt").grades]
    assert [mark for mark in marks if mark is not None] == [2.0]
    page.screenshot(path=str(Path(folder).parent / "formgrader.png"), full_page=True)
    assert page.errors == []


def test_feedback_and_summary_are_accessible(page, room, audit):
    _, folder = room
    pages = [folder / "summary.html", *folder.glob("feedback/kurt/**/*.html")]
    assert len(pages) == 2
    for one in pages:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.goto(one.as_uri())
            assert audit(page) == [], one.name
    assert page.errors == []
