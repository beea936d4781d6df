"""Every exercise of the course, by name."""

import difflib

from autograder.exercise import Exercise
from autograder.exercises import (
    lesson01,
    lesson02,
    lesson03,
    lesson04,
    lesson05,
    lesson06,
    lesson07,
    lesson08,
    lesson09,
    lesson10,
    lesson11,
    lesson12,
)

LESSONS = (
    lesson01,
    lesson02,
    lesson03,
    lesson04,
    lesson05,
    lesson06,
    lesson07,
    lesson08,
    lesson09,
    lesson10,
    lesson11,
    lesson12,
)
EXERCISES: dict[str, Exercise] = {exercise.name: exercise for lesson in LESSONS for exercise in lesson.EXERCISES}


def find(name: str) -> Exercise:
    """The exercise of this name; ValueError with the closest names if there is none."""
    if not isinstance(name, str):
        raise TypeError(f"name: expected the exercise's name as text, got {type(name).__name__}")
    if name not in EXERCISES:
        close = difflib.get_close_matches(name, EXERCISES, n=3) or sorted(EXERCISES)
        raise ValueError(f"there is no exercise {name!r}; the closest are: {', '.join(close)}")
    return EXERCISES[name]


def of_lesson(lesson: str) -> list[Exercise]:
    """The exercises of a lesson, by its folder's name, in the order in which it asks them."""
    return [exercise for exercise in EXERCISES.values() if exercise.lesson == lesson]
