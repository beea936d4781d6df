"""One round of grading: what there is, what of it has to be graded, and what is made of all verdicts."""

import argparse
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from autograder.ahead import RECORDS, worthwhile
from autograder.crew import Conditions, grade_all, lesson_of
from autograder.exercises import of_lesson
from autograder.gradebook_file import sound
from autograder.grading import Entry
from autograder.holding import holding
from autograder.meter import Meter
from autograder.records import Record, Records, fingerprint, handed_in, release_of
from autograder.results import plain, remove_products, write_results
from autograder.sandbox.place import Place
from autograder.secret import course_secret


def grade(arguments: argparse.Namespace, places: Sequence[Place] = ()) -> list[Entry]:
    """Grade what the options name, and write; the submissions that were left open. places: as in `grade_all`.

    Raises OSError, RuntimeError or ValueError on what cannot be graded at all, with the reason.
    """
    entries = gather(arguments.submitted, arguments.out, arguments.solutions)
    with holding(arguments.out, shared=bool(arguments.shard)):
        return _grade(arguments, entries, places)


def _grade(arguments: argparse.Namespace, entries: list[Entry], places: Sequence[Place]) -> list[Entry]:
    """What `grade` does once nobody else is at it; the submissions that were left open."""
    out = arguments.out
    if arguments.shard:
        number, shards = arguments.shard
        entries = entries[number::shards]
        (out / RECORDS).mkdir(parents=True, exist_ok=True)  # there is none to write where the shard is empty
    sound(out / "gradebook.db")
    conditions, records = conditions_of(arguments), Records(out / RECORDS)
    marks = fingerprints(conditions, entries)
    todo = [entry for entry in entries if arguments.again or not records.find(entry, marks[entry])]
    missed = work(conditions, todo, records, marks, arguments.workers, places)
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
    conditions: Conditions,
    todo: Sequence[Entry],
    records: Records,
    marks: dict[Entry, str],
    workers: int | None,
    places: Sequence[Place] = (),
) -> list[Entry]:
    """Grade all of `todo`, keep each verdict as soon as it is there, tell how far it is; those that were left open."""
    missed, meter = [], Meter(len(todo))
    for graded, finished in grade_all(conditions, todo, workers or worthwhile(len(todo)), places):
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
