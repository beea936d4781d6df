"""Concept questions: right in any dress, wrong with a hint, and never the answer itself."""

import pytest
import torch

from autograder.judge import assess
from autograder.probes.questions import answers, normalised
from autograder.questions import Question, concept_questions
from autograder.report import Report, card


def kinds() -> dict[str, object]:
    return {"a": "domain adaptation", "b": 25, "c": ["stem", "head"]}


ASKED = [
    Question("a", "Synthetic to real.", {"inductive": "Which of the two changed: the task, or the pictures?"}),
    Question("b", "How many?", {52: "You count both directions."}, relative=0.1),
    Question("c", "Which parts?", {("stem",): "One more learns."}, points=2),
]


@pytest.fixture
def exercise():
    return concept_questions("01_small", kinds, ASKED, difficulty=1, minutes=3, hints=("Think.", "Think again."))


@pytest.mark.parametrize(
    "given",
    [
        kinds(),
        {"a": "  Domain  Adaptation", "b": 26.0, "c": {"head", "stem"}},
        kinds() | {"a": "Domain-Adaptation "},
        {"a": "domain adaptation.", "b": "25 %", "c": ("Head", "stem.")},
        kinds() | {"b": torch.tensor(25.0)},
        kinds() | {"more": 1},
    ],
    ids=["as asked", "in another dress", "with a hyphen", "as people write", "held by a tensor", "with more"],
)
def test_questions_accept_the_right_answers(exercise, given):
    assert assess(exercise, lambda: given, 0).points == exercise.points == 4


def test_answers_count_by_what_they_say():
    assert [normalised(one) for one in (True, "Yes.", "the head’s", "nan", "1e3", "1/32", "1/0")] == [
        "yes",
        "yes",
        "the head's",
        "nan",
        1000,
        1 / 32,
        "1/0",
    ]


def test_questions_name_a_known_mistake_and_keep_the_answer_secret(exercise):
    verdict = assess(exercise, lambda: kinds() | {"a": "inductive"}, 0)
    assert (verdict.points, verdict.misconception) == (3, "a: inductive")
    for shown in (repr(Report(verdict)), card(verdict)):
        assert "inductive" in shown and "the pictures?" in shown
        assert "domain adaptation" not in shown and "expected" not in shown


def test_questions_hint_at_the_first_of_several_mistakes(exercise):
    verdict = assess(exercise, lambda: {"a": "inductive", "b": 1000, "c": ["stem"]}, 0)
    assert (verdict.points, verdict.misconception) == (0, "a: inductive")


@pytest.mark.parametrize(
    ("given", "told"),
    [(None, "no dictionary, but None"), ([1], "no dictionary, but an object of type list"), ({"a": ...}, "no answer")],
    ids=["None", "a list", "dots"],
)
def test_questions_say_what_came_instead_of_an_answer(exercise, given, told):
    verdict = assess(exercise, lambda: given, 0)
    assert verdict.points == 0
    assert verdict.findings[0].got == told


def test_answers_are_plain_values_even_of_strange_objects():
    class Any_:
        def __eq__(self, _):
            return True

        __hash__ = None

    assert answers(lambda: {"a": Any_()}, "cpu", ["a"]) == {"a": "an object of type Any_"}


def test_questions_refuse_answers_that_do_not_fit():
    with pytest.raises(ValueError, match=r"kinds: expected answers to \['a'\], got \['a', 'b', 'c'\]"):
        concept_questions("01", kinds, ASKED[:1], difficulty=1, minutes=1, hints=("", ""))
    wrong = [Question("a", "?", {"domain adaptation": "No."}), *ASKED[1:]]
    with pytest.raises(ValueError, match="kinds: the right answer to a is called wrong"):
        concept_questions("01", kinds, wrong, difficulty=1, minutes=1, hints=("", ""))
