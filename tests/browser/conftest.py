"""JupyterLab as `start.py lab` starts it, on a learner's copy of its own, and a reader in headless Chromium."""

import importlib.resources
import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
from nbformat import NotebookNode
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

ROOT = Path(__file__).parents[2]
TOKEN = "a-token-for-this-test"
SECONDS = 1000  # Playwright counts in milliseconds


# ---- the server ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def start() -> ModuleType:
    spec = importlib.util.spec_from_file_location("start", ROOT / "start.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def lab_command(start: ModuleType, project: Path, arguments: list[str]) -> tuple[list[str], Path, dict[str, str]]:
    """The command that `start.py lab` would become, its folder and variables; nothing is installed."""
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(start, "ROOT", project)
        patch.setattr(start, "set_up", lambda extras: Path(sys.prefix))
        patch.setattr(start, "hand_over", lambda *handed: seen.append(handed) or 0)
        assert start.lab(arguments) == 0
    return seen[0]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/api/status?token={TOKEN}", timeout=2):
            return True
    except (urllib.error.URLError, OSError):
        return False


def wait_until_up(process: subprocess.Popen, url: str, log: Path, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not answers(url):
        if process.poll() is not None or time.monotonic() > end:
            pytest.fail(f"JupyterLab did not come up; its last words:\n{log.read_text()[-3000:]}")
        time.sleep(0.3)


def end(process: subprocess.Popen, url: str) -> None:
    """Its kernels first, then the server, then whatever of its group is left."""
    if process.poll() is None and answers(url):
        request = urllib.request.Request(f"{url}/api/shutdown?token={TOKEN}", method="POST")
        with urllib.request.urlopen(request, timeout=10):
            pass
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@dataclass(frozen=True)
class Server:
    """Where JupyterLab answers, and the learner's folder behind it."""

    url: str
    work: Path

    def address(self, path: str = "") -> str:
        """Where a page of it is, for who may see it."""
        return f"{self.url}/{path}?token={TOKEN}"


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A project folder in place of ours: the released lessons, and no work done yet."""
    folder = tmp_path_factory.mktemp("project")
    if (ROOT / "course").is_dir():
        shutil.copytree(ROOT / "course", folder / "course")
    return folder


@pytest.fixture(scope="module")
def server(start, project, small_lesson, tmp_path_factory) -> Iterator[Server]:
    with serve(start, project, tmp_path_factory.mktemp("jupyter")) as one:
        yield one


@contextmanager
def serve(start: ModuleType, project: Path, own: Path, *more: str) -> Iterator[Server]:
    """JupyterLab as `start.py lab` with `more` arguments starts it; what it writes for its user goes into `own`."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    arguments = ["--no-browser", "--port", str(port), "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"]
    command, folder, variables = lab_command(start, project, [*more, *arguments])
    places = {
        name: str(own / name)
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    }
    settings = {name: str(own / name) for name in ("JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")}
    variables = variables | places | settings | {"COURSE_BUDGET": "quick"}
    log = own / "server.log"
    with open(log, "wb") as file:
        process = subprocess.Popen(
            command, cwd=folder, env=variables, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        wait_until_up(process, url, log)
        yield Server(url, folder)
    finally:
        end(process, url)


# ---- the reader ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("Chromium is not installed: on Debian, `apt-get install chromium`. Browser tests never skip.")
    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=options)
        try:
            yield opened
        finally:
            opened.close()


class Notebook:
    """An open notebook: cells by id, run as a reader runs them."""

    def __init__(self, page: Page, server: Server, name: str, pictures: Path, view: str) -> None:
        self.page, self.server, self.pictures = page, server, pictures
        self.path = f"{name}/{name}.ipynb"
        self.file = server.work / self.path
        self.cells = nbformat.read(self.file, as_version=4).cells
        page.goto(f"{server.address(f'{view}/{self.path}')}&reset")
        page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-Cell").first.wait_for(timeout=90 * SECONDS)
        self._wait_for_kernel()

    def _wait_for_kernel(self) -> None:
        """The indicator is idle before there is a kernel at all, so ask the server whether this page has one."""
        last = time.monotonic() + 90
        while time.monotonic() < last:
            with urllib.request.urlopen(f"{self.server.url}/api/sessions?token={TOKEN}", timeout=10) as answer:
                kernels = [session["kernel"] for session in json.load(answer) if session["path"] == self.path]
            if any(kernel["connections"] and kernel["execution_state"] == "idle" for kernel in kernels):
                break
            self.page.wait_for_timeout(200)
        expect(self.page.locator(".jp-Notebook-ExecutionIndicator").first).to_have_attribute("data-status", "idle")

    def cell(self, name: str) -> Locator:
        """The cell with this id."""
        [index] = [index for index, cell in enumerate(self.cells) if cell.id == name]
        return self.page.locator(
            f".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook [data-windowed-list-index='{index}']"
        )

    def holding(self, text: str) -> str:
        """The id of the first code cell with this text in it."""
        return next(cell.id for cell in self.cells if cell.cell_type == "code" and text in cell.source)

    def run(self, name: str, seconds: float = 120) -> Locator:
        """Run a cell and wait until it is done; its output."""
        cell = self.cell(name)
        prompt = cell.locator(".jp-InputPrompt").first
        cell.scroll_into_view_if_needed()
        prompt.click()
        before = prompt.inner_text()
        self.page.keyboard.press("Control+Enter")
        expect(prompt).to_have_text(re.compile(r"\[\d+\]"), timeout=seconds * SECONDS)
        expect(prompt).not_to_have_text(before, timeout=seconds * SECONDS)
        return cell.locator(".jp-Cell-outputArea")

    def run_all(self, seconds: float) -> NotebookNode:
        """Run every cell from the menu, save, and read what was saved; the whole may take so many seconds."""
        last = next(cell.id for cell in reversed(self.cells) if cell.cell_type == "code")
        for name in ("Run", "Run All Cells"):
            self.page.get_by_role("menuitem", name=name, exact=True).click()
        prompt = self.cell(last).locator(".jp-InputPrompt").first
        prompt.scroll_into_view_if_needed()
        expect(prompt).to_have_text("[*]:", timeout=seconds * SECONDS)
        expect(prompt).not_to_have_text("[*]:", timeout=seconds * SECONDS)
        expect(self.page.locator(".jp-Notebook-ExecutionIndicator").first).to_have_attribute("data-status", "idle")
        self.save()
        return nbformat.read(self.file, as_version=4)

    def write(self, name: str, source: str) -> None:
        """Put `source` into a cell in place of what is there, through its editor."""
        editor = self.cell(name).locator(".cm-content")
        editor.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(source)

    def save(self) -> None:
        """Save as a reader does."""
        self.page.keyboard.press("Control+s")
        self.page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')", timeout=30 * SECONDS)

    def shut_down(self) -> None:
        """End the kernel, which would keep its memory as long as the server is up."""
        with urllib.request.urlopen(f"{self.server.url}/api/sessions?token={TOKEN}", timeout=10) as answer:
            own = [session["id"] for session in json.load(answer) if session["path"] == self.path]
        for session in own:
            url = f"{self.server.url}/api/sessions/{session}?token={TOKEN}"
            with urllib.request.urlopen(urllib.request.Request(url, method="DELETE"), timeout=30):
                pass

    def picture(self, name: str, of: Locator | None = None) -> None:
        """A screenshot, of the page or of one part of it."""
        self.pictures.mkdir(exist_ok=True)
        (of or self.page).screenshot(path=self.pictures / f"{name}.png")


@pytest.fixture(scope="session")
def pictures(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("screenshots")
    print(f"\nscreenshots: {folder}")
    return folder


@contextmanager
def reading(browser: Browser, pictures: Path) -> Iterator[Page]:
    """An empty page. At the end, the console has called nothing an error."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.set_default_timeout(60 * SECONDS)
    page.errors = []
    page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    yield page
    page.screenshot(path=pictures / "last.png")  # where a failed test stood
    page.close()
    assert page.errors == [], "\n".join(page.errors)


@pytest.fixture
def page(browser, pictures) -> Iterator[Page]:
    """A page of this test's own."""
    with reading(browser, pictures) as page:
        yield page


@pytest.fixture(scope="session")
def audit() -> Callable[[Page], list[str]]:
    """What axe-core finds at fault with a page for those who hear it, or move in it by keyboard: a line a fault."""
    source = (importlib.resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")

    def faults(page: Page) -> list[str]:
        page.evaluate(source)
        found = page.evaluate("axe.run({preload: false})")["violations"]  # what is loaded is not loaded again
        return [f"{one['id']}: {one['help']}, {one['nodes'][0]['html'][:200]}" for one in found]

    return faults


@pytest.fixture
def opened(page, server, pictures) -> Callable[..., Notebook]:
    """Opens a lesson by its name, in JupyterLab, or in the plain view of one notebook that suits a phone."""
    return lambda name, view="lab/tree": Notebook(page, server, name, pictures / name, view)


# ---- a lesson in small --------------------------------------------------------------------------------------------

SMALL = "00_small"
SETUP = """import torch
from autograder.check import check
from lib.backbones import load_backbone, replace_head
from lib.widgets import freezing_explorer, predict"""
EXPLORER = """model = replace_head(load_backbone("resnet10", weights=None), 10)
freezing_explorer(model, torch.rand(4, 3, 48, 48), torch.tensor([0, 1, 2, 3]))"""
GUESS = 'guess = predict("How many per cent of the parameters are in the head?", low=0, high=100, unit="%")\nguess'
CHOICE = 'choice = predict("Which part learns the fastest?", ["the head", "the stem"])\nchoice'


def graded(cell_id: str, source: str, **marks) -> NotebookNode:
    cell = nbformat.v4.new_code_cell(source, id=cell_id)
    cell.metadata["nbgrader"] = {"grade": False, "grade_id": cell_id, "locked": False, "schema_version": 3,
                                 "solution": False, "task": False} | marks  # fmt: skip
    return cell


@pytest.fixture(scope="module")
def small_lesson(project) -> str:
    """A lesson with one of everything, so that these tests stand on their own feet."""
    plain = {"setup": SETUP, "guess": GUESS, "choice": CHOICE, "explorer": EXPLORER, "beside": "guess.beside(0.1)"}
    cells = [nbformat.v4.new_code_cell(source, id=name) for name, source in plain.items()]
    cells.append(graded("freeze", "def freeze(module):\n    raise NotImplementedError()", solution=True))
    cells.append(graded("check-freeze", 'check("freeze", freeze)', grade=True, locked=True, points=4))
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    (project / "course" / SMALL).mkdir(parents=True)
    text = json.dumps(nbformat.from_dict(notebook), indent=1)
    (project / "course" / SMALL / f"{SMALL}.ipynb").write_text(text, encoding="utf-8")
    return SMALL
