"""Processes for learners' code, started before the grader itself is there: its imports and theirs take seconds each."""

import argparse
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from autograder.sandbox.place import Place

_ROOT = Path(__file__).parent.parent
_EACH = 8  # submissions for which another process is worth its start


@contextmanager
def started(arguments: argparse.Namespace) -> Iterator[list[Place]]:
    """A place for each process that is going to grade, its process on the way; at the end all are closed.

    None where there are results already, for perhaps nothing has to be graded again; where there are no walls, since a
    process outside of them is to be its grader's child; and where none can be started: who grades will say why.
    """
    out, count = arguments.out, len(list(arguments.submitted.glob("*/*/*.ipynb")))
    is_first = not (out.is_dir() and any(out.iterdir()))
    wanted = arguments.workers or worthwhile(count) if count and is_first and not arguments.unsandboxed else 0
    with ExitStack() as stack:
        places: list[Place] = []
        with suppress(OSError, RuntimeError):
            for _ in range(wanted):
                place = Place(_ROOT)
                stack.callback(place.close)
                place.launch()
                places.append(place)
        yield places


def worthwhile(submissions: int) -> int:
    """How many processes are worth their start for so many submissions: at most one a core."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, submissions // _EACH))
