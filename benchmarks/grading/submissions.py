"""A class: as many honest submissions of lesson 3 as are wanted, no two the same, and the same in every run.

Of the answers seven in ten are right, two in ten wrong, one in ten is not written. Half of the right ones are the
lesson's own solution, to which its hints lead; half are one of the three of tests/alternatives.
"""

import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from autograder.lesson import read_lesson
from autograder.quotation import BEGIN, END
from autograder.release import SOLUTIONS
from lib.files import write_whole
from tests.submissions.make import (
    COUNTS_TENSORS,
    EVALUATION_ONCE,
    EXERCISES,
    LESSON,
    STYLES,
    TRAINING_MODE,
    Notebook,
    answers,
    filled,
)

Answers = dict[str, str]

TEXT = SOLUTIONS / f"{LESSON}.py"


def class_of(count: int) -> Iterator[tuple[str, Answers]]:
    """Students and what each wrote, by exercise; what is not written is not in there."""
    for number in range(count):
        draw, student = random.Random(number), f"student-{number:05d}"
        drawn = {name: _answer(name, draw) for name in EXERCISES}
        yield student, {name: f"# {student}\n{source}" for name, source in drawn.items() if source}


def hand_in(submitted: Path, released: Notebook, everyone: Iterator[tuple[str, Answers]]) -> None:
    """Write the submissions as nbgrader has them: <submitted>/<student>/<lesson>/<lesson>.ipynb."""
    for student, own in everyone:
        write_whole(submitted / student / LESSON / f"{LESSON}.ipynb", filled(released, own))


def _answer(exercise: str, draw: random.Random) -> str:
    """A source; nothing where it stays unwritten."""
    kind, style = draw.random(), draw.choice([*STYLES, *["solution"] * len(STYLES)])
    if kind < 0.7:
        return _solutions()[exercise] if style == "solution" else answers(style)[exercise]
    return _wrong()[exercise] if kind < 0.9 else ""


@cache
def _solutions() -> Answers:
    """The lesson's own, without nbgrader's marks."""
    cells = {cell.id: cell.source for cell in read_lesson(TEXT).cells}
    marks = (BEGIN, END)
    kept = {name: [line for line in cells[name].splitlines() if line.strip() not in marks] for name in EXERCISES}
    return {name: "\n".join(lines) + "\n" for name, lines in kept.items()}


@cache
def _wrong() -> Answers:
    """A mistake in each: three of tests/submissions, and a slip in the lesson's own solution of the other two."""
    return {
        "trainable_fraction": COUNTS_TENSORS,
        "freeze": EVALUATION_ONCE,
        "replace_head": _slip("replace_head", ".train(model.training)", ""),
        "extract_features": TRAINING_MODE,
        "fit_linear_head": _slip("fit_linear_head", "penalty / 2 *", "penalty *"),
    }


def _slip(exercise: str, right: str, wrong: str) -> str:
    source = _solutions()[exercise]
    if right not in source:
        raise ValueError(f"{exercise}: expected {right!r} in its solution")
    return source.replace(right, wrong)
