"""Processes for learners' code, started before the grader itself is there: its imports and theirs take seconds each."""

import argparse
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from autograder.sandbox.place import Place

RECORDS = ".verdicts"  # where verdicts are kept, in the folder of results
ROOT = Path(__file__).parent.parent
_EACH = 8  # submissions for which another process is worth its start


@contextmanager
def started(arguments: argparse.Namespace) -> Iterator[list[Place]]:
    """A place for each process that is going to grade, its process on the way; at the end all are closed.

    None where none can be started: who grades will say why.
    """
    with ExitStack() as stack:
        places: list[Place] = []
        with suppress(OSError, RuntimeError):
            for _ in range(_wanted(arguments)):
                place = Place(ROOT)
                stack.callback(place.close)
                place.launch()
                places.append(place)
        yield places


def _wanted(arguments: argparse.Namespace) -> int:
    """How many will grade, as far as that can be told so early; none without walls, since such a process is to be its
    grader's own child.
    """
    if arguments.unsandboxed:
        return 0
    shards = arguments.shard[1] if arguments.shard else 1
    graded = 0 if arguments.again else len(list((arguments.out / RECORDS).glob("*/*.json")))
    left = len(list(arguments.submitted.glob("*/*/*.ipynb"))) // shards - graded
    return min(left, arguments.workers or worthwhile(left))


def worthwhile(submissions: int) -> int:
    """How many processes are worth their start for so many submissions: at most one a core."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, submissions // _EACH))
