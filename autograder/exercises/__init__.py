"""Every exercise of the course, by name.

A lesson's exercises are imported when one of them is asked for: whoever works on a lesson, or grades it, waits for no
other's. The module of an exercise bears its name, in small letters: EarlyStopping stands in early_stopping.py.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

from autograder.exercise import Exercise

LESSONS = tuple(sorted(folder.name for folder in Path(__file__).parent.glob("lesson[0-9][0-9]")))


class _Exercises(Mapping[str, Exercise]):
    """By name, in the order of the course."""

    def __getitem__(self, name: str) -> Exercise:
        module = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
        homes = [lesson for lesson in LESSONS if (Path(__file__).parent / lesson / f"{module}.py").is_file()]
        return {one.name: one for lesson in homes for one in _of(lesson)}[name]

    def __iter__(self) -> Iterator[str]:
        return (one.name for lesson in LESSONS for one in _of(lesson))

    def __len__(self) -> int:
        return sum(len(_of(lesson)) for lesson in LESSONS)


EXERCISES = _Exercises()


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
    own = f"lesson{lesson[:2]}"
    return [one for one in _of(own) if one.lesson == lesson] if own in LESSONS else []


@cache
def _of(lesson: str) -> tuple[Exercise, ...]:
    exercises: tuple[Exercise, ...] = import_module(f"{__name__}.{lesson}").EXERCISES
    return exercises
