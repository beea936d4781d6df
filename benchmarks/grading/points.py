"""A check whose cell stock nbgrader can grade: the card, and the points as the cell's value, its partial credit.

The course's own check raises where an answer is not all right, which stock counts as no points at all.
"""

from typing import Any

from IPython.display import display

from autograder.check import SEED
from autograder.exercises import find
from autograder.judge import first_difference, judge, run
from autograder.report import Report


def shown_points(name: str, implementation: Any) -> float:
    """The points that `implementation` earns in exercise `name`, with the card that `check` shows."""
    exercise = find(name)
    outcomes = run(exercise, implementation, SEED)
    verdict = judge(exercise, outcomes, SEED)
    display(Report(verdict, first_difference(exercise, outcomes, SEED)))
    return float(verdict.points)
