"""One submission after another: each answer runs in the sandbox, by itself; its verdict is reached here, from data."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from autograder.exercise import Exercise, Outcome, Verdict
from autograder.exercises import of_lesson
from autograder.judge import judge
from autograder.lesson import read_lesson
from autograder.sandbox.isolation import Isolation, tried
from autograder.sandbox.place import Place
from autograder.sandbox.worker import Job, Worker
from autograder.secret import seed_of
from autograder.submission import TASK, Answer, Submission, Unreadable, read_submission, safe_name

ROOT = Path(__file__).parent.parent
_MISSING = "its cell is not in the notebook"
_UNREAD = "the notebook could not be read"


@dataclass(frozen=True)
class Lesson:
    """What grading needs of a lesson. cells: the sources of its cells, by id. tasks: the points of what is to be
    answered in words, by the task's cell.
    """

    name: str
    title: str
    exercises: list[Exercise]
    cells: dict[str, str]
    tasks: dict[str, int] = field(default_factory=dict)


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
    """The verdict on one answer, the source that it was reached on (None: there was none), how that was found, and the
    learner's own cells above it.
    """

    verdict: Verdict
    source: str | None = None
    remark: str | None = None
    above: list[str] = field(default_factory=list)

    @property
    def cause(self) -> str | None:
        """Where every property failed for one and the same reason, no observation being made: that reason."""
        reasons = {None if f.held or f.observation else f.got for f in self.verdict.findings}
        return reasons.pop() if len(reasons) == 1 else None


@dataclass(frozen=True)
class Graded:
    """All that is known of a submission. warnings: what in the lesson's own setup cell did not work here.

    written: answers in words, by task. isolation: how far its code was walled in.
    """

    entry: Entry
    results: list[Result]
    notes: list[str]
    warnings: list[str] = field(default_factory=list)
    written: dict[str, str] = field(default_factory=dict)
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
    sources = {cell.id: cell.source for cell in cells}
    tasks = {cell.id: cell.metadata["nbgrader"]["points"] for cell in cells if cell.id.startswith(TASK)}
    return Lesson(text.stem, next(headings, text.stem), of_lesson(text.stem), sources, tasks)


class Grader:
    """Grades submissions of one lesson, on inputs that follow from the course's `secret`, not on those of the notebook.
    A context manager.

    limit: seconds for each answer. walled: whether learners' code is walled in. place: where it is to run, if that has
    been made before.

    Entering raises RuntimeError where the process for learners' code does not start, or the walls do not hold.
    """

    def __init__(
        self, lesson: Lesson, limit: float, secret: bytes, *, walled: bool = True, place: Place | None = None
    ) -> None:
        self.lesson, self.limit, self.secret = lesson, limit, secret
        references = [one.reference for one in lesson.exercises]
        withheld = [(one.__module__, one.__name__) for one in references if one.__module__.startswith("lib.")]
        preload = [*_imported(lesson.cells["setup"]), *(one.probe.__module__ for one in lesson.exercises)]
        self.worker = Worker(ROOT, withheld, dict.fromkeys(preload), walled=walled, place=place)
        self.isolation = Isolation()

    def __enter__(self) -> Self:
        try:
            self.isolation = tried(self.worker)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process for learners' code. Afterwards nothing can be graded."""
        self.worker.close()

    def grade(self, entry: Entry) -> Graded:
        """All that is to be known of one submission."""
        names = [exercise.name for exercise in self.lesson.exercises]
        try:
            submission, without = read_submission(entry.path, names, self.lesson.cells), _MISSING
        except Unreadable as error:
            submission, without = Submission(notes=[str(error)]), _UNREAD
        results, warnings = [], []
        for exercise in self.lesson.exercises:
            answer, seed = submission.answers.get(exercise.name), seed_of(self.secret, exercise.name)
            if answer is None:
                results.append(Result(failed(exercise, without, seed)))
                continue
            verdict, said = self._try(exercise, answer, seed)
            results.append(Result(verdict, answer.source, answer.remark, answer.above))
            warnings += said
        return Graded(entry, results, submission.notes, warnings, submission.written, self.isolation)

    def _try(self, exercise: Exercise, answer: Answer, seed: int) -> tuple[Verdict, list[str]]:
        cases = [case.inputs for case in exercise.cases(seed)]
        probe = (exercise.probe.__module__, exercise.probe.__name__)
        setup = self.lesson.cells["setup"]
        job = Job(exercise.name, probe, cases, answer.source, setup, answer.above, limit=self.limit)
        reply = self.worker.run(job)
        if reply.trouble:
            return failed(exercise, reply.trouble, seed), []
        return judge(exercise, [Outcome(**outcome) for outcome in reply.outcomes], seed), reply.notes


def grade_lesson(
    lesson: Lesson, entries: Iterable[Entry], limit: float, secret: bytes, *, walled: bool = True
) -> Iterator[Graded]:
    """Grade one entry after the other; arguments and errors are those of Grader."""
    with Grader(lesson, limit, secret, walled=walled) as grader:
        for entry in entries:
            yield grader.grade(entry)


def failed(exercise: Exercise, reason: str, seed: int) -> Verdict:
    """The verdict where no answer could be tried, for `reason`."""
    return judge(exercise, [Outcome(error=reason) for _ in exercise.cases(seed)], seed)


def _imported(setup: str) -> Iterator[str]:
    """Modules that the setup cell may import: imported once, before the first fork, where they are modules at all."""
    for node in ast.parse("\n".join(line for line in setup.splitlines() if not line.startswith(("%", "!")))).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
