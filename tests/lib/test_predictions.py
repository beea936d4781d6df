"""Kept answers, and a prediction beside what was measured."""

import pytest

from lib.predictions import Beside, in_words, keep_answer, kept_answers, number


def test_keep_answer_keeps_the_others_and_replaces_its_own(tmp_path):
    file = tmp_path / "answers.json"
    for key, answer in (("a", "yes"), ("b", 0.25), ("a", "no")):
        assert keep_answer(file, key, answer) == ""
    assert kept_answers(file) == ({"a": "no", "b": 0.25}, "")
    assert [path.name for path in tmp_path.iterdir()] == ["answers.json"]


def test_kept_answers_of_no_file_are_none_and_no_problem(tmp_path):
    assert kept_answers(tmp_path / "answers.json") == ({}, "")


@pytest.mark.parametrize(
    ("beside", "text"),
    [
        (Beside(45, 62, "%"), "You said: 45 %. Measured: 62 %. Your guess was 17 too low."),
        (Beside(62.4, 45, "%"), "You said: 62.4 %. Measured: 45 %. Your guess was 17.4 too high."),
        (Beside(3, 3.0001, "s"), "You said: 3 s. Measured: 3 s. Just as you said."),
        (Beside("a", "a"), "You said: “a”. Measured: “a”. Just as you said."),
        (Beside("a", "b"), "You said: “a”. Measured: “b”. Not what you expected: what explains it?"),
        (Beside("about half", 48, "%"), "You said: “about half”. Measured: 48 %."),
        (Beside(None, 0.5), "Measured: 0.5. You made no guess this time; try one before you run the next such cell."),
        (Beside(0, 0.0), "You said: 0. Measured: 0. Just as you said."),
    ],
)
def test_beside_says_both_and_how_they_compare(beside, text):
    assert repr(beside) == text


def test_beside_escapes_what_it_shows():
    assert "<b>" not in Beside("<b>", "<b>")._repr_html_()


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (12, "12"), (0.1234, "0.123"), (1234.5, "1,234"), (23528522, "23,528,522"), (-0.5, "-0.5")],
)
def test_number_has_three_digits_and_no_exponent(value, text):
    assert number(value) == text and in_words(value, "MB") == f"{text} MB"
