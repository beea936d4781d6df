"""nbgrader's settings for this course. `nbgrader` reads them where it is started: here, or in a folder with a copy.

Submissions lie in class/submitted/<student>/<lesson>/<lesson>.ipynb; gradebook, marked notebooks and feedback are
written into class/. Change what you like: late penalties, say, are nbgrader's own settings.
"""

import re
from pathlib import Path

CLASS = Path(__file__).resolve().parent / "class"

c = get_config()  # noqa: F821  the name that nbgrader gives to its settings
c.CourseDirectory.root = str(CLASS)

# `nbgrader autograde`, and formgrader's button, grade as `python -m autograder grade` does. Of nbgrader's own steps the
# last two remain: the points into the gradebook, and what lateness costs.
c.Autograde.pre_convert_hook = "autograder.nbgrader_step.set_aside"
c.Autograde.exporter_class = "autograder.nbgrader_step.GradedSubmission"
c.Autograde.sanitize_preprocessors = []
c.Autograde.autograde_preprocessors = [
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
]

# `nbgrader zip_collect LESSON` collects what lies in class/downloaded/LESSON/archive/: the archives of all submissions
# that Canvas and Moodle hand out. A student is the number that stands in there. Canvas: name_number_number_file, with
# LATE before the first number where it is late; Moodle: Full Name_number_assignsubmission_file_/file, or without the
# slash. The name ends at the first underscore: what follows must be the platform's, not what a learner called a file.
c.ZipCollectApp.extractor_plugin = "autograder.collecting.CheckedExtractor"
c.ZipCollectApp.collector_plugin = "autograder.collecting.LatestOfEach"
c.ZipCollectApp.CourseDirectory.release_directory = "../course"
c.FileNameCollectorPlugin.named_regexp = (
    re.escape(f"{CLASS}/downloaded/")
    + r"[^/]+/extracted/[^/]+/[^/_]*_(?:LATE_)?(?P<student_id>[0-9]+)_(?:[0-9]+_|assignsubmission_file_/?)"
    + r"(?P<file_id>[^/]+?)(?:(?:-| ?\()(?P<copy>[0-9]{1,3})\)?)?\.ipynb$"
)
