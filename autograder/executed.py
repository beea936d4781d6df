"""A lesson as it looks when it has been worked through: its exercises solved, every cell run, and what came out.

A run takes up to a minute and a half, so its notebook is kept, under the digest of what its outputs depend on: the
lesson and the reference with its records. (What a check says of a solution that is right does not change.)
"""

import hashlib
import os
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from autograder.lesson import read_lesson, serialise
from autograder.release import COURSE, ROOT
from lib.files import write_whole

_SECONDS = 300  # for a cell


def solved(text: Path) -> NotebookNode:
    """The released notebook of the lesson at `text`, with the instructor's solutions in it, and no outputs."""
    released: NotebookNode = nbformat.read(COURSE / text.stem / f"{text.stem}.ipynb", as_version=4)
    answers = {
        cell.id: cell.source for cell in read_lesson(text).cells if cell.metadata.get("nbgrader", {}).get("solution")
    }
    for cell in released.cells:
        cell.source = answers.get(cell.id, cell.source)
    return released


def run(notebook: NotebookNode, folder: Path) -> None:
    """Run the notebook from top to bottom in `folder`, in the quick budget; the outputs go into it.

    Raises nbclient's CellExecutionError where a cell fails.
    """
    with tempfile.TemporaryDirectory() as own:  # a reader's own settings of IPython are not ours to use or change
        around = {**os.environ, "COURSE_BUDGET": "quick", "IPYTHONDIR": own}
        client = NotebookClient(notebook, timeout=_SECONDS, resources={"metadata": {"path": str(folder)}})
        client.extra_arguments = ["--log-level=ERROR"]  # it warns of its way of talking, which stays on this machine
        client.execute(env=around)


def executed(text: Path, kept: Path) -> NotebookNode:
    """The lesson at `text` with its outputs: from the folder `kept`, or from a run that is then kept there."""
    notebook = solved(text)
    digest = hashlib.sha256(serialise(notebook) + _reference()).hexdigest()[:16]
    place = kept / f"{text.stem}-{digest}.ipynb"
    if not place.is_file():
        with tempfile.TemporaryDirectory() as folder:
            run(notebook, Path(folder))
        write_whole(place, serialise(notebook))
        for older in set(kept.glob(f"{text.stem}-*.ipynb")) - {place}:
            older.unlink()
    ran: NotebookNode = nbformat.read(place, as_version=4)
    return ran


def _reference() -> bytes:
    paths = sorted(path for path in (ROOT / "lib").rglob("*") if path.is_file() and path.suffix != ".pyc")
    return b"".join(hashlib.sha256(path.read_bytes()).digest() for path in paths)
