"""Recorded results: what is written is read again; intervals against SciPy."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from lib.results import mean_and_interval, record, recorded

ORIGIN = {"command": "python -m benchmarks.x", "date": "2026-01-31", "machine": "CPU: 2 threads"}
ROWS = [{"technique": "frozen", "seed": 0.0, "accuracy": 0.5}, {"technique": "scratch", "seed": 1.0, "accuracy": 0.25}]


def test_recorded_reads_what_record_wrote(tmp_path: Path) -> None:
    record("x", ROWS, **ORIGIN, folder=tmp_path)
    read = recorded("x", tmp_path)
    assert {name: getattr(read, name) for name in ORIGIN} == ORIGIN
    assert list(read.rows) == ROWS


def test_recorded_selects_and_lists(tmp_path: Path) -> None:
    record("x", ROWS, **ORIGIN, folder=tmp_path)
    read = recorded("x", tmp_path)
    assert read.values("accuracy", technique="scratch", seed=1) == [0.25]
    assert read.values("accuracy", technique="scratch", seed=0) == []
    assert read.distinct("technique") == ["frozen", "scratch"]


def test_recorded_names_what_there_is(tmp_path: Path) -> None:
    record("other", ROWS, **ORIGIN, folder=tmp_path)
    with pytest.raises(FileNotFoundError, match=r"no recorded result 'x' .* recorded are: other"):
        recorded("x", tmp_path)


@pytest.mark.parametrize("values", [[0.1, 0.4], [0.5, 0.52, 0.61, 0.55, 0.4]])
def test_mean_and_interval_is_students(values: list[float]) -> None:
    mean, half = mean_and_interval(values, 0.9)
    expected = stats.t.interval(0.9, len(values) - 1, loc=np.mean(values), scale=stats.sem(values))
    assert (mean - half, mean + half) == pytest.approx(expected)


def test_mean_and_interval_of_equal_values_has_no_width() -> None:
    assert mean_and_interval([0.5, 0.5, 0.5]) == (0.5, 0.0)


def test_mean_and_interval_refuses_a_single_seed() -> None:
    with pytest.raises(ValueError, match="expected at least 2, got 1"):
        mean_and_interval([0.5])
