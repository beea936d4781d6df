"""The grader's end of the sandbox: hands jobs to a zygote, checks every reply, starts another zygote if one dies."""

import contextlib
import os
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from autograder.sandbox import library, prison, wire
from autograder.sandbox.confinement import MEMORY
from autograder.sandbox.zygote import ANSWERED, DIED, LATE, MESSAGES, READY, TOO_LARGE, TOO_MUCH

_START = 180.0  # seconds for the imports, on a slow disk
LENIENCY = 3.0
_GRACE = 10.0  # seconds that the zygote may take beyond a job's limit
_PATIENCE = 5.0  # seconds that it may take to end when asked to
_UNREADABLE = "its process sent a reply that could not be read"
# site-packages is appended here and its .pth files are not read: they would lead back to the whole project
_BOOT = (
    "import runpy, sys; sys.path += sys.argv.pop(1).split(':');"
    "runpy.run_module('autograder.sandbox.zygote', run_name='__main__', alter_sys=True)"
)


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
    Raises RuntimeError where processes cannot be forked, where there can be no walls though they are wanted, and where
    the process does not start.
    """

    def __init__(
        self, root: Path, withheld: Iterable[tuple[str, str]], preload: Iterable[str] = (), *, walled: bool = True
    ) -> None:
        if not hasattr(os, "fork"):
            raise RuntimeError("grading forks processes, which this system cannot: use Linux, macOS or WSL")
        if walled and (why := prison.unavailable()):
            raise RuntimeError(why)
        self.preload, self.walled = list(preload), walled
        self.zygote: subprocess.Popen[bytes] | None = None
        self.folder = tempfile.TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True)
        library.build(Path(self.folder.name) / "library", root, withheld)
        (Path(self.folder.name) / "home").mkdir()

    def run(self, job: Job) -> Reply:
        """The reply to one job; a process that dies, hangs or sends garbage gives a reply that says so."""
        deadline = time.monotonic() + LENIENCY * job.limit + _GRACE + (_START if self.zygote is None else 0)
        requests, replies = _pipes(self.zygote or self._start())
        try:
            wire.write_frame(
                requests, wire.encode(asdict(job) | {"wall": LENIENCY * job.limit}, MESSAGES, MESSAGES), deadline
            )
            word, message = wire.read_frame(replies, deadline), wire.read_frame(replies, deadline)
        except (EOFError, TimeoutError, OSError, wire.WireError):
            self._stop()
            word, message = DIED, b""
        return _believed(message, len(job.cases)) if word == ANSWERED else Reply(trouble=_sentence(word, job.limit))

    def _start(self) -> subprocess.Popen[bytes]:
        """Start with what is worth preloading; if that does not work, for one of them starts a thread, without."""
        try:
            return self._launch(self.preload)
        except RuntimeError:
            if not self.preload:
                raise
        return self._launch([])

    def _launch(self, preload: list[str]) -> subprocess.Popen[bytes]:
        folder = Path(self.folder.name)
        packages = ":".join(dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib")))
        command = [sys.executable, "-S", "-s", "-P", "-B", "-c", _BOOT, packages]
        option, pipe = prison.filtered() if self.walled else ([], None)
        if self.walled:
            command = [*prison.walls(folder / "library"), *option, "--", *command, str(prison.inmate()), *preload]
        else:
            command += ["-1", *preload]
        with open(folder / "log", "wb") as log:
            self.zygote = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=folder / "home",
                env=_environment(folder, self.walled),
                pass_fds=[] if pipe is None else [pipe],
                start_new_session=True,
            )
        if pipe is not None:
            os.close(pipe)
        try:
            ready = wire.read_frame(_pipes(self.zygote)[1], time.monotonic() + _START) == READY
        except (EOFError, TimeoutError, wire.WireError):
            ready = False
        if not ready:
            self._stop()
            said = (folder / "log").read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
            raise RuntimeError(f"the process that runs learners' code did not start: {' '.join(said)}")
        return self.zygote

    def _stop(self) -> None:
        """Ask it to end, so that it ends its child as well; if it does not, kill it."""
        if self.zygote is None:
            return
        self.zygote.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.zygote.wait(_PATIENCE)
        with contextlib.suppress(ProcessLookupError):  # it is gone, as it should be
            os.killpg(self.zygote.pid, signal.SIGKILL)
        self.zygote.wait()
        for pipe in (self.zygote.stdin, self.zygote.stdout):
            _close(pipe)
        self.zygote = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process and remove its folder; once more does nothing."""
        self._stop()
        self.folder.cleanup()


def _environment(folder: Path, walled: bool) -> dict[str, str]:
    """All that the process is told: nothing of the grader's own environment but PATH."""
    home = prison.SCRATCH if walled else str(folder / "home")
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return threads | {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": prison.LIBRARY if walled else str(folder / "library"),
        "PYTHONHASHSEED": "0",
        "HOME": home,
        "TMPDIR": home,
        "MPLCONFIGDIR": home,
        "MPLBACKEND": "Agg",
        "LANG": "C.UTF-8",
        "CUDA_VISIBLE_DEVICES": "",
        "COURSE_DEVICE": "cpu",
    }


def _pipes(zygote: subprocess.Popen[bytes]) -> tuple[int, int]:
    if zygote.stdin is None or zygote.stdout is None:
        raise RuntimeError("the process that runs learners' code has no pipes")
    return zygote.stdin.fileno(), zygote.stdout.fileno()


def _close(pipe: IO[bytes] | None) -> None:
    if pipe is not None:
        pipe.close()


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
