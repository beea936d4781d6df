"""What a learner sees of their way through the course, and when a reference opens."""

import pytest

from autograder import check as checking
from autograder import progress as module
from autograder.check import CheckFailed, check
from autograder.exercises import EXERCISES
from autograder.progress import progress, reveal
from lib.freezing import freeze as reference


@pytest.fixture(autouse=True)
def shown(monkeypatch, tmp_path):
    folder = tmp_path / "03_somewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    reports = []
    monkeypatch.setattr(module, "display", reports.append)
    monkeypatch.setattr(checking, "display", lambda report: None)
    return reports


def solved(module):
    return reference(module)


def tried(*answers):
    for answer in answers:
        with pytest.raises(CheckFailed):
            check("freeze", answer)


def test_progress_begins_at_the_beginning(shown):
    progress()
    first = next(iter(EXERCISES))
    assert f"0 of {len(EXERCISES)} exercises solved" in repr(shown[0])
    assert f"A good one to begin with: {first}, in lesson 1." in repr(shown[0])


def test_progress_knows_of_what_was_solved_and_begun_in_any_lesson(shown, monkeypatch, tmp_path):
    check("freeze", solved)
    other = tmp_path / "07_elsewhere"
    other.mkdir()
    monkeypatch.chdir(other)
    with pytest.raises(CheckFailed):
        check("trainable_fraction", lambda module: 0.5)
    progress()
    text, html = repr(shown[0]), shown[0]._repr_html_()
    assert f"1 of {len(EXERCISES)} exercises solved" in text
    assert "✓ freeze" in text
    assert "◐ trainable_fraction" in text
    assert "A good one to go on with: trainable_fraction, in lesson 3." in text
    assert '<span role="img" aria-label="solved">✓</span> freeze' in html
    assert "(4 of 20 points)" in text


def test_progress_says_so_when_all_is_solved(shown, monkeypatch):
    monkeypatch.setattr(module, "EXERCISES", {"freeze": EXERCISES["freeze"]})
    check("freeze", solved)
    progress()
    assert "1 of 1 exercises solved" in repr(shown[0])
    assert "What will you teach a network next?" in repr(shown[0])


def test_reveal_waits_for_three_tries_that_differ(shown):
    tried(lambda module: module.eval(), lambda module: module.train(), lambda module: module.train())
    reveal("freeze")
    assert "after another try, each different" in repr(shown[0])
    assert "def freeze" not in repr(shown[0])
    tried(lambda module: module.requires_grad_(False))
    reveal("freeze")
    assert "You have tried it in earnest" in repr(shown[1])
    assert "def freeze(module: nn.Module)" in repr(shown[1])
    assert "def pin(" in repr(shown[1])


def test_reveal_opens_at_a_pass(shown):
    check("freeze", solved)
    reveal("freeze")
    assert repr(shown[0]).startswith("It holds, and so does yours. The reference, from lib/freezing.py:")


def test_reveal_names_the_closest_for_an_unknown_exercise(shown):
    with pytest.raises(ValueError, match="the closest are: freeze"):
        reveal("freze")
    assert shown == []


@pytest.mark.parametrize("name", EXERCISES)
def test_every_reference_can_be_shown_and_escaped(name, shown, monkeypatch):
    monkeypatch.setattr(module, "read", lambda file: {name: module.Entry(0, True, ())})
    reveal(name)
    text, html = repr(shown[0]), shown[0]._repr_html_()
    compiled = text.partition("\n\n")[2]
    assert compile(compiled, name, "exec")
    assert name in compiled
    assert "->" not in html or "-&gt;" in html
