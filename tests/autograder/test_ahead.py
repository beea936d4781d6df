"""Processes that are started ahead of the grader: as many as will grade, and none in vain."""

import argparse
from pathlib import Path

import pytest

from autograder import ahead
from autograder.sandbox import prison
from autograder.sandbox.place import Place


@pytest.fixture
def arguments(tmp_path):
    for student in range(17):
        (tmp_path / f"handed in/{student}/lesson").mkdir(parents=True)
        (tmp_path / f"handed in/{student}/lesson/lesson.ipynb").touch()
    return argparse.Namespace(
        submitted=tmp_path / "handed in",
        out=tmp_path / "results",
        unsandboxed=False,
        workers=None,
        shard=None,
        again=False,
    )


@pytest.fixture
def launched(monkeypatch):
    """The places in which a process was to be started; none is."""
    found = []

    def launch(place: Place) -> None:
        found.append(place)

    monkeypatch.setattr(Place, "launch", launch)
    return found


def test_started_has_a_process_on_the_way_for_each_that_will_grade(arguments, monkeypatch):
    monkeypatch.setattr(ahead.os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    with ahead.started(arguments) as places:
        processes = [place.process for place in places]
        assert [process.poll() for process in processes] == [None] * 2  # a third would not be worth its start
    assert all(process.poll() is not None for process in processes)
    assert not any(Path(place.folder.name).exists() for place in places)


@pytest.mark.parametrize(("workers", "shard", "number"), [(1, None, 1), (3, None, 3), (20, None, 17), (20, (0, 8), 2)])
def test_started_keeps_to_the_number_that_was_asked_for(arguments, launched, workers, shard, number):
    arguments.workers, arguments.shard = workers, shard
    with ahead.started(arguments) as places:
        assert len(places) == number and places == launched


def test_started_starts_none_in_vain(arguments, launched, monkeypatch):
    for student in range(16):
        (arguments.out / f".verdicts/{student}").mkdir(parents=True)
        (arguments.out / f".verdicts/{student}/lesson.json").touch()
    with ahead.started(arguments) as places:
        assert len(places) == 1
    (arguments.out / ".verdicts/16").mkdir()
    (arguments.out / ".verdicts/16/lesson.json").touch()
    launched.clear()
    for change in ({}, {"again": True, "unsandboxed": True}, {"again": True, "submitted": arguments.out / "nowhere"}):
        with ahead.started(argparse.Namespace(**{**vars(arguments), **change})) as places:
            assert places == []
    arguments.again = True
    monkeypatch.setattr(prison, "unavailable", lambda: "no walls here")
    with ahead.started(arguments) as places:
        assert places == []
    assert launched == []


def test_worthwhile_is_at_most_one_a_core_and_at_least_one(monkeypatch):
    monkeypatch.setattr(ahead.os, "sched_getaffinity", lambda _: {0, 1})
    assert [ahead.worthwhile(count) for count in (0, 1, 15, 16, 1000)] == [1, 1, 1, 2, 2]
