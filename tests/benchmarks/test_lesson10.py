"""The recorded pitfalls of lesson 10: whole, and what their command gives."""

import pytest

from benchmarks import lesson10
from lib.results import recorded


@pytest.mark.parametrize("name", list(lesson10.TABLES))
def test_recorded_holds_every_job(name):
    columns, jobs = lesson10.TABLES[name]
    table, asked = recorded(f"lesson10_{name}"), [key for key, _ in jobs()]
    measured = list(dict.fromkeys(tuple(row[column] for column in columns) for row in table.rows))
    assert measured == asked and len(set(asked)) == len(asked)
    assert table.command == lesson10.COMMAND


@pytest.mark.parametrize("name", list(lesson10.TABLES))
def test_recorded_accuracies_are_shares(name):
    table = recorded(f"lesson10_{name}")
    columns = [column for column in table.rows[0] if column.endswith("accuracy")]
    assert columns and all(0 <= share <= 1 for column in columns for share in table.values(column))


def test_recordings_name_each_table_and_nothing_is_missing():
    assert [one.name for one in lesson10.RECORDINGS] == [f"lesson10_{name}" for name in lesson10.TABLES]
    assert [one.missing() for one in lesson10.RECORDINGS] == [0] * len(lesson10.TABLES)
