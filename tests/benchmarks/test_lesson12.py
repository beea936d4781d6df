"""The recorded runs of lesson 12: whole, and nothing beside."""

import itertools

import pytest

from benchmarks import lesson12
from lib.fractions import PRACTICE_GRID, fair_fraction
from lib.practice_runs import SCHEDULES
from lib.results import recorded


def test_recorded_strategies_are_whole_and_learnt_from_500_images():
    table = recorded("lesson12_strategies")
    asked = set(itertools.product(lesson12.STRATEGIES, range(lesson12.SEEDS)))
    assert {(row["strategy"], row["seed"]) for row in table.rows} == asked and len(table.rows) == len(asked)
    assert table.distinct("images_per_class") == [50] and table.command == lesson12.COMMAND


def test_recorded_ablation_is_the_fair_fraction_at_every_seed():
    table, cells = recorded("lesson12_ablation"), fair_fraction(PRACTICE_GRID)
    asked = {(*cell.values(), seed) for cell, seed in itertools.product(cells, range(lesson12.SEEDS))}
    assert {tuple(row[name] for name in (*PRACTICE_GRID, "seed")) for row in table.rows} == asked
    assert len(table.rows) == len(asked) and table.command == lesson12.COMMAND


def test_recorded_race_opens_stages_as_the_schedules_say():
    table = recorded("lesson12_race")
    for name, seed in itertools.product(SCHEDULES, range(lesson12.SEEDS)):
        losses, stages = (table.values(column, schedule=name, seed=seed) for column in ("loss", "stages"))
        assert len(losses) == lesson12.RACE_EPOCHS
        assert stages == [min(6, 1 + SCHEDULES[name](losses[:epoch])) for epoch in range(lesson12.RACE_EPOCHS)]
    assert len(table.rows) == 3 * lesson12.SEEDS * lesson12.RACE_EPOCHS and table.command == lesson12.COMMAND


@pytest.mark.parametrize("recording", lesson12.RECORDINGS, ids=lambda one: one.name)
def test_nothing_is_missing(recording):
    assert recording.missing() == 0


def test_missing_counts_runs_of_a_table_that_is_not_whole(monkeypatch):
    monkeypatch.setattr(lesson12, "SEEDS", lesson12.SEEDS + 1)
    assert (lesson12.missing_strategies(), lesson12.missing_ablation(), lesson12.missing_race()) == (3, 9, 1)
