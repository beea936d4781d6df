"""Penalties for what was handed in late, as nbgrader's own plugin gives them: which one, its configuration says.

The due date and the extensions stand in the gradebook, where formgrader and `nbgrader db` put them.
"""

from collections.abc import Sequence
from pathlib import Path

from nbgrader import api
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import select
from sqlalchemy.orm import Session
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.grading import ROOT

CONFIGURATION = "nbgrader_config.py"


class Penalties:
    """What lateness costs, under the configuration in one of `folders` (the first that has one), else the course's.

    Raises whatever the configuration raises when it is read: it is the instructor's own Python.
    """

    def __init__(self, *folders: Path) -> None:
        places = [folder for folder in (*folders, ROOT) if (folder / CONFIGURATION).is_file()]
        config = PyFileConfigLoader(CONFIGURATION, path=str(places[0])).load_config() if places else Config()
        step = AssignLatePenalties(config=config)
        step.init_plugin()
        self.plugin = step.plugin_inst

    def assign(self, session: Session, lesson: str, students: Sequence[str]) -> None:
        """Set the penalty of each of these students' submissions, or take it away; never more than was earned."""
        session.expire_all()
        handed = api.SubmittedAssignment
        chosen = (
            select(handed).join(api.Assignment).where(api.Assignment.name == lesson, api.Assignment.duedate.isnot(None))
        )
        for one in session.scalars(chosen.where(handed.student_id.in_(students))):
            for notebook in one.notebooks:
                late = one.total_seconds_late
                cost = self.plugin.late_submission_penalty(one.student_id, notebook.score, late) if late > 0 else None
                notebook.late_submission_penalty = None if cost is None else min(max(0.0, cost), notebook.score)
