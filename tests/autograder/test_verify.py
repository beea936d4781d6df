"""The proof itself is proven: it must fail where an exercise is at fault."""

import argparse
import dataclasses

import pytest

from autograder import verify
from autograder.exercise import Misconception
from autograder.exercises import EXERCISES, find
from autograder.judge import assess


def failures(exercise):
    return verify.prove(exercise, seeds=(0,)).failures


def test_prove_finds_nothing_wrong_with_a_sound_exercise():
    assert failures(find("trainable_fraction")) == []


def test_prove_catches_a_misconception_that_is_right():
    exercise = find("trainable_fraction")
    harmless = Misconception("harmless", exercise.reference, "")
    assert failures(dataclasses.replace(exercise, misconceptions=(*exercise.misconceptions, harmless))) == [
        "misconception harmless earns full points (seed 0)"
    ]


def test_prove_catches_two_misconceptions_that_cannot_be_told_apart():
    exercise = find("trainable_fraction")
    twin = dataclasses.replace(exercise.misconceptions[0], name="twin")
    found = failures(dataclasses.replace(exercise, misconceptions=(*exercise.misconceptions, twin)))
    assert found == ["misconception twin is taken for counts-tensors (seed 0)"]


def test_prove_catches_a_misconception_that_only_raises():
    exercise = find("trainable_fraction")
    broken = Misconception("broken", lambda: 0.0, "")
    found = failures(dataclasses.replace(exercise, misconceptions=(*exercise.misconceptions, broken)))
    assert any(sentence.startswith("misconception broken only raises errors") for sentence in found)


def test_prove_catches_points_for_nothing():
    exercise = find("trainable_fraction")
    free = dataclasses.replace(exercise.properties[0], observations=("which parameters are trainable is left alone",))
    found = failures(dataclasses.replace(exercise, properties=(free, *exercise.properties[1:])))
    assert any("returning 0.0 earns 1 of 3, not 0" in sentence for sentence in found)


def test_prove_wants_three_alternatives(monkeypatch, tmp_path):
    monkeypatch.setattr(verify, "ALTERNATIVES", tmp_path)
    monkeypatch.setattr(verify.alternatives_of, "__defaults__", (tmp_path,))
    assert failures(find("trainable_fraction")) == ["has 0 alternatives, at least 3 are needed"]


def wanted(**options):
    defaults = {"seeds": 1, "check": False, "honest": None, "only": None, "workers": 1}
    return argparse.Namespace(**defaults | options)


@pytest.fixture
def published(monkeypatch, tmp_path):
    monkeypatch.setattr(verify, "EXERCISES", {"trainable_fraction": EXERCISES["trainable_fraction"]})
    monkeypatch.setattr(verify, "PAGE", tmp_path / "proof.md")
    return tmp_path / "proof.md"


def test_run_prints_a_row_for_every_exercise_publishes_it_and_returns_the_status(capsys, monkeypatch, published):
    assert verify.run(wanted()) == 0
    count = len(EXERCISES["trainable_fraction"].misconceptions)
    assert f"| trainable_fraction | cpu | 3 | {count} | 4 |" in capsys.readouterr().out
    assert f"| 3 | `trainable_fraction` | 3 | 3 | {count} | 4 |" in published.read_text()
    monkeypatch.setattr(verify, "alternatives_of", lambda exercise: iter(()))
    published.unlink()
    assert verify.run(wanted()) == 1
    assert not published.exists()


def test_check_fails_where_the_page_says_otherwise_and_leaves_it(capsys, published):
    assert verify.run(wanted(check=True)) == 1
    assert not published.exists()
    verify.run(wanted())
    assert verify.run(wanted(check=True)) == 0
    published.write_text(published.read_text().replace("| 4 |", "| 9 |"))
    assert verify.run(wanted(check=True)) == 1
    assert "docs/proof.md is not what was found" in capsys.readouterr().out
    assert "| 9 |" in published.read_text()


def test_several_processes_find_what_one_finds(capsys):
    tables = []
    for workers in (1, 2):
        names = ["trainable_fraction", "freeze"]
        assert verify.run(wanted(seeds=2, only=names, workers=workers)) == 0
        tables.append([line.split("|")[:6] for line in capsys.readouterr().out.splitlines()])  # without the seconds
    assert tables[0] == tables[1] and len(tables[0]) > 4


def test_honest_answers_are_tried_alone_on_inputs_as_a_grading_draws_them(capsys, monkeypatch, published):
    seeds, given = set(), assess(EXERCISES["trainable_fraction"], EXERCISES["trainable_fraction"].reference, 0)
    monkeypatch.setattr(verify, "assess", lambda _exercise, _answer, seed, _device: seeds.add(seed) or given)
    assert verify.run(wanted(honest=5)) == 0
    assert len(seeds) == 5 and max(seeds) > 2**24
    lost = dataclasses.replace(given.findings[0], held=False)
    less = dataclasses.replace(given, findings=(lost, *given.findings[1:]))
    monkeypatch.setattr(verify, "assess", lambda *_: less)
    assert verify.run(wanted(honest=5)) == 1
    assert "the reference earns 2 of 3, not 3" in capsys.readouterr().out
    assert not published.exists()
