"""Tables that grow row by row: what is known is kept, what is new is added, and nothing is measured twice."""

import sys

import pytest

from benchmarks import recording
from lib.results import record, recorded

ORIGIN = {"command": "python -m made", "date": "d", "machine": "m"}


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """The folder that tables are read from and written to."""
    monkeypatch.setattr(recording, "record", lambda name, rows, **origin: record(name, rows, **origin, folder=tmp_path))
    monkeypatch.setattr(recording, "recorded", lambda name: recorded(name, tmp_path))
    return tmp_path


def table(values):
    """A job a value, and a list of those that were run."""
    run = []
    return run, (("name", "seed"), lambda: ((key, lambda k=key: run.append(k) or values[k]) for key in values))


def test_measure_resumes_and_keeps_rows_that_no_job_asks_for(kept, capsys):
    run, first = table({("a", 0): {"value": 1.0}, ("b", 0): {"value": 2.5}})
    recording.measure("made", "python -m made", first)
    assert run == [("a", 0), ("b", 0)]
    run, second = table({("b", 0): {"value": 9.0}, ("c", 1): {"value": 4.5}})
    recording.measure("made", "python -m made", second)
    assert run == [("c", 1)]
    found = recorded("made", kept)
    assert [(row["name"], row["value"]) for row in found.rows] == [("b", 2.5), ("c", 4.5), ("a", 1.0)]
    assert found.command == "python -m made"
    assert "made c 1 4.5" in capsys.readouterr().out
    assert (kept / "made.csv").read_text().splitlines()[-1] == "a,0,1"


def test_measure_takes_several_rows_of_a_job_and_asks_for_none_again(kept):
    rows = [{"stage": "stem", "value": 0.5}, {"stage": "head", "value": 0.7}]
    for names in ("a", "ab"):
        run, made = table({(name, 0): rows for name in names})
        recording.measure("made", "python -m made", made)
    assert run == [("b", 0)]
    assert [(row["name"], row["stage"]) for row in recorded("made", kept).rows] == [
        ("a", "stem"), ("a", "head"), ("b", "stem"), ("b", "head")
    ]  # fmt: skip


def test_measure_writes_after_every_job(kept):
    def stopped():
        raise KeyboardInterrupt

    jobs = [(("a",), lambda: {"value": 1.5}), (("b",), stopped)]
    with pytest.raises(KeyboardInterrupt):
        recording.measure("made", "python -m made", (("name",), lambda: iter(jobs)))
    assert recorded("made", kept).rows == ({"name": "a", "value": 1.5},)


def test_measure_tables_measures_those_that_are_named(kept, monkeypatch):
    few, more = (table({(name, 0): {"value": 1.5}}) for name in "ab")
    monkeypatch.setattr(sys, "argv", ["made", "more"])
    recording.measure_tables("made", "python -m made", {"few": few[1], "more": more[1]}, "About.")
    assert (few[0], more[0]) == ([], [("b", 0)])
    assert [file.stem for file in kept.glob("*.csv")] == ["made_more"]


def test_rows_of_gives_none_where_nothing_is_recorded(kept):
    assert recording.rows_of("made") == ()
    record("made", [{"name": "a"}], **ORIGIN, folder=kept)
    assert recording.rows_of("made") == ({"name": "a"},)
