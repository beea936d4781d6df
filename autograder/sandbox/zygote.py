"""A process that imports torch once, then forks a child for each job: a fork takes 0.06 s, a cold import 4 to 6 s.

It is single-threaded, runs no learner's code itself, and holds no reference, no expected value and no secret. It reads
jobs from its standard input and writes, for each, a word (ANSWERED, LATE, …) and the child's reply.
"""

import contextlib
import gc
import importlib
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from autograder.sandbox import child, landlock, pages, wire
from autograder.sandbox.confinement import Watch, give_up_rights, is_walled_in, limit, sweep, threads

READY, ANSWERED, LATE, DIED, TOO_MUCH = b"ready", b"answered", b"late", b"died", b"too much"
TOO_LARGE = b"too large"
_WORTHWHILE = 10  # jobs: what it costs to make forks cheaper is won back by sixty more
MESSAGES = 2**28  # bytes: what the grader sends is trusted, and holds whole notebooks


def main(user: int, common: list[str]) -> None:
    """Become `user` if it is not negative; import the modules in `common`, then those that the first message names, as
    far as they are there; then serve jobs until the standard input ends.
    """
    give_up_rights(user)
    signal.signal(signal.SIGTERM, _stop)
    requests, replies = os.dup(0), os.dup(1)
    _silence(0, 1)
    for name in common:
        _import(name)
    for name in wire.decode(_next(requests) or wire.encode([])):
        _import(name)
    if (count := threads()) > 1:
        raise RuntimeError(f"{count} threads after the imports; a process forked from here could hang")
    gc.collect()
    gc.freeze()  # children would otherwise copy every page that their garbage collector looks at
    watch = Watch(requests)
    wire.write_frame(replies, READY)
    served = 0
    while message := _next(requests):
        for part in _run(wire.decode(message, MESSAGES), watch):
            wire.write_frame(replies, part)
        served += 1
        if served == _WORTHWHILE:
            pages.enlarge()


def _stop(_number: int, _frame: object) -> None:
    raise SystemExit  # so that the child, if there is one, is ended on the way out


def _next(requests: int) -> bytes | None:
    try:
        return wire.read_frame(requests, limit=MESSAGES)
    except EOFError:
        return None


def _import(name: str) -> None:
    with child.Guard():  # the cell that asks for it will say so
        importlib.import_module(name)


# ---- one job ------------------------------------------------------------------------------------------------------


def _run(job: dict[str, Any], watch: Watch) -> tuple[bytes, bytes]:
    """Fork, wait for the reply or the end of the time, kill whatever is left: all but this, where it is walled in."""
    reading, writing = os.pipe()
    folder = tempfile.mkdtemp(dir=os.environ["TMPDIR"])
    walled, process = is_walled_in(), os.fork()
    if process == 0:
        _be_a_child(job, folder, writing, walled=walled)
    os.close(writing)
    try:
        with watch:
            return ANSWERED, wire.read_frame(reading, time.monotonic() + job["wall"])
    except TimeoutError:
        return LATE, b""
    except EOFError:
        return TOO_LARGE if watch.triggered else LATE if _used(process) >= job["limit"] else DIED, b""
    except wire.WireError:
        return TOO_MUCH, b""
    finally:
        os.close(reading)
        if is_walled_in():
            sweep(Path(folder).parent)
        else:
            _end(process)
            shutil.rmtree(folder, ignore_errors=True)


def _be_a_child(job: dict[str, Any], folder: str, writing: int, *, walled: bool) -> None:
    """Never returns: whatever happens, the process ends here."""
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.setsid()
        reply = os.dup2(writing, 3, inheritable=False)
        os.closerange(4, 2**16)
        _silence(0, 1, 2)
        os.chdir(folder)
        limit(job["limit"])
        if walled:
            landlock.confine([Path(folder).parent, Path("/dev/shm")])
        os.environ["HOME"] = os.environ["TMPDIR"] = tempfile.tempdir = folder
        wire.write_frame(reply, child.answer(job))
    finally:
        os._exit(0)


def _used(process: int) -> float:
    """Seconds of processor time that a child has used up that is ending; 0 where it does not end."""
    for _ in range(100):
        ended, _, usage = os.wait4(process, os.WNOHANG)
        if ended:
            return usage.ru_utime + usage.ru_stime
        time.sleep(0.01)
    return 0.0


def _end(process: int) -> None:
    for kill in (os.killpg, os.kill):  # the group may not exist yet, if the child had no time to make it
        try:
            kill(process, signal.SIGKILL)
        except ProcessLookupError:
            continue
    with contextlib.suppress(ChildProcessError):  # it is gone, as it should be
        os.waitpid(process, 0)


def _silence(*descriptors: int) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in descriptors:
        os.dup2(nothing, descriptor)
    os.close(nothing)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
