"""nbgrader's settings for this course. `nbgrader` reads them where it is started: here, or in a folder with a copy.

Submissions lie in class/submitted/<student>/<lesson>/<lesson>.ipynb; gradebook, marked notebooks and feedback are
written into class/. Change what you like: late penalties, say, are nbgrader's own settings.
"""

from pathlib import Path

c = get_config()  # noqa: F821  the name that nbgrader gives to its settings
c.CourseDirectory.root = str(Path(__file__).resolve().parent / "class")

# `nbgrader autograde`, and formgrader's button, grade as `python -m autograder grade` does. Of nbgrader's own steps the
# last two remain: the points into the gradebook, and what lateness costs.
c.Autograde.pre_convert_hook = "autograder.nbgrader_step.set_aside"
c.Autograde.exporter_class = "autograder.nbgrader_step.GradedSubmission"
c.Autograde.sanitize_preprocessors = []
c.Autograde.autograde_preprocessors = [
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
]
