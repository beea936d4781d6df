"""The course's website, as its visitors meet it: found, read by day and by night, on a phone, by ear, downloaded."""

import functools
import html.parser
import http.server
import threading
import urllib.parse
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from autograder import handout, website
from autograder.__main__ import main
from autograder.executed import executed
from autograder.release import COURSE

pytestmark = pytest.mark.slow

RUN = "06_domain_adaptation"  # shown with its outputs: figures, tables, guesses, an explorer; the others as drafts
LESSON = f"course/{RUN}/{RUN}.html"
PAGES = [
    "index.html",
    LESSON,
    "course/03_feature_extraction_vs_fine_tuning/03_feature_extraction_vs_fine_tuning.html",
    "course/glossary.html",
    "reference/index.html",
    "reference/lib.mmd.html",
    "reference/lib.pipeline.html",
    "docs/instructors_day.html",
    "docs/proof.html",
    "search.html",
]
ENOUGH = 24  # px, which WCAG 2.2 asks of what a finger is to hit
SECONDS = 1000


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site's folder."""
    out, kept = tmp_path_factory.mktemp("site") / "website", tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the theme's own, about a Sphinx that is still to come
        patch.setattr(website, "executed", lambda text, _: executed(text, kept) if text.stem == RUN else None)
        assert main(["website", "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def address(site) -> Iterator[str]:
    """Where the site is served."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=site))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def visit(page, address):
    """Opens a page of the site. At the end, no other host was asked, and the console has warned of nothing."""
    faults: list[str] = []
    page.on("request", lambda request: faults.append(request.url) if _is_elsewhere(request.url, address) else None)
    page.on("console", lambda message: faults.append(message.text) if message.type == "warning" else None)

    def opened(name: str) -> Page:
        page.goto(f"{address}/{name}")
        page.wait_for_load_state("networkidle")
        return page

    yield opened
    assert faults == []


def _is_elsewhere(url: str, address: str) -> bool:
    return not url.startswith((address, "data:", "blob:"))


class Links(html.parser.HTMLParser):
    """What a page points to and loads, and the names that can be pointed to in it."""

    def __init__(self) -> None:
        super().__init__()
        self.targets, self.names, self.loaded = set(), set(), set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        own = dict(attributes)
        self.names |= {own.get("id"), own.get("name")}
        if tag == "a":
            self.targets.add(own.get("href"))
        elif tag in ("script", "img", "link", "iframe", "source"):
            self.loaded.add(own.get("src") or own.get("href"))


@pytest.fixture(scope="module")
def links(site) -> dict[Path, Links]:
    found = {}
    for path in sorted(set(site.rglob("*.html")) - set((site / "_static").rglob("*"))):
        found[path] = Links()
        found[path].feed(path.read_text(encoding="utf-8"))
    return found


def test_every_link_within_the_site_leads_somewhere(site, links):
    broken = []
    for path, page in links.items():
        for target in (page.targets | page.loaded) - {None}:
            parts = urllib.parse.urlsplit(target)
            if parts.scheme or not (parts.path or parts.fragment):
                continue
            place = (path.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else path
            names = links[place].names if place in links else set()
            if not place.exists() or (parts.fragment and urllib.parse.unquote(parts.fragment) not in names):
                broken.append(f"{path.relative_to(site)}: {target}")
    assert broken == []
    assert len(links) > 100


def test_no_page_loads_anything_from_another_host(links):
    loaded = {target for page in links.values() for target in page.loaded - {None}}
    assert {target for target in loaded if urllib.parse.urlsplit(target).scheme not in ("", "data")} == set()


def test_a_lesson_shows_its_figures_and_stills_and_no_solution(site):
    page = (site / LESSON).read_text(encoding="utf-8")
    assert page.count('src="data:image/png') >= 5
    assert "NotImplementedError" in page and "all of it holds" not in page
    assert "widget-view" not in page and "Traceback" not in page
    assert "torch.pdist(torch.cat" not in page  # a line of a solution


def test_downloads_are_the_released_notebooks_and_the_whole_course(site):
    folder = site / "downloads"
    released = {path.name: path.read_bytes() for path in COURSE.glob("*/*.ipynb")}
    assert {path.name: path.read_bytes() for path in folder.glob("*.ipynb")} == released
    assert (folder / "transfer-learning-course.zip").read_bytes() == handout.packed(handout.ROOT)


def test_a_click_downloads_the_course(visit, tmp_path):
    page = visit("index.html")
    with page.expect_download() as begun:
        page.get_by_role("link", name="whole course").click()
    assert begun.value.suggested_filename == "transfer-learning-course.zip"


def test_a_search_finds_a_lesson_and_the_reference(visit, pictures):
    page = visit("search.html?q=maximum+mean+discrepancy")
    found = page.locator("#search-results")
    expect(found).to_contain_text("lib.mmd")
    page.screenshot(path=pictures / "search.png")
    page.goto(page.url.replace("maximum+mean+discrepancy", "gradient+reversal"))
    found.get_by_role("link", name="6 · Domain adaptation").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Domain adaptation")


def test_formulas_are_set(visit, pictures):
    page = visit(LESSON)
    expect(page.locator("mjx-container").first).to_be_visible()
    assert page.locator("mjx-container svg").count() > 20
    assert page.locator("[data-mml-node=merror], .MathJax_Error").count() == 0
    page.screenshot(path=pictures / "website lesson.png")


LIGHT = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).reduce((a, b) => +a + +b) > 600"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_follows_the_system_and_its_button_changes_that(page, visit, pictures, scheme):
    page.emulate_media(color_scheme=scheme)
    visit("index.html")
    assert page.evaluate(LIGHT) == (scheme == "light")
    page.screenshot(path=pictures / f"website {scheme}.png")
    states = []
    for choice in ("Light", "Dark", "System"):
        page.get_by_role("button", name="Color mode").click()
        page.locator(".theme-switch-container .dropdown-menu").get_by_text(choice).click()
        page.wait_for_timeout(SECONDS / 2)  # colours change little by little
        states.append(page.evaluate(LIGHT))
    assert states == [True, False, scheme == "light"]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone(visit, pictures, name):
    page = visit(name)
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.screenshot(path=pictures / f"website phone {Path(name).stem}.png")


def test_on_a_phone_the_map_folds_out(visit, pictures):
    page = visit(LESSON)
    page.set_viewport_size({"width": 390, "height": 844})
    entry = page.locator(".bd-sidebar-primary, dialog").get_by_role("link", name="10 · Common pitfalls").first
    expect(entry).not_to_be_in_viewport()
    button = page.locator(".primary-toggle").locator("visible=true").first
    assert button.bounding_box()["height"] >= ENOUGH
    button.click()
    expect(page.get_by_role("link", name="10 · Common pitfalls").locator("visible=true").first).to_be_in_viewport()
    page.screenshot(path=pictures / "website phone map.png")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible(page, visit, audit, name, scheme):
    page.emulate_media(color_scheme=scheme)
    visit(name)
    assert audit(page) == []
