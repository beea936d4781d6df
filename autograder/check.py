"""The check in the notebook: `check("freeze", freeze)` shows the verdict and raises if it is not yet right.

The verdict comes from the very code that grades; here it is shown at once. Raising makes a failed check visible to
nbgrader's Validate and to whoever runs the notebook from top to bottom.
"""

import inspect
from typing import Any

import torch
from IPython.display import display

from autograder.diary import here, note
from autograder.exercise import Exercise, Verdict
from autograder.exercises import find
from autograder.judge import first_difference, judge, run
from autograder.report import Report
from autograder.welcome import PAGE, renew
from lib.settings import device

SEED = 0


class CheckFailed(AssertionError):
    """The answer is not right yet. In a notebook it shows its own sentence and no traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"Not yet: {self}"]


def check(name: str, implementation: Any) -> None:
    """Try `implementation` on the cases of exercise `name`, show what held and what did not.

    Raises CheckFailed if a property did not hold, or if it could not be tried: no such exercise, neither a function nor
    a class, parameters that do not fit, the reference itself.
    """
    try:
        exercise = find(name)
    except (TypeError, ValueError) as error:
        raise CheckFailed(str(error)) from None
    if problem := _cannot_be_tried(exercise, implementation):
        raise CheckFailed(problem)
    where = device().type
    try:
        outcomes = run(exercise, implementation, SEED, where)
        verdict = judge(exercise, outcomes, SEED, where)
    except torch.AcceleratorError:
        raise CheckFailed(_ENDED) from None
    if any("device-side assert" in (outcome.error or "") for outcome in outcomes):
        raise CheckFailed(_ENDED)
    note(diary := here(), verdict, implementation)
    if (diary.parent / PAGE).is_file():
        renew(diary.parent)
    display(Report(verdict, first_difference(exercise, outcomes, SEED, where)))
    if not verdict.passed:
        raise CheckFailed(_summary(verdict))


_ENDED = (
    "the GPU gave up: an index lay outside its tensor, and after that it refuses all work of this kernel. Restart the "
    "kernel; with COURSE_DEVICE=cpu in the environment the same check says where."
)


def _summary(verdict: Verdict) -> str:
    failed = sum(not finding.held for finding in verdict.findings)
    earned = f"{verdict.exercise} has {verdict.points} of {verdict.possible} points"
    return f"{earned}; {failed} of {len(verdict.findings)} properties to go."


def _cannot_be_tried(exercise: Exercise, implementation: Any) -> str | None:
    """Why an implementation is no candidate at all, in a sentence; None if it is one."""
    wanted = inspect.signature(exercise.reference)
    call = f"{exercise.name}({', '.join(wanted.parameters)})"
    if not callable(implementation):
        what = "class" if isinstance(exercise.reference, type) else "function"
        return f"{exercise.name} should be a {what}, {call}; this is {_kind(implementation)}."
    if implementation is exercise.reference:
        return f"this is lib's own {exercise.name}. Write yours, and compare afterwards."
    try:
        signature = inspect.signature(implementation)
    except ValueError:  # some built-in callables do not tell their parameters
        return None
    required = [p for p in wanted.parameters.values() if p.default is p.empty and p.kind is not p.KEYWORD_ONLY]
    named = {p.name: p.default for p in wanted.parameters.values() if p not in required}
    try:
        signature.bind(*required, **named)
    except TypeError as error:
        return f"{exercise.name} is called as {call}; yours is {exercise.name}{signature}: {error}."
    return None


def _kind(value: Any) -> str:
    return "None" if value is None else f"{value!r:.40}, of type {type(value).__name__}"
