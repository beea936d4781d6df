"""One submission after another: each answer runs in the sandbox, by itself; its verdict is reached here, from data."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from autograder.exercise import Exercise, Outcome, Verdict
from autograder.exercises import of_lesson
from autograder.judge import judge
from autograder.lesson import read_lesson
from autograder.sandbox.isolation import Isolation, tried
from autograder.sandbox.worker import Job, Worker
from autograder.secret import seed_of
from autograder.submission import Answer, Submission, Unreadable, read_submission, safe_name

ROOT = Path(__file__).parent.parent
_MISSING = "its cell is not in the notebook"
_UNREAD = "the notebook could not be read"
_PRELOADED = ("torchvision", "matplotlib.pyplot", "scipy.optimize", "sklearn.linear_model")


@dataclass(frozen=True)
class Lesson:
    """What grading needs of a lesson. cells: the sources of its cells, by id."""

    name: str
    title: str
    exercises: list[Exercise]
    cells: dict[str, str]


@dataclass(frozen=True)
class Entry:
    """A folder to grade: whose, which lesson, and where its notebook should be."""

    student: str
    lesson: str
    path: Path

    @property
    def key(self) -> str:
        """The student's name, safe in file names and tables."""
        return safe_name(self.student)


@dataclass(frozen=True)
class Result:
    """The verdict on one answer, the source that it was reached on (None: there was none) and how that was found."""

    verdict: Verdict
    source: str | None = None
    remark: str | None = None

    @property
    def cause(self) -> str | None:
        """Where every property failed for one and the same reason, no observation being made: that reason."""
        reasons = {None if f.held or f.observation else f.got for f in self.verdict.findings}
        return reasons.pop() if len(reasons) == 1 else None


@dataclass(frozen=True)
class Graded:
    """All that is known of a submission. warnings: what in the lesson's own setup cell did not work here.

    isolation: how far its code was walled in.
    """

    entry: Entry
    results: list[Result]
    notes: list[str]
    warnings: list[str] = field(default_factory=list)
    isolation: Isolation = field(default_factory=Isolation)

    @property
    def points(self) -> int:
        """Points earned."""
        return sum(result.verdict.points for result in self.results)

    @property
    def possible(self) -> int:
        """Points that could be earned."""
        return sum(result.verdict.possible for result in self.results)


def load_lesson(text: Path) -> Lesson:
    """The lesson whose text is at `text`. Raises ValueError, naming the file, where it is not as a lesson should be."""
    cells = read_lesson(text).cells
    headings = (line[2:] for cell in cells for line in cell.source.splitlines() if line.startswith("# "))
    return Lesson(text.stem, next(headings, text.stem), of_lesson(text.stem), {cell.id: cell.source for cell in cells})


def grade_lesson(
    lesson: Lesson, entries: Iterable[Entry], limit: float, secret: bytes, *, walled: bool = True
) -> Iterator[Graded]:
    """Grade one entry after the other, on inputs that follow from the course's `secret`, not on those of the notebook.

    limit: seconds for each answer. walled: whether learners' code is walled in.

    Raises RuntimeError where the process for learners' code does not start, or the walls around it do not hold.
    """
    references = [one.reference for one in lesson.exercises]
    withheld = [(one.__module__, one.__name__) for one in references if one.__module__.startswith("lib.")]
    with Worker(ROOT, withheld, [*_PRELOADED, *_imported(lesson.cells["setup"])], walled=walled) as worker:
        isolation = tried(worker)
        for entry in entries:
            yield replace(_grade(worker, lesson, entry, limit, secret), isolation=isolation)


def _imported(setup: str) -> Iterator[str]:
    """Modules that the setup cell may import: imported once, before the first fork, where they are modules at all."""
    for node in ast.parse("\n".join(line for line in setup.splitlines() if not line.startswith(("%", "!")))).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _grade(worker: Worker, lesson: Lesson, entry: Entry, limit: float, secret: bytes) -> Graded:
    names = [exercise.name for exercise in lesson.exercises]
    try:
        submission, without = read_submission(entry.path, names, lesson.cells), _MISSING
    except Unreadable as error:
        submission, without = Submission(notes=[str(error)]), _UNREAD
    results, warnings = [], []
    for exercise in lesson.exercises:
        answer, seed = submission.answers.get(exercise.name), seed_of(secret, exercise.name)
        if answer is None:
            results.append(Result(_failed(exercise, without, seed)))
            continue
        verdict, said = _try(worker, exercise, answer, lesson.cells["setup"], limit, seed)
        results.append(Result(verdict, answer.source, answer.remark))
        warnings += said
    return Graded(entry, results, submission.notes, warnings)


def _try(
    worker: Worker, exercise: Exercise, answer: Answer, setup: str, limit: float, seed: int
) -> tuple[Verdict, list[str]]:
    cases = [case.inputs for case in exercise.cases(seed)]
    probe = (exercise.probe.__module__, exercise.probe.__name__)
    reply = worker.run(Job(exercise.name, probe, cases, answer.source, setup, answer.above, limit=limit))
    if reply.trouble:
        return _failed(exercise, reply.trouble, seed), []
    return judge(exercise, [Outcome(**outcome) for outcome in reply.outcomes], seed), reply.notes


def _failed(exercise: Exercise, reason: str, seed: int) -> Verdict:
    return judge(exercise, [Outcome(error=reason) for _ in exercise.cases(seed)], seed)
