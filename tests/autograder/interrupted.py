"""Runs `grade` in a process forked for it, and ends that by SIGKILL at its nth step: a write, a move, a statement.

    python -m tests.autograder.interrupted SUBMITTED SOLUTIONS SECRET STEP OUT [STEP OUT …]

Prints a line a run: its exit status, -9 where it was killed, and the steps of one that was not (STEP 0).
"""

import os
import signal
import sys

from sqlalchemy import Engine, event

from autograder.__main__ import main

_QUIET = os.open(os.devnull, os.O_WRONLY)


class Steps:
    """Counts what changes something outside, and ends the process at the `last`."""

    def __init__(self, last: int) -> None:
        self.count, self.last = 0, last
        for name in ("fsync", "replace", "unlink"):
            setattr(os, name, self._counted(getattr(os, name)))
        event.listen(Engine, "before_cursor_execute", self.tick)
        event.listen(Engine, "commit", self.tick)

    def tick(self, *_: object) -> None:
        self.count += 1
        if self.count == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    def _counted(self, function):
        def counted(*some, **more):
            self.tick()
            return function(*some, **more)

        return counted


def run(command: list[str], last: int) -> tuple[int, int]:
    """The exit status, as os.waitstatus_to_exitcode has it, and how many steps were counted in a whole run."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.dup2(_QUIET, 1)
        steps = Steps(last)
        status = main(command)
        os.write(writing, str(steps.count).encode())
        os._exit(status)
    os.close(writing)
    counted = os.read(reading, 100)
    os.close(reading)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), int(counted or 0)


if __name__ == "__main__":
    submitted, solutions, secret = sys.argv[1:4]
    for last, out in zip(sys.argv[4::2], sys.argv[5::2], strict=True):
        command = ["grade", submitted, "--out", out, "--solutions", solutions, "--secret", secret, "--workers", "1"]
        print(*run(command, int(last)), flush=True)
