"""Grade a folder of submissions, laid out as nbgrader's: submitted/<student>/<lesson>/<lesson>.ipynb.

Updates gradebook.db, which nbgrader reads; writes grades.csv, files for Canvas and Moodle, a summary, and for each
submission a feedback page and a marked notebook. What was graded before, and has not changed since, is not graded
again: stopped at any moment, the same command goes on.
"""

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from autograder.crew import Conditions, grade_all, lesson_of
from autograder.exercises import of_lesson
from autograder.gradebook_file import sound
from autograder.grading import ROOT, Entry
from autograder.holding import holding
from autograder.meter import Meter
from autograder.records import Record, Records, fingerprint, handed_in, release_of
from autograder.results import plain, remove_products, write_results
from autograder.secret import course_secret

RECORDS = ".verdicts"
_EACH = 8  # submissions for which another process is worth its start


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
    parser.add_argument("--solutions", type=Path, default=ROOT / "solutions", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    """Grade, write, and return 0. On input that cannot be graded at all, say why and return 2; where a submission was
    left open, or the run was stopped, return 1.
    """
    try:
        entries = gather(arguments.submitted, arguments.out, arguments.solutions)
        with holding(arguments.out, shared=bool(arguments.shard)):
            missed = _grade(arguments, entries)
    except (OSError, RuntimeError, ValueError) as error:
        print(f"grade: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ngrade: stopped. The same command goes on from here.", file=sys.stderr)
        return 1
    for entry in missed:
        print(f"grade: {entry.key} · {entry.lesson} could not be graded; run the same command again", file=sys.stderr)
    return 1 if missed else 0


def _grade(arguments: argparse.Namespace, entries: list[Entry]) -> list[Entry]:
    """What `run` does once nobody else is at it; the submissions that were left open."""
    out = arguments.out
    if arguments.shard:
        number, shards = arguments.shard
        entries = entries[number::shards]
        (out / RECORDS).mkdir(parents=True, exist_ok=True)  # there is none to write where the shard is empty
    sound(out / "gradebook.db")
    conditions, records = conditions_of(arguments), Records(out / RECORDS)
    marks = fingerprints(conditions, entries)
    todo = [entry for entry in entries if arguments.again or not records.find(entry, marks[entry])]
    missed = work(conditions, todo, records, marks, arguments.workers)
    if arguments.shard:
        print(f"shard {number}/{shards}: {len(entries)} submissions, {len(todo)} graded now: {out / RECORDS}/")
        return missed
    others = _others(records, entries, prune=arguments.prune, out=out)
    publish(out, conditions, records, prune=arguments.prune)
    _conclude(out, records, entries, others)
    return missed


def conditions_of(arguments: argparse.Namespace) -> Conditions:
    """What the options say of how is graded; the secret is made where there is none yet, but not by a shard."""
    make = not vars(arguments).get("shard")  # each would make another
    secret = course_secret(arguments.secret or arguments.out / ".secret", make=make)
    return Conditions(arguments.solutions.resolve(), arguments.limit, secret, walled=not arguments.unsandboxed)


def fingerprints(conditions: Conditions, entries: Iterable[Entry]) -> dict[Entry, str]:
    """What the verdict on each entry depends on."""
    own = (conditions.limit, conditions.walled, conditions.secret.hex())
    return {
        entry: fingerprint(entry, release_of(conditions.solutions / f"{entry.lesson}.py"), own) for entry in entries
    }


def work(
    conditions: Conditions, todo: Sequence[Entry], records: Records, marks: dict[Entry, str], workers: int | None
) -> list[Entry]:
    """Grade all of `todo`, keep each verdict as soon as it is there, tell how far it is; those that were left open."""
    missed, meter = [], Meter(len(todo))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    workers = workers or max(1, min(cores, len(todo) // _EACH))
    for graded, finished in grade_all(conditions, todo, workers):
        when, words = handed_in(graded.entry)
        graded.notes.extend(words)
        records.keep(Record(graded, marks[graded.entry] if finished else "", when))
        if not finished:
            missed.append(graded.entry)
        meter.tell(graded)
    meter.end()
    return missed


def publish(out: Path, conditions: Conditions, records: Records, *, prune: bool = False) -> None:
    """Make gradebook, tables, pages and notebooks from the records; arguments and errors are write_results's."""
    names = sorted({entry.lesson for entry in records.entries()})
    known = [name for name in names if _is_known(name, conditions.solutions)]
    lessons = {name: lesson_of(conditions, name) for name in known}
    write_results(out, lessons, records, datetime.now(UTC), prune=prune)


def gather(submitted: Path, out: Path, solutions: Path) -> list[Entry]:
    """What there is to grade, by lesson and student. Raises ValueError, in a sentence, if that is nothing."""
    if not submitted.is_dir():
        raise ValueError(f"{submitted} is no folder; expected one laid out as <student>/<lesson>/<lesson>.ipynb")
    if out.exists() and not out.is_dir():
        raise ValueError(f"{out} is a file; --out names a folder")
    if out.resolve().is_relative_to(submitted.resolve()):
        raise ValueError(f"{out} lies inside {submitted}: the results would be taken for a student's folder")
    students = _folders(submitted)
    if not students:
        raise ValueError(f"{submitted} holds no student's folder; expected <student>/<lesson>/<lesson>.ipynb")
    pairs = [(lesson, student) for student in students for lesson in _folders(student)]
    known = [(lesson, student) for lesson, student in pairs if _is_known(lesson.name, solutions)]
    if not known:
        others = ", ".join(sorted({repr(lesson.name) for lesson, _ in pairs})[:5]) or "empty folders"
        raise ValueError(f"{submitted} holds no lesson of this course, but {others}")
    entries = [Entry(student.name, lesson.name, lesson / f"{lesson.name}.ipynb") for lesson, student in known]
    return sorted(entries, key=lambda entry: (entry.lesson, entry.key))


def _folders(parent: Path) -> list[Path]:
    """Visible folders. A link to a folder counts as one, so that its report can say that it was not followed."""
    return sorted(path for path in parent.iterdir() if path.is_dir() and not path.name.startswith("."))


def _is_known(lesson: str, solutions: Path) -> bool:
    return bool(of_lesson(lesson)) and (solutions / f"{lesson}.py").is_file()


def _others(records: Records, entries: Sequence[Entry], *, prune: bool, out: Path) -> list[str]:
    """Submissions of earlier runs that are not there any more: forgotten if that is asked for, else named."""
    present = {(entry.key, entry.lesson) for entry in entries}
    others = [entry for entry in records.entries() if (entry.key, entry.lesson) not in present]
    for entry in others if prune else ():
        records.forget(entry)
        remove_products(out, entry.key, entry.lesson)
    return [] if prune else [f"{entry.key} · {entry.lesson}" for entry in others]


def _conclude(out: Path, records: Records, entries: Sequence[Entry], others: Sequence[str]) -> None:
    points = possible = 0
    warnings, words = set(), set()
    for entry in entries:
        if record := records.read(entry):
            points, possible = points + record.graded.points, possible + record.graded.possible
            warnings |= {plain(warning) for warning in record.graded.warnings}
            words.add(record.graded.isolation.words)
    print(*(f"note: {warning}\n" for warning in sorted(warnings)[:3]), sep="", end="")
    if others:
        named = f"{', '.join(others[:5])}{', …' if len(others) > 5 else ''}"
        print(f"note: kept from earlier runs, and not in the folder any more (--prune forgets them): {named}")
    print(*(f"learners' code: {one}\n" for one in sorted(words)), sep="", end="")
    where = f"{out / 'grades.csv'}, gradebook.db, summary.html, feedback/, autograded/, canvas/, moodle/"
    print(f"{len(entries)} submissions graded, {points} of {possible} points: {where}")


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
