"""The grader's end of the sandbox: hands jobs to a zygote, checks every reply, starts another zygote if one dies."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from autograder.sandbox import library, wire
from autograder.sandbox.confinement import MEMORY
from autograder.sandbox.place import COMMON, Place
from autograder.sandbox.zygote import ANSWERED, DIED, LATE, MESSAGES, READY, TOO_LARGE, TOO_MUCH

_START = 180.0  # seconds for the imports, on a slow disk
LENIENCY = 3.0
_GRACE = 10.0  # seconds that the zygote may take beyond a job's limit
_UNREADABLE = "its process sent a reply that could not be read"


@dataclass(frozen=True)
class Job:
    """One attempt at one exercise. Sources are a learner's, except `setup`; `cases` are the probe's inputs.

    probe: its module and its name in there. above: cells that the answer may build on; only what it uses is run.
    limit: seconds of processor time for all of it. By the clock it may take LENIENCY times as long: a machine has other
    work too, and no right answer shall suffer for that.
    """

    name: str
    probe: tuple[str, str]
    cases: list[dict[str, Any]]
    answer: str
    setup: str = ""
    above: list[str] = field(default_factory=list)
    device: str = "cpu"
    limit: float = 20.0


@dataclass(frozen=True)
class Reply:
    """What came of a job: a case gives {"observations": …} or {"error": …}; `trouble`: why nothing did, in words."""

    outcomes: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    trouble: str | None = None


class Worker:
    """Runs jobs one after the other in a process with a library that lacks what is `withheld`. A context manager.

    preload: modules worth importing before the first fork. walled: whether learners' code is walled in (prison.py).
    place: where, if that has been made before; it is closed with the worker. Errors are those of Place; and
    RuntimeError, at the first job, where the process does not start.
    """

    def __init__(
        self,
        root: Path,
        withheld: Iterable[tuple[str, str]],
        preload: Iterable[str] = (),
        *,
        walled: bool = True,
        place: Place | None = None,
    ) -> None:
        self.preload = list(preload)
        self.place = place or Place(root, walled=walled)
        self.is_ready = False
        library.withhold(self.place.library, withheld)

    def run(self, job: Job) -> Reply:
        """The reply to one job; a process that dies, hangs or sends garbage gives a reply that says so."""
        if not self.is_ready:
            self.start()
        requests, replies = self.place.pipes()
        wall = LENIENCY * job.limit
        deadline = time.monotonic() + wall + _GRACE
        try:
            wire.write_frame(requests, wire.encode(vars(job) | {"wall": wall}, MESSAGES, MESSAGES), deadline)
            word, message = wire.read_frame(replies, deadline), wire.read_frame(replies, deadline)
        except (EOFError, TimeoutError, OSError, wire.WireError):
            self._stop()
            word, message = DIED, b""
        return _believed(message, len(job.cases)) if word == ANSWERED else Reply(trouble=_sentence(word, job.limit))

    def start(self) -> None:
        """Have the process ready for jobs, with what is worth preloading; if that does not work, for one of them starts
        a thread, without.
        """
        if self._get_ready(COMMON, self.preload) or self._get_ready((), []):
            return
        raise RuntimeError(f"the process that runs learners' code did not start: {self.place.last_words()}")

    def _get_ready(self, common: Iterable[str], preload: list[str]) -> bool:
        if self.place.process is None:
            self.place.launch(common)
        requests, replies = self.place.pipes()
        deadline = time.monotonic() + _START
        try:
            wire.write_frame(requests, wire.encode(preload), deadline)
            self.is_ready = wire.read_frame(replies, deadline) == READY
        except (EOFError, TimeoutError, OSError, wire.WireError):
            self.is_ready = False
        if not self.is_ready:
            self._stop()
        return self.is_ready

    def _stop(self) -> None:
        self.is_ready = False
        self.place.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process and remove its folder; once more does nothing."""
        self._stop()
        self.place.close()


def _sentence(word: bytes, limit: float) -> str:
    sentences = {
        LATE: f"it did not finish within {limit:g} s",
        DIED: "its process ended before it answered",
        TOO_MUCH: f"it gave more than {wire.LIMIT // 2**20} MB",
        TOO_LARGE: f"it took more than {MEMORY // 2**30} GB of memory",
    }
    return sentences.get(word, _UNREADABLE)


def _believed(message: bytes, cases: int) -> Reply:
    """The reply in a message, if it has the exact form of one."""
    try:
        value = wire.decode(message)
    except wire.WireError:
        return Reply(trouble=_UNREADABLE)
    match value:
        case {"outcomes": list(outcomes), "notes": list(notes), **more} if not more:
            sound = len(outcomes) == cases and all(map(_is_outcome, outcomes)) and all(type(n) is str for n in notes)
            if sound:
                return Reply(outcomes, notes[:10])
    return Reply(trouble=_UNREADABLE)


def _is_outcome(value: Any) -> bool:
    match value:
        case {"observations": dict(), **more} if not more:
            return True
        case {"error": str(), **more} if not more:
            return True
    return False
