"""A course of one lesson, with submissions, as the tests of the grading's roads share it."""

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from autograder.exercises import of_lesson
from autograder.grading import ROOT
from tests.autograder.verdicts import NAME

STUDENTS = ("grace", "max", "sofia")
TEXT = """# %% [markdown]
# # A lesson

# %% setup=true
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.check import check

"""


class Course(NamedTuple):
    """Where what lies; the secret is made at first use."""

    submitted: Path
    solutions: Path
    secret: Path

    def options(self, out: Path) -> list[str]:
        """What every command is told: to grade with this secret, one after the other."""
        solutions, secret = str(self.solutions), str(self.secret)
        return ["--out", str(out), "--solutions", solutions, "--secret", secret, "--workers", "1"]


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Course:
    folder = tmp_path_factory.mktemp("course")
    for student in STUDENTS:
        shutil.copytree(ROOT / "tests" / "submissions" / student, folder / "submitted" / student)
    marks = '# %% [markdown] about="{0}"\n# Words.\n\n# %% exercise="{0}"\n\n# %% check="{0}"\n\n'
    (folder / "solutions").mkdir()
    text = TEXT + "".join(marks.format(exercise.name) for exercise in of_lesson(NAME))
    (folder / "solutions" / f"{NAME}.py").write_text(text, encoding="utf-8")
    return Course(folder / "submitted", folder / "solutions", folder / "secret")
