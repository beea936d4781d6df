"""Thousands of simulated submissions: verdict records that are copies of one, and all that is made from them.

One submission with a single answer is graded for real; its record stands, under other names, for everyone else's.
`python -m autograder collect` then makes gradebook, tables, pages and notebooks of all. Grading itself does not know
how many there are: it takes one after the other.
"""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

from autograder.ahead import RECORDS
from autograder.crew import Conditions, grade_all
from autograder.grading import ROOT, Entry
from autograder.records import Record, Records
from benchmarks.grading.memory import Usage, measured
from benchmarks.grading.sides import environment
from benchmarks.grading.submissions import LESSON, class_of, hand_in
from tests.submissions.make import RELEASED, released

_LIMIT, _SECRET = 20.0, bytes(32)


def one_graded(folder: Path) -> Record:
    """The record of a submission with one answer and four that are not written."""
    [(student, own)] = class_of(1)
    hand_in(folder, released(RELEASED), iter([(student, {"trainable_fraction": own["trainable_fraction"]})]))
    entry = Entry(student, LESSON, folder / student / LESSON / f"{LESSON}.ipynb")
    [(graded, _)] = grade_all(Conditions(ROOT / "solutions", _LIMIT, _SECRET), [entry], workers=1)
    return Record(graded, "simulated")


def collected(folder: Path, record: Record, count: int) -> Usage:
    """Results of `count` copies of `record`, made in `folder` and taken away again."""
    shard = Records(folder / "shard" / RECORDS)
    for number in range(count):
        entry = replace(record.graded.entry, student=f"student-{number:05d}")
        shard.keep(replace(record, graded=replace(record.graded, entry=entry)))
    command = [sys.executable, "-m", "autograder", "collect", "shard", "--out", "results"]
    usage = measured(command, folder=folder, environment=environment())
    with open(folder / "results" / "grades.csv", "rb") as table:
        rows = sum(1 for _ in table) - 1
    if rows != count:
        raise RuntimeError(f"{rows} rows in the table for {count} records: {usage.output[-2000:]}")
    for part in ("shard", "results"):
        shutil.rmtree(folder / part)
    return usage
