"""Merge the verdict records of shards, and make gradebook, tables and pages from them: the one writer.

`grade --shard I/N --out DIR` writes records alone, wherever it runs. A shard that ran twice, or not to its end, does no
harm: the same submission under the same conditions has the same record.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from autograder.crew import Conditions
from autograder.grade import RECORDS, gather, publish
from autograder.gradebook_file import sound
from autograder.grading import ROOT, Entry
from autograder.records import Record, Records


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `python -m autograder collect`."""
    parser.add_argument("shards", type=Path, nargs="+", metavar="SHARD", help="what was a shard's --out")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the results go")
    parser.add_argument(
        "--submitted", type=Path, metavar="SUBMITTED", help="the folder of all students' folders, to see who is missing"
    )
    parser.add_argument("--solutions", type=Path, default=ROOT / "solutions", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    """Merge and write; 0, or 1 where somebody has no verdict yet, or 2 with the reason where it cannot be done."""
    out = arguments.out
    try:
        sound(out / "gradebook.db")
        records = Records(out / RECORDS)
        merge([Records(shard / RECORDS) for shard in arguments.shards], records)
        missing = _missing(arguments, records)
        publish(out, Conditions(arguments.solutions.resolve(), 0.0, b""), records)
    except (OSError, RuntimeError, ValueError) as error:
        print(f"collect: {error}", file=sys.stderr)
        return 2
    count = sum(1 for _ in records.entries())
    print(f"{count} submissions of {len(arguments.shards)} shards: {out / 'grades.csv'}, gradebook.db, feedback/")
    if missing:
        named = ", ".join(f"{entry.key} · {entry.lesson}" for entry in missing[:5])
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        print(f"collect: no verdict yet on {named}{more}: run their shards again", file=sys.stderr)
    return 1 if missing else 0


def merge(sources: Sequence[Records], target: Records) -> None:
    """Put all records of `sources` into `target`; one that came to an end stands before one that did not.

    Raises ValueError where a source holds no record, or two verdicts on a submission were reached under different
    conditions: they cannot both count.
    """
    merged: set[tuple[str, str]] = set()
    for source in sources:
        entries = list(source.entries())
        if not entries:
            raise ValueError(f"{source.folder} holds no verdict record; expected what `grade --shard` writes there")
        for entry in entries:
            record = source.read(entry)
            if record is None:
                continue
            key = (entry.key, entry.lesson)
            present = target.read(entry) if key in merged else None
            if present is None or _is_better(record, present, source):
                target.keep(record)
            merged.add(key)


def _is_better(record: Record, present: Record, source: Records) -> bool:
    if record.fingerprint and present.fingerprint and record.fingerprint != present.fingerprint:
        entry = record.graded.entry
        raise ValueError(
            f"{source.folder}: the verdict on {entry.key} · {entry.lesson} was reached under other conditions than one "
            "collected before (another notebook, release, secret or limit): grade its shard again"
        )
    return bool(record.fingerprint) and not present.fingerprint


def _missing(arguments: argparse.Namespace, records: Records) -> list[Entry]:
    """Who handed in and has no verdict that came to an end."""
    if arguments.submitted is None:
        return []
    entries = gather(arguments.submitted, arguments.out, arguments.solutions)
    return [entry for entry in entries if not ((record := records.read(entry)) and record.fingerprint)]
