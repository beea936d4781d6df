"""What JupyterLab opens on: the welcome page, by day and by night, and from there a lesson."""

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.slow

SMALL = "00_small"
SECONDS = 1000


def landed(page: Page, server) -> None:
    page.goto(server.address())
    expect(page.locator(".jp-MarkdownViewer h1")).to_have_text(
        re.compile("Transfer learning, learnt by writing it"), timeout=90 * SECONDS
    )


def test_jupyterlab_opens_on_the_map_and_a_link_in_it_opens_a_lesson(page, server, pictures):
    landed(page, server)
    viewer = page.locator(".jp-MarkdownViewer")
    expect(viewer.get_by_role("row")).to_have_count(1 + 14)  # with the heading; thirteen lessons and the small one
    expect(viewer).to_contain_text(
        "0 of 72 exercises solved, 0 of 454 points. A good one to begin with: freeze, in lesson 0."
    )
    assert page.locator(".jp-Dialog, .jp-toast").count() == 0
    page.screenshot(path=pictures / "welcome.png")
    viewer.get_by_role("link", name="freeze", exact=True).click()
    page.locator(".jp-NotebookPanel .jp-Cell").first.wait_for(timeout=90 * SECONDS)
    expect(page.locator(".jp-mod-current .lm-TabBar-tabLabel").last).to_contain_text("small")


def test_the_page_follows_the_system_into_the_night(page, server, pictures):
    page.emulate_media(color_scheme="dark")
    landed(page, server)
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", "false", timeout=30 * SECONDS)
    page.screenshot(path=pictures / "welcome by night.png")
