"""Exercises are found by name, and no more is imported than what is asked for."""

import subprocess
import sys

import pytest

from autograder.exercises import EXERCISES, LESSONS, find, of_lesson

_ASKED = """
import sys
from autograder.exercises import find, of_lesson
{asked}
print(*(name for name in sys.modules if name.startswith("autograder.exercises.lesson") and name.count(".") == 2))
"""


def imported(asked):
    done = subprocess.run(
        [sys.executable, "-c", _ASKED.format(asked=asked)], capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_exercises_are_all_of_every_lesson_in_the_order_of_the_course():
    lessons = [EXERCISES[name].lesson for name in EXERCISES]
    assert lessons == sorted(lessons)
    assert [f"lesson{lesson[:2]}" for lesson in dict.fromkeys(lessons)] == list(LESSONS)
    assert len(EXERCISES) == len(set(EXERCISES)) == len(lessons)


@pytest.mark.parametrize("name", EXERCISES)
def test_find_gives_the_exercise_of_that_name(name):
    assert find(name).name == name
    assert find(name) in of_lesson(find(name).lesson)


@pytest.mark.parametrize("asked", ['find("freeze")', 'of_lesson("03_feature_extraction_vs_fine_tuning")'])
def test_one_lesson_imports_no_other(asked):
    assert imported(asked) == ["autograder.exercises.lesson03"]


def test_grading_has_one_thread_so_that_it_can_be_forked():
    asked = """
import autograder.__main__, autograder.collect, autograder.grade, autograder.regrade
from autograder.sandbox.confinement import threads
print(threads())"""
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1"]


@pytest.mark.parametrize("name", ["frieze", "", "../freeze", "FREEZE"])
def test_find_names_the_closest_where_there_is_none(name):
    with pytest.raises(ValueError, match="there is no exercise") as caught:
        find(name)
    assert "freeze" in str(caught.value)


def test_of_lesson_is_empty_for_a_lesson_that_there_is_not():
    assert of_lesson("99_nothing") == of_lesson("03_another") == of_lesson("") == []
