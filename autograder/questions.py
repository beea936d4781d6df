"""Concept questions as one exercise: a function that takes nothing and returns its answers, {question: answer}.

The docstring asks and says what may be answered. The reference holds the right answers and is kept among the exercises,
not in `lib`, where a reader would come upon them. An answer is a word, a number, or several words in any order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from autograder.exercise import Case, Exercise, Implementation, Misconception, Property
from autograder.probes import questions as probes


@dataclass(frozen=True)
class Question:
    """One question. key: in the dictionary, and in front of the sentence. sentence: what is asked, in short.

    wrong: the wrong answers that people give, each with the hint that it deserves, which does not name the right one.
    points: what the right answer is worth. relative: how far off a number may be, as a share of the right one.
    """

    key: str
    sentence: str
    wrong: Mapping[Any, str]
    points: int = 1
    relative: float = 1e-4


def concept_questions(
    lesson: str,
    reference: Implementation,
    questions: Sequence[Question],
    *,
    difficulty: int,
    minutes: int,
    hints: tuple[str, str],
) -> Exercise:
    """The exercise that asks all of `questions`; a verdict never tells the right answer.

    reference: returns the right answers. Raises ValueError where it does not answer exactly these questions, or where
    an answer that is called wrong is the right one.

    Example:
        >>> def sky() -> dict[str, str]:
        ...     return {"day": "blue"}
        >>> asked = [Question("day", "Of what colour is the sky?", {"green": "Look up."})]
        >>> concept_questions("01", sky, asked, difficulty=1, minutes=1, hints=("", "")).properties[0].sentence
        '(day) Of what colour is the sky?'
    """
    right, keys = reference(), [question.key for question in questions]
    if list(right) != keys:
        raise ValueError(f"{reference.__name__}: expected answers to {keys}, got {list(right)}")
    for one in questions:
        if probes.normalised(right[one.key]) in map(probes.normalised, one.wrong):
            raise ValueError(f"{reference.__name__}: the right answer to {one.key} is called wrong")
    return Exercise(
        lesson=lesson,
        reference=reference,
        probe=probes.answers,
        cases=lambda _seed: [Case("your answers", {"questions": keys})],
        properties=tuple(
            Property(f"({one.key}) {one.sentence}", one.points, (one.key,), relative=one.relative, secret=True)
            for one in questions
        ),
        misconceptions=tuple(
            Misconception(f"{one.key}: {answer}", partial(_answers, right | {one.key: answer}), hint)
            for one in questions
            for answer, hint in one.wrong.items()
        ),
        difficulty=difficulty,
        minutes=minutes,
        hints=hints,
    )


def _answers(given: dict[str, Any]) -> dict[str, Any]:
    return given
