"""After an exercise was mended: show, for each student, what grading again would change, before anything changes.

Submissions whose notebook, release or conditions differ from those of their verdict are graded into a folder of their
own. `--apply` then makes these verdicts the ones that count, and everything anew from them.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from autograder.ahead import RECORDS
from autograder.grade import add_conditions
from autograder.gradebook_file import sound
from autograder.grading import Entry, Graded
from autograder.holding import holding
from autograder.marking import conditions_of, fingerprints, gather, publish, work
from autograder.records import Records

_NEXT = ".verdicts-next"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `python -m autograder regrade`."""
    parser.add_argument("submitted", type=Path, metavar="SUBMITTED", help="the folder of all students' folders")
    add_conditions(parser)
    parser.add_argument("--apply", action="store_true", help="let the new verdicts count")


def run(arguments: argparse.Namespace) -> int:
    """Show what would change, or change it; 0, or 2 with the reason where it cannot be told."""
    try:
        entries = gather(arguments.submitted, arguments.out, arguments.solutions)
        with holding(arguments.out):
            missed = _regrade(arguments, entries)
    except (OSError, RuntimeError, ValueError) as error:
        print(f"regrade: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nregrade: stopped. The same command goes on from here.", file=sys.stderr)
        return 1
    return 1 if missed else 0


def _regrade(arguments: argparse.Namespace, entries: list[Entry]) -> list[Entry]:
    """What `run` does once nobody else is at it; the submissions that were left open."""
    out = arguments.out
    sound(out / "gradebook.db")
    conditions, kept, new = conditions_of(arguments), Records(out / RECORDS), Records(out / _NEXT)
    marks = fingerprints(conditions, entries)
    differing = [entry for entry in entries if not kept.find(entry, marks[entry])]
    todo = [entry for entry in differing if not new.find(entry, marks[entry])]
    missed = work(conditions, todo, new, marks, arguments.workers)
    changes = list(changed(differing, kept, new))
    print(*changes, sep="\n", end="\n" if changes else "")
    print(f"{len(entries)} submissions, {len(differing)} graded again, {len(changes)} would change.")
    if arguments.apply:
        _apply(differing, kept, new)
        publish(out, conditions, kept)
        print(f"The new verdicts count now: {out / 'grades.csv'}, gradebook.db, feedback/.")
    elif changes:
        print("Nothing has changed yet: the same command with --apply lets the new verdicts count.")
    return missed


def changed(entries: list[Entry], kept: Records, new: Records) -> Iterator[str]:
    """A line for each submission whose points differ: which exercises, from what to what."""
    for entry in entries:
        before, after = kept.read(entry), new.read(entry)
        if after is None:
            continue
        if before is None:
            yield f"{entry.key} · {entry.lesson}: not graded before, {after.graded.points} points"
            continue
        old, now = _points(before.graded), _points(after.graded)
        parts = [
            f"{name} {old.get(name, 0)} → {now.get(name, 0)}"
            for name in dict.fromkeys([*now, *old])
            if old.get(name, 0) != now.get(name, 0)
        ]
        if parts:
            sums = f"{before.graded.points} → {after.graded.points} points"
            yield f"{entry.key} · {entry.lesson}: {sums} ({', '.join(parts)})"


def _points(graded: Graded) -> dict[str, int]:
    return {result.verdict.exercise: result.verdict.points for result in graded.results}


def _apply(entries: list[Entry], kept: Records, new: Records) -> None:
    """One after the other, so that whatever interrupts it can be done again."""
    for entry in entries:
        if record := new.read(entry):
            kept.keep(record)
            new.forget(entry)
