"""Graded submissions of a small lesson, made without running anything: what the tests of the results share."""

from datetime import datetime
from pathlib import Path

from autograder.exercise import Finding, Verdict
from autograder.exercises import find
from autograder.grading import Entry, Graded, Lesson, Result
from autograder.records import Record
from autograder.sandbox.isolation import Isolation

NAME = "03_feature_extraction_vs_fine_tuning"
TASK = "task-report"
LESSON = Lesson(
    NAME,
    "3 · A lesson",
    [find("freeze"), find("replace_head")],
    {"setup": "import torch", TASK: "### In your words\n\nWhy?", "d1": "*Your text:*"},
    {TASK: 6},
)


def result(exercise: str, held: int, **more: object) -> Result:
    """An answer of which the first `held` properties hold."""
    sentences = [(one.sentence, one.points) for one in find(exercise).properties]
    findings = tuple(
        Finding(sentence, points, i < held, "a case", "output", "one", "two")
        for i, (sentence, points) in enumerate(sentences)
    )
    return Result(Verdict(exercise, findings), f"def {exercise}(): ...", **more)


def graded(student: str = "ada", held: int = 99, **more: object) -> Graded:
    results = [result("freeze", held), result("replace_head", 99)]
    own = {"notes": [], "isolation": Isolation(("files",))} | more
    return Graded(Entry(student, NAME, Path("nowhere") / NAME / f"{NAME}.ipynb"), results, **own)


def record(
    student: str = "ada", held: int = 99, when: datetime | None = None, mark: str = "mark", **more: object
) -> Record:
    return Record(graded(student, held, **more), mark, when)
