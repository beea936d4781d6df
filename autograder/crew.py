"""Several graders at work at once, each in a process of its own; what they find comes back as it is found.

A grader's process that ends (for want of memory, say) costs nobody anything: another takes its place and its
submission.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import torch

from autograder.grading import Entry, Graded, Grader, Lesson, Result, failed, load_lesson
from autograder.sandbox.confinement import threads
from autograder.sandbox.isolation import Isolation
from autograder.sandbox.place import Place
from autograder.secret import seed_of

_ENDED = "the grader's own process ended on it, twice"
_TRIES = 2
_FAREWELL = 10.0  # seconds that a process may take to end when nothing more is to come


@dataclass(frozen=True)
class Conditions:
    """What all submissions are graded under. solutions: the lessons' texts. limit: seconds for each answer."""

    solutions: Path
    limit: float
    secret: bytes
    walled: bool = True


class Bench:
    """Where one grader works: it keeps the process of one lesson, and opens the next lesson's when one comes.

    place: where the first lesson's process is, if that has been started.
    """

    def __init__(self, conditions: Conditions, place: Place | None = None) -> None:
        self.conditions, self.place = conditions, place
        self.grader: Grader | None = None
        self.stack = ExitStack()

    def grade(self, entry: Entry) -> Graded:
        """Grade one submission; errors are those of Grader."""
        if self.grader is None or self.grader.lesson.name != entry.lesson:
            self.close()
            own = self.conditions
            place, self.place = self.place, None
            grader = Grader(lesson_of(own, entry.lesson), own.limit, own.secret, walled=own.walled, place=place)
            self.grader = self.stack.enter_context(grader)
        return self.grader.grade(entry)

    def close(self) -> None:
        """End what is open."""
        self.grader = None
        self.stack.close()


def lesson_of(conditions: Conditions, name: str) -> Lesson:
    """The lesson by its name."""
    return load_lesson(conditions.solutions / f"{name}.py")


def grade_all(
    conditions: Conditions, entries: Iterable[Entry], workers: int, places: Sequence[Place] = ()
) -> Iterator[tuple[Graded, bool]]:
    """Grade all entries with as many processes, in the order in which they get done: what came, and whether that is
    a verdict. It is none where the grader itself did not get through: then it is to be tried again another time.

    places: where learners' code is to run, as far as that has been started; whoever started them ends them.

    Raises RuntimeError where a grader cannot start or is not walled in as it should be.
    """
    waiting = iter(entries)
    if workers == 1:
        with ExitStack() as stack:
            bench = Bench(conditions, *places[:1])
            stack.callback(bench.close)
            yield from ((bench.grade(entry), True) for entry in waiting)
        return
    with ExitStack() as stack:
        crew = Crew(conditions, places)
        stack.callback(crew.dismiss)
        for entry in waiting:
            crew.give(entry)
            while len(crew) >= workers and not crew.idle:
                yield from crew.done()
        while crew.busy:
            yield from crew.done()


class Crew:
    """The processes: which are idle, and what the others are at."""

    def __init__(self, conditions: Conditions, places: Sequence[Place] = ()) -> None:
        self.conditions, self.places = conditions, list(places)
        self.idle: list[Connection] = []
        self.busy: dict[Connection, tuple[Entry, int]] = {}
        self.processes: dict[Connection, Any] = {}

    def __len__(self) -> int:
        return len(self.processes)

    def give(self, entry: Entry, tried: int = 0) -> None:
        """Have `entry` graded: by one who did the same lesson before, by any who is idle, by a new one."""
        line = self.idle.pop(0) if self.idle else self._hire()
        self.busy[line] = (entry, tried)
        with suppress(OSError):  # it has ended: `done` meets its end
            line.send(entry)

    def done(self) -> Iterator[tuple[Graded, bool]]:
        """Wait for at least one process to say something; what came, as `grade_all` has it."""
        for line in [line for line in wait(list(self.busy)) if isinstance(line, Connection)]:
            entry, tried = self.busy.pop(line)
            try:
                answer = line.recv()
            except (EOFError, OSError):
                self._let_go(line)
                if tried + 1 < _TRIES:
                    self.give(entry, tried + 1)
                else:
                    yield nothing(self.conditions, entry, _ENDED), False
                continue
            if isinstance(answer, Exception):
                raise answer
            self.idle.append(line)
            yield answer, True

    def dismiss(self) -> None:
        """End all processes: who is idle ends by itself, and takes the learners' process along."""
        for line in list(self.processes):
            line.close()
        for line in list(self.processes):
            self._let_go(line)

    def _hire(self) -> Connection:
        """Fork, which saves eight seconds of imports; a fork of a process with threads, such as torch's, may hang."""
        context: Any = get_context("fork" if threads() == 1 else "spawn")
        here, there = context.Pipe()
        forks = context.get_start_method() == "fork"
        place = self.places.pop(0) if forks and self.places else None
        forked = [*self.processes, here, *self.places] if forks else []
        process = context.Process(target=_work, args=(self.conditions, there, forked, place), daemon=True)
        process.start()
        there.close()
        if place:
            place.leave()
        self.processes[here] = process
        return here

    def _let_go(self, line: Connection) -> None:
        process, busy = self.processes.pop(line), self.busy.pop(line, None)
        line.close()
        if not busy:
            process.join(_FAREWELL)
        process.terminate()
        process.join(5)
        process.kill()
        process.join()
        process.close()


def nothing(conditions: Conditions, entry: Entry, reason: str) -> Graded:
    """The result where a submission could not be graded at all, for `reason`."""
    lesson = lesson_of(conditions, entry.lesson)
    results = [Result(failed(one, reason, seed_of(conditions.secret, one.name))) for one in lesson.exercises]
    return Graded(entry, results, [f"It could not be graded: {reason}."], isolation=Isolation(("no code was run",)))


def _work(conditions: Conditions, line: Connection, forked: list[Connection | Place], place: Place | None) -> None:
    """What a process does: grade what comes until the line is closed. forked: the other ends of lines and the places of
    others, which a fork has as well: nobody would notice that they are closed.
    """
    for other in forked:
        if isinstance(other, Place):
            other.leave()
        else:
            other.close()
    torch.set_num_threads(1)
    bench = Bench(conditions, place)
    try:
        while True:
            line.send(_attempt(bench, line.recv()))
    except (EOFError, OSError, KeyboardInterrupt):
        return
    finally:
        bench.close()
        sys.stdout.flush()
        os._exit(0)  # no thread that a library left behind keeps it


def _attempt(bench: Bench, entry: Entry) -> Graded | Exception:
    try:
        return bench.grade(entry)
    except (OSError, RuntimeError, ValueError) as error:
        return error
