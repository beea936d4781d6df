"""All submissions of a kind are graded in one run, as a class's are; each test then looks at one of them."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.grading import ROOT, Entry, Graded, Lesson, grade_lesson, load_lesson
from tests.hostile.submitted import LESSON, NAMES, Submission

SECONDS = 4.0  # for an answer; honest ones take a tenth of it


@pytest.fixture(scope="session")
def lesson() -> Lesson:
    whole = load_lesson(ROOT / "solutions" / f"{LESSON}.py")
    return replace(whole, exercises=[one for one in whole.exercises if one.name in NAMES])


def grade_all(
    lesson: Lesson, submissions: Mapping[str, Submission], folder: Path, *, walled: bool = True
) -> dict[str, Graded]:
    """Hand all of them in under `folder`, and grade them one after the other in one run."""
    entries = []
    for number, (name, submission) in enumerate(submissions.items()):
        path = folder / f"{number:03}" / LESSON / f"{LESSON}.ipynb"
        path.parent.mkdir(parents=True)
        submission.write(path)
        entries.append(Entry(name, LESSON, path))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECRET_OF_THE_GRADER", "which no answer may read")
        graded = grade_lesson(lesson, entries, SECONDS, secret=b"of these tests", walled=walled)
        return {one.entry.student: one for one in graded}


def points(graded: Graded) -> tuple[int, ...]:
    """Of NAMES, in their order."""
    earned = {result.verdict.exercise: result.verdict.points for result in graded.results}
    return tuple(earned[name] for name in NAMES)


def pytest_terminal_summary(terminalreporter) -> None:
    """How many of each kind got what they earned."""
    passed = [report.nodeid for report in terminalreporter.getreports("passed") if "hostile" in report.nodeid]
    counted = {
        kind: sum(f"::test_{kind}_" in one for one in passed) for kind in ("notebook", "process", "host", "control")
    }
    if any(counted.values()):
        words = ", ".join(f"{count} of kind {kind}" for kind, count in counted.items())
        terminalreporter.write_line(f"submissions that got what they earned: {words}")
