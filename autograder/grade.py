"""Grade a folder of submissions, laid out as nbgrader's: submitted/<student>/<lesson>/<lesson>.ipynb.

Updates gradebook.db, which nbgrader reads; writes grades.csv, files for Canvas and Moodle, a summary, and for each
submission a feedback page and a marked notebook. What was graded before, and has not changed since, is not graded
again: stopped at any moment, the same command goes on.
"""

import argparse
import sys
from pathlib import Path

from autograder import ahead


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `python -m autograder grade`."""
    parser.add_argument("submitted", type=Path, metavar="SUBMITTED", help="the folder of all students' folders")
    add_conditions(parser)
    parser.add_argument("--again", action="store_true", help="grade also what has not changed since it was graded")
    parser.add_argument(
        "--prune", action="store_true", help="forget submissions of earlier runs that are not in SUBMITTED any more"
    )
    parser.add_argument(
        "--shard",
        type=_shard,
        metavar="I/N",
        help="grade every Nth submission only, beginning with number I (from 0), into verdict records and no more: "
        "`collect` makes the rest of them",
    )


def add_conditions(parser: argparse.ArgumentParser) -> None:
    """Declare the options that say where results go and how is graded."""
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the results go")
    parser.add_argument("--limit", type=_seconds, default=20.0, help="seconds for each answer (default: %(default)g)")
    parser.add_argument("--workers", type=_count, help="processes that grade at once (default: one a core)")
    parser.add_argument(
        "--unsandboxed", action="store_true", help="run learners' code without walls; every report will say so"
    )
    parser.add_argument(
        "--secret",
        type=Path,
        metavar="FILE",
        help="what the inputs follow from, made at first use; keep it for a regrade (default: DIR/.secret)",
    )
    parser.add_argument("--solutions", type=Path, default=ahead.ROOT / "solutions", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    """Grade, write, and return 0. On input that cannot be graded at all, say why and return 2; where a submission was
    left open, or the run was stopped, return 1.
    """
    try:
        with ahead.started(arguments) as places:
            from autograder import marking  # it imports torch, and in the meantime the places get ready

            missed = marking.grade(arguments, places)
    except (OSError, RuntimeError, ValueError) as error:
        print(f"grade: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ngrade: stopped. The same command goes on from here.", file=sys.stderr)
        return 1
    for entry in missed:
        print(f"grade: {entry.key} · {entry.lesson} could not be graded; run the same command again", file=sys.stderr)
    return 1 if missed else 0


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"expected seconds, from 0.1 to 86400, got {text!r}")
    return seconds


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1024:
        raise argparse.ArgumentTypeError(f"expected a number of processes, from 1 to 1024, got {text!r}")
    return int(text)


def _shard(text: str) -> tuple[int, int]:
    number, _, shards = text.partition("/")
    if not (number.isdecimal() and shards.isdecimal() and int(number) < int(shards)):
        raise argparse.ArgumentTypeError(f"expected a shard I/N with I from 0 to N - 1, such as 0/8, got {text!r}")
    return int(number), int(shards)
