"""The course as a website: static files that need no server and no other host, made by Sphinx, MyST and a book's theme.

Those are the parts that Jupyter Book is made of. The pages are the lessons as they look when they have been run, with
no solutions; the glossary; the reference's docstrings; the proof of the exercises; an instructor's day. The lessons'
notebooks and the whole course can be downloaded.
"""

import argparse
import importlib.resources
import importlib.util
import io
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from autograder import handout, website_pages, welcome
from autograder.executed import executed
from autograder.release import COURSE, ROOT, SOLUTIONS, drift, lessons
from lib.files import write_whole

OUT = ROOT / "build" / "website"
KEPT = ROOT / "build" / "lessons"
MATHJAX = "tex-svg.js"  # one file, fonts and all
SETTINGS: Mapping[str, Any] = {
    "project": welcome.TITLE,
    "author": "the transfer-learning course authors",
    "language": "en",
    "extensions": ["myst_nb", "sphinx.ext.mathjax"],
    "myst_enable_extensions": ["colon_fence", "dollarmath"],
    "myst_heading_anchors": 3,
    "nb_execution_mode": "off",
    "add_module_names": False,
    "html_theme": "sphinx_book_theme",
    "html_title": welcome.TITLE,
    "html_theme_options": {
        "use_download_button": False,  # it would give the page's notebook, not the one to work in
        "use_fullscreen_button": False,
        "navbar_persistent": [],  # a second field for searching, above the one at the side
        "navbar_start": [],
        "navbar_center": [],
        "navbar_end": [],
    },
    "html_context": {"default_mode": "auto"},
    "html_copy_source": False,
    "html_show_copyright": False,
    "html_show_sphinx": False,
    "html_favicon": "_static/favicon.svg",
    "html_css_files": ["course.css"],
    "html_js_files": ["course.js"],
    "mathjax_path": MATHJAX,
    "mathjax3_config": {"options": {"enableMenu": False}},
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `python -m autograder website`."""
    parser.add_argument("--out", type=Path, default=OUT, help="the folder to write, or to replace (build/website)")
    parser.add_argument("--draft", action="store_true", help="lessons as they are handed out, not run: half a minute")


def run(arguments: argparse.Namespace) -> int:
    """Write the site; 1 where something it is made of is missing, and the site that was there stays."""
    if importlib.util.find_spec("sphinx_book_theme") is None:
        print("The website's tools are not installed: `python3 start.py website` installs them, and makes it.")
        return 1
    if not SOLUTIONS.is_dir():
        print("This is a learner's copy of the course: the website is made where solutions/ is.")
        return 1
    out = arguments.out.resolve()
    if out.exists() and not (out / "objects.inv").is_file():
        print(
            f"{out} is there already and is no website of ours: name another folder, or one that is still to be made."
        )
        return 1
    if faults := drift():
        print(*faults, "Run `python -m autograder release` first: nothing was written.", sep="\n")
        return 1
    complaints = build(out, (lambda _: None) if arguments.draft else (lambda text: executed(text, KEPT)))
    print(complaints or f"The site begins at {out / 'index.html'}")
    return 1 if complaints else 0


def build(out: Path, ran: Callable[[Path], NotebookNode | None]) -> str:
    """Make the site and put it in place of `out`; what Sphinx complains of, and then nothing is replaced.

    ran: what gives a lesson's notebook with its outputs, or None for one that is shown as it is handed out.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".website-") as folder:
        sources, made = Path(folder) / "sources", Path(folder) / "html"
        _write_sources(sources, ran)
        if complaints := _sphinx(sources, made, Path(folder) / "trees"):
            return complaints
        _add_files(made)
        if out.exists():
            out.rename(Path(folder) / "older")
        made.rename(out)
    return ""


def _write_sources(sources: Path, ran: Callable[[Path], NotebookNode | None]) -> None:
    for text in lessons():
        print(f"{text.stem} ...", flush=True)
        page = website_pages.lesson(COURSE / text.stem / f"{text.stem}.ipynb", ran(text))
        write_whole(sources / "course" / text.stem / f"{text.stem}.ipynb", page)
    for name, content in website_pages.others(ROOT).items():
        write_whole(sources / name, content)
    shutil.copytree(Path(__file__).parent / "website_files", sources / "_static")


def _sphinx(sources: Path, made: Path, trees: Path) -> str:
    from sphinx.application import Sphinx
    from sphinx.util.console import nocolor

    nocolor()
    warnings = io.StringIO()
    settings = {**SETTINGS, "html_static_path": ["_static"]}
    app = Sphinx(sources, None, made, trees, "html", settings, status=None, warning=warnings)
    app.build()
    return warnings.getvalue()


def _add_files(made: Path) -> None:
    """What pages link to or load that Sphinx does not make: the downloads, and MathJax."""
    for notebook in COURSE.glob("*/*.ipynb"):
        write_whole(made / website_pages.DOWNLOADS / notebook.name, notebook.read_bytes())
    write_whole(made / website_pages.DOWNLOADS / website_pages.ARCHIVE, handout.packed(ROOT))
    mathjax = importlib.resources.files("sphinx-mathjax-offline") / "static" / "mathjax" / MATHJAX
    write_whole(made / "_static" / MATHJAX, mathjax.read_bytes())
