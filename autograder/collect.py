"""Merge the verdict records of shards, and make gradebook, tables and pages from them: the one writer.

`grade --shard I/N --out DIR` writes records alone, wherever it runs; shards may have a DIR each, or one in common. A
shard that ran twice, or not to its end, does no harm: the same submission under the same conditions has the same
record. Nothing is written before all records are known to fit together.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from autograder.ahead import RECORDS
from autograder.crew import Conditions
from autograder.gradebook_file import sound
from autograder.grading import ROOT, Entry
from autograder.holding import holding
from autograder.marking import gather, publish
from autograder.records import Record, Records, content_of, parts_of

Key = tuple[str, str]  # of a student, and a lesson


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
        entries, records = _handed_in(arguments), Records(out / RECORDS)
        with holding(out):
            missing = _collect(arguments, entries, records)
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


def _collect(arguments: argparse.Namespace, entries: list[Entry], records: Records) -> list[Entry]:
    """What `run` does once nobody else is at it; the submissions that have no verdict yet."""
    sound(arguments.out / "gradebook.db")
    contents = {_key(entry): content_of(entry) for entry in entries}
    conditions = merge([Records(shard / RECORDS) for shard in arguments.shards], records, contents)
    wanted = {entry: (conditions.get(entry.lesson), contents[_key(entry)]) for entry in entries}
    missing = [entry for entry in entries if not _is_current(records.read(entry), *wanted[entry])]
    publish(arguments.out, Conditions(arguments.solutions.resolve(), 0.0, b""), records)
    return missing


def merge(sources: Sequence[Records], target: Records, contents: Mapping[Key, str]) -> dict[str, str]:
    """Put all records of `sources` into `target`; one that came to an end stands before one that did not, and one on
    what is handed in now (`contents`: its digests) before one on what was. Returns each lesson's conditions, a digest.

    Raises ValueError, and changes nothing, where a source is none, or verdicts were reached under different conditions:
    they cannot all count.
    """
    chosen: dict[Key, tuple[Records, Entry, str]] = {}
    conditions: dict[str, tuple[str, Path]] = {}
    for source in sources:
        if not source.folder.is_dir():
            raise ValueError(f"{source.folder} is no folder; expected what `grade --shard` writes there")
        for entry in source.entries():
            record = source.read(entry)
            if record is None:
                continue
            _hold_to_one(conditions, record, source.folder)
            present = chosen.get(_key(entry))
            if present is None or _is_better(record, source, present, contents.get(_key(entry))):
                chosen[_key(entry)] = source, entry, record.fingerprint
    if not chosen:
        raise ValueError(f"no verdict record in {', '.join(str(source.folder) for source in sources[:5])}")
    for source, entry, _ in chosen.values():
        if source.folder.resolve() != target.folder.resolve() and (record := source.read(entry)):
            target.keep(record)
    return {lesson: own for lesson, (own, _) in conditions.items()}


def _hold_to_one(conditions: dict[str, tuple[str, Path]], record: Record, folder: Path) -> None:
    """All of a lesson's verdicts that came to an end were reached under the same conditions."""
    if not record.fingerprint:
        return
    lesson, own = record.graded.entry.lesson, parts_of(record.fingerprint)[0]
    known, where = conditions.setdefault(lesson, (own, folder))
    if known != own:
        raise ValueError(
            f"{folder}: the verdict on {record.graded.entry.key} · {lesson} was reached under other conditions than "
            f"one in {where} (another release, secret, limit or walls): grade with the same ones again"
        )


def _is_better(record: Record, source: Records, present: tuple[Records, Entry, str], content: str | None) -> bool:
    """Whether `record` takes the place of the one that is chosen so far. content: what is handed in now, if known."""
    if not record.fingerprint or not present[2] or record.fingerprint == present[2]:
        return bool(record.fingerprint) and not present[2]
    fitting = [parts_of(one)[1] == content for one in (record.fingerprint, present[2])]
    if not any(fitting):
        entry = record.graded.entry
        raise ValueError(
            f"{source.folder} and {present[0].folder} hold verdicts on two different notebooks of {entry.key} · "
            f"{entry.lesson}: name the folder of submissions (--submitted), which decides, or grade it again"
        )
    return fitting[0]


def _is_current(record: Record | None, conditions: str | None, content: str) -> bool:
    """Whether there is a verdict that came to an end, on what is handed in now, under the others' conditions."""
    if record is None or not record.fingerprint:
        return False
    return parts_of(record.fingerprint) == (conditions or parts_of(record.fingerprint)[0], content)


def _handed_in(arguments: argparse.Namespace) -> list[Entry]:
    if arguments.submitted is None:
        return []
    return gather(arguments.submitted, arguments.out, arguments.solutions)


def _key(entry: Entry) -> Key:
    return entry.key, entry.lesson
