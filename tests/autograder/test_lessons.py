"""Lessons go into a new gradebook by name, or all that have something to be graded."""

import contextlib
import sqlite3

from autograder.__main__ import main

LESSON = "03_feature_extraction_vs_fine_tuning"


def assignments(folder):
    with contextlib.closing(sqlite3.connect(folder / "gradebook.db")) as base:
        return sorted(name for (name,) in base.execute("SELECT name FROM assignment"))


def test_lessons_are_all_that_have_exercises(tmp_path, capsys):
    assert main(["lessons", "--out", str(tmp_path)]) == 0
    found = assignments(tmp_path)
    assert [name[:2] for name in found] == [f"{number:02}" for number in range(1, 13)]
    assert "12 lessons in" in capsys.readouterr().out


def test_lessons_are_those_that_are_named(tmp_path):
    assert main(["lessons", LESSON, "--out", str(tmp_path)]) == 0
    assert assignments(tmp_path) == [LESSON]


def test_lessons_that_there_are_not_get_a_sentence_and_nothing_is_made(tmp_path, capsys):
    assert main(["lessons", "99_nothing", "--out", str(tmp_path / "class")]) == 2
    assert "there is no lesson 99_nothing; there are 01_what" in capsys.readouterr().err
    assert not (tmp_path / "class").exists()
