"""nbgrader's `autograde`, with our grading in it: plain `nbgrader autograde` and formgrader's button use this step.

nbgrader runs a submission's cells in a kernel and believes its metadata. Here the submission is graded as
`python -m autograder grade` grades it, and nbgrader goes on with the notebook that is made from the verdicts: it reads
the points off it, keeps the gradebook and assigns late penalties. nbgrader_config.py puts it in.
"""

import os
import weakref
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from traitlets import Bool, Float, Unicode

from autograder.crew import Bench, Conditions, lesson_of
from autograder.graded_notebook import graded_notebook
from autograder.grading import ROOT, Entry
from autograder.secret import course_secret


class GradedSubmission(NotebookExporter):
    """Reads a submission and exports the notebook of its verdicts. nbgrader reads each notebook twice: first what was
    submitted, then what came of that, which passes through.
    """

    limit = Float(20.0, help="Seconds for each answer.").tag(config=True)
    unsandboxed = Bool(False, help="Run learners' code without walls; every report says so.").tag(config=True)
    solutions = Unicode(str(ROOT / "solutions"), help="The folder of the lessons' texts.").tag(config=True)
    secret = Unicode("", help="The file of the course's secret; by default .secret beside submitted/.").tag(config=True)

    bench: Bench | None = None

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **more: Any
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Export the notebook in `filename`; where it was submitted, grade it.

        Raises RuntimeError where learners' code cannot be walled in, and ValueError where no lesson bears its name.
        """
        own = (resources or {}).get("nbgrader")
        if own is None or not getattr(self.parent, "_sanitizing", False):
            return super().from_filename(filename, resources, **more)
        return self.from_notebook_node(self._graded(Path(filename).absolute(), own), resources, **more)

    def _graded(self, path: Path, own: dict[str, str]) -> NotebookNode:
        bench = self.bench or self._open(path)
        entry = Entry(own["student"], own["assignment"], path)
        graded = bench.grade(entry)
        lesson = lesson_of(bench.conditions, entry.lesson)
        return nbformat.reads(graded_notebook(lesson, graded).decode("utf-8"), as_version=4)

    def _open(self, path: Path) -> Bench:
        """A bench that is cleared when this exporter goes. path: <root>/submitted/<student>/<lesson>/<lesson>.ipynb."""
        secret = course_secret(Path(self.secret) if self.secret else path.parents[3] / ".secret")
        conditions = Conditions(Path(self.solutions), self.limit, secret, walled=not self.unsandboxed)
        self.bench = Bench(conditions)
        weakref.finalize(self, self.bench.close)
        return self.bench


def set_aside(notebooks: list[str], **_: Any) -> None:
    """Before nbgrader copies what lies beside a submitted notebook: move links, pipes and devices out of its way.

    notebooks: paths of one submission's notebooks. What is moved is kept in <root>/set_aside/<student>/<lesson>/.
    """
    for folder in {Path(notebook).absolute().parent for notebook in notebooks}:
        place = folder.parents[2] / "set_aside" / folder.parent.name / folder.name
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                place.mkdir(parents=True, exist_ok=True)
                os.replace(path, place / path.name)
