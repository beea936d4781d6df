"""Lesson 2's measurements: what is known is kept, what is new is added, and rows are what they say."""

import pytest
from torchvision import models

from benchmarks import lesson02
from lib.results import recorded


@pytest.fixture
def kept(monkeypatch, tmp_path):
    write, read = lesson02.record, lesson02.recorded
    monkeypatch.setattr(lesson02, "record", lambda name, rows, **origin: write(name, rows, **origin, folder=tmp_path))
    monkeypatch.setattr(lesson02, "recorded", lambda name: read(name, tmp_path))
    return tmp_path


def jobs(values):
    """Two jobs, and a list of those that were run."""
    run = []
    return run, lambda: ((key, lambda k=key: run.append(k) or {"value": values[k]}) for key in values)


def test_measure_resumes_and_keeps_rows_that_no_job_asks_for(kept, monkeypatch, capsys):
    run, first = jobs({("a", 0.0): 1.0, ("b", 0.0): 2.5})
    monkeypatch.setitem(lesson02.TABLES, "made", (("name", "seed"), first))
    lesson02.measure("made")
    assert run == [("a", 0.0), ("b", 0.0)]
    run, second = jobs({("b", 0.0): 9.0, ("c", 1.0): 4.0})
    monkeypatch.setitem(lesson02.TABLES, "made", (("name", "seed"), second))
    lesson02.measure("made")
    assert run == [("c", 1.0)]
    table = recorded("lesson02_made", kept)
    assert {row["name"]: row["value"] for row in table.rows} == {"a": 1.0, "b": 2.5, "c": 4.0}
    assert table.command == "python -m benchmarks.lesson02"
    assert "made c 1.0 4.0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "expected"), [("resnet18", False), ("alexnet", False), ("mobilenet_v2", True), ("regnet_y_400mf", False)]
)
def test_has_depthwise_finds_convolutions_that_see_one_channel(name, expected):
    assert lesson02.has_depthwise(models.get_model(name)) == expected


def test_tables_ask_for_each_row_once():
    for columns, rows in lesson02.TABLES.values():
        keys = [key for key, _ in rows()]
        assert len(set(keys)) == len(keys) > 0 and all(len(key) == len(columns) for key in keys)
