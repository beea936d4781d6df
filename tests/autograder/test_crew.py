"""Several graders at once: the same verdicts as one gives, and a grader that ends costs nobody anything."""

import os
import signal

import pytest

from autograder import crew
from autograder.crew import Conditions, Crew, grade_all
from autograder.grading import Entry
from tests.autograder.conftest import STUDENTS
from tests.autograder.verdicts import NAME, graded


def attempt(_bench: object, entry: Entry):
    """In place of a verdict: `kurt` ends his grader, `ada` does so once, at `max` the walls do not hold."""
    once = entry.path.with_name("once")
    if entry.student == "kurt" or (entry.student == "ada" and not once.exists()):
        once.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if entry.student == "max":
        return RuntimeError("the sandbox does not hold here")
    return graded(entry.student)


def work(*arguments) -> None:
    """What a process does in place of grading."""
    crew._attempt = attempt
    crew_work(*arguments)


crew_work = crew._work


@pytest.fixture
def entries(tmp_path):
    return {name: Entry(name, NAME, tmp_path / f"{NAME}.ipynb") for name in ("ada", "eve", "grace", "kurt", "max")}


@pytest.fixture
def conditions(course):
    return Conditions(course.solutions, 20.0, b"secret")


def test_a_grader_that_ends_is_replaced_and_its_submission_tried_again(entries, conditions, monkeypatch):
    monkeypatch.setattr(crew, "_work", work)
    chosen = [entries[name] for name in ("ada", "eve", "kurt", "grace")]
    found = {one.entry.student: (one, finished) for one, finished in grade_all(conditions, chosen, 2)}
    assert {name: finished for name, (_, finished) in found.items()} == {
        "ada": True,
        "eve": True,
        "grace": True,
        "kurt": False,
    }
    lost = found["kurt"][0]
    assert lost.points == 0 and lost.notes == ["It could not be graded: the grader's own process ended on it, twice."]


def test_a_sandbox_that_does_not_hold_ends_the_run(entries, conditions, monkeypatch):
    monkeypatch.setattr(crew, "_work", work)
    with pytest.raises(RuntimeError, match="the sandbox does not hold here"):
        list(grade_all(conditions, [entries["eve"], entries["max"]], 2))


def test_a_crew_that_is_dismissed_leaves_no_process(entries, conditions, monkeypatch):
    monkeypatch.setattr(crew, "_work", work)
    team = Crew(conditions)
    team.give(entries["eve"])
    (process,) = team.processes.values()
    number = process.pid
    team.dismiss()
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


@pytest.mark.slow
def test_two_graders_give_what_one_gives(course):
    conditions = Conditions(course.solutions, 20.0, b"secret")
    chosen = [Entry(name, NAME, course.submitted / name / NAME / f"{NAME}.ipynb") for name in STUDENTS]
    alone = {one.entry.student: one for one, _ in grade_all(conditions, chosen, 1)}
    together = {one.entry.student: one for one, _ in grade_all(conditions, chosen, 2)}
    assert together == alone and sorted(alone) == sorted(STUDENTS)
