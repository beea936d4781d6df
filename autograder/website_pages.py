"""The pages of the website, as Sphinx takes them: Markdown (MyST), and notebooks with their outputs."""

import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder import glossary, reference_pages, welcome
from autograder.lesson import serialise

DOWNLOADS, ARCHIVE = "downloads", "transfer-learning-course.zip"
_VIEW = "application/vnd.jupyter.widget-view+json"
_TREES = """\
```{{toctree}}
:hidden:
:maxdepth: 1
:caption: {caption}

{entries}
```
"""
_HOME = """\
# {title}

{promise} The course runs offline on a laptop with two cores; the pre-trained networks and the data are in it.

![{described}](docs/images_per_class.png)

**To work through it**, download the <a href="{downloads}/{archive}" download>whole course</a>, unpack it, and run
`python3 start.py` in its folder: it installs what it needs into that folder and opens the lessons in JupyterLab, where
each answer is checked the moment you write it. **To read it**, begin here; these pages show the lessons as they look
when they have been run, in the budget of a laptop, with the exercises still to be solved.

| lesson | takes | exercises | notebook |
|:--|:--|--:|:--|
{rows}

The terms are in the [glossary](course/glossary.md), the reference library's own words on the
[reference pages](reference/index.md). Who teaches with it finds [an instructor's day](docs/instructors_day.md), and
what each exercise's check was shown to be worth in [the proof](docs/proof.md).
"""
_REFERENCE = """\
# The reference

`lib` is what the lessons import and what the exercises are checked against: each technique on a page of its own, with
its formula, its source, shapes, errors and an example. These pages are its docstrings.

| module | what it holds |
|:--|:--|
{rows}
"""


def lesson(released: Path, ran: NotebookNode | None) -> bytes:
    """A lesson's page: the released notebook, with the outputs of the run `ran` where there was one.

    A check's output is left out, for what it checked is not shown; of a widget, the still remains.
    """
    notebook: NotebookNode = nbformat.read(released, as_version=4)
    outputs = {cell.id: cell.outputs for cell in ran.cells if cell.cell_type == "code"} if ran else {}
    for cell in notebook.cells:
        if cell.cell_type == "code" and "nbgrader" not in cell.metadata:
            cell.outputs = [one for one in outputs.get(cell.id, []) if _VIEW not in one.get("data", {})]
    address = f"../../{DOWNLOADS}/{released.name}"
    words = f"<a href=\"{address}\" download>Download this lesson's notebook</a>. It runs in the course's folder."
    notebook.cells.insert(1, nbformat.v4.new_markdown_cell(words, id="download"))
    return serialise(notebook)


def others(root: Path) -> dict[str, bytes]:
    """All pages but the lessons, and the picture of the first, by their places."""
    reference = reference_pages.pages(root / "lib")
    found = {f"reference/{name}.md": page.text for name, page in reference.items()}
    found["reference/index.md"] = _reference(reference)
    found["index.md"] = _home(root)
    found[f"course/{glossary.PAGE}"] = (root / "course" / glossary.PAGE).read_text(encoding="utf-8")
    for name in ("docs/proof.md", "docs/instructors_day.md"):
        found[name] = (root / name).read_text(encoding="utf-8")
    picture = "docs/images_per_class.png"
    return {name: page.encode("utf-8") for name, page in found.items()} | {picture: (root / picture).read_bytes()}


def _home(root: Path) -> str:
    course = list(welcome.lessons(root / "course"))
    described = re.search(r"!\[([^]]+)]\(docs/images_per_class", (root / "README.md").read_text(encoding="utf-8"))
    places = [f"course/{one.name}/{one.name}" for one in course]
    page = _HOME.format(
        title=welcome.TITLE,
        promise=welcome.PROMISE,
        described=described[1] if described else "",
        downloads=DOWNLOADS,
        archive=ARCHIVE,
        rows="\n".join(_row(one) for one in course),
    )
    return page + "\n" + "\n".join([
        _tree("Lessons", places),
        _tree("Look up", ["course/glossary", "reference/index"]),
        _tree("Teach", ["docs/instructors_day", "docs/proof"]),
    ])  # fmt: skip


def _row(one: welcome.Lesson) -> str:
    points = sum(task.points for task in one.tasks)
    counted = f"{len(one.tasks)}, {points} points" if one.tasks else ""
    link = f'<a href="{DOWNLOADS}/{one.name}.ipynb" download>download</a>'
    return f"| [{one.title}](course/{one.name}/{one.name}.ipynb) | {one.takes} | {counted} | {link} |"


def _reference(modules: dict[str, reference_pages.Page]) -> str:
    rows = (f"| [{name}]({name}.md) | {page.says} |" for name, page in modules.items())
    return _REFERENCE.format(rows="\n".join(rows)) + "\n" + _tree("Modules", list(modules))


def _tree(caption: str, entries: list[str]) -> str:
    return _TREES.format(caption=caption, entries="\n".join(entries))
