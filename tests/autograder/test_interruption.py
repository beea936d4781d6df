"""Killed at any moment and started again, a grading ends with what an uninterrupted one gives."""

import contextlib
import random
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.grading import ROOT
from tests.autograder.conftest import STUDENTS, Course

POINTS = 30


def run(course: Course, runs: list[tuple[int, Path]]) -> list[list[int]]:
    """Each run's exit status and its number of steps; a run is killed at its step, or not where that is 0."""
    words = [str(word) for word in (*course, *(word for one in runs for word in one))]
    command = [sys.executable, "-m", "tests.autograder.interrupted", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [[int(word) for word in line.split()] for line in done.stdout.splitlines()]


def contents(out: Path) -> dict[str, object]:
    """All that a run leaves, but for backups and the gradebook's random ids."""
    files = {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.parent.name != "backups" and path.name != "gradebook.db"
    }
    with contextlib.closing(sqlite3.connect(out / "gradebook.db")) as base:
        rows = base.execute(
            "SELECT s.student_id, a.name, c.name, c.type, g.auto_score, g.manual_score, g.needs_manual_grade"
            " FROM grade g JOIN base_cell c ON c.id = g.cell_id JOIN submitted_notebook n ON n.id = g.notebook_id"
            " JOIN submitted_assignment s ON s.id = n.assignment_id JOIN assignment a ON a.id = s.assignment_id"
            " ORDER BY s.student_id, a.name, c.name"
        ).fetchall()
    return files | {"gradebook": rows}


@pytest.mark.slow
def test_a_grading_interrupted_at_thirty_random_points_ends_as_an_uninterrupted_one(course, tmp_path):
    whole, again = tmp_path / "whole", tmp_path / "again"
    ((_, steps),) = run(course, [(0, whole)])
    wanted = contents(whole)
    assert [row[0] for row in wanted["gradebook"]] == [name for name in STUDENTS for _ in range(5)]
    shutil.copytree(whole / ".verdicts", again / ".verdicts")
    ((status, after),) = run(course, [(0, again)])
    assert status == 0 and contents(again) == wanted
    assert steps > after > 2 * POINTS
    points = random.Random(6).sample(range(1, steps + 1), POINTS)
    runs = []
    for point in points:
        place, step = tmp_path / str(point), point - (steps - after)
        if step > 0:  # all is graded by then: what the whole run graded is given to this one
            shutil.copytree(whole / ".verdicts", place / ".verdicts")
        runs.append((max(step, 0) or point, place))
    assert any(not place.exists() for _, place in runs), "no point lies in the grading itself"
    assert run(course, runs) == [[-9, 0]] * POINTS
    assert all(status == 0 for status, _ in run(course, [(0, place) for _, place in runs]))
    for point, (_, place) in zip(points, runs, strict=True):
        assert contents(place) == wanted, f"killed at step {point} of {steps}"
