"""A table of runs on disk: what it keeps, and what it refuses to mix."""

import pytest
import torch

from lib.grid_table import Cell, GridTable
from lib.results import recorded

MEASURES = {"accuracy": 1.0, "epochs": 3}


def cell(seed=0, strategy="full", size=5):
    return Cell("stones", "resnet10", strategy, "none", "cosine", size, seed)


def test_grid_table_writes_every_row_and_reads_the_same_again(tmp_path):
    path, wanted = tmp_path / "grid.csv", {cell(0): "r1", cell(1): "r1"}
    table = GridTable(wanted, path, "a command")
    assert table.missing() == [cell(0), cell(1)]
    row = table.add(cell(1), MEASURES)
    assert [found["seed"] for found in recorded("grid", tmp_path).rows] == [1]
    table.add(cell(0), MEASURES)
    again = GridTable(wanted, path, "another command")
    assert again.missing() == []
    assert again.recorded() == table.recorded()
    assert again.recorded().command == "a command"
    assert again.recorded().rows[1] == row
    assert all(type(found["seed"]) is int and type(found["accuracy"]) is float for found in again.recorded().rows)


def test_grid_table_without_a_path_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = GridTable({cell(): "r1"})
    table.add(cell(), MEASURES)
    assert table.recorded().rows[0]["recipe"] == "r1" and not list(tmp_path.iterdir())


def test_grid_table_refuses_another_recipe_at_any_size_and_seed(tmp_path):
    GridTable({cell(0): "r1"}, tmp_path / "grid.csv").add(cell(0), MEASURES)
    with pytest.raises(ValueError, match=r"grid\.csv has runs of another recipe of \('stones', 'resnet10', 'full'"):
        GridTable({cell(9, size=50): "r2"}, tmp_path / "grid.csv")
    assert GridTable({cell(0, "scratch"): "r2"}, tmp_path / "grid.csv").missing() == [cell(0, "scratch")]


def test_grid_table_refuses_to_go_on_elsewhere_but_reads_what_is_complete(tmp_path, monkeypatch):
    path = tmp_path / "grid.csv"
    GridTable({cell(0): "r1"}, path).add(cell(0), MEASURES)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 99)
    assert GridTable({cell(0): "r1"}, path).recorded().machine != GridTable({cell(0): "r1"}).origin["machine"]
    with pytest.raises(ValueError, match=r"path: .* was measured on 'cpu, \d+ threads, .*', not 'cpu, 99 threads"):
        GridTable({cell(1): "r1"}, path)


def test_grid_table_refuses_another_table_and_an_unfinished_one(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("# command: c\n# date: d\n# machine: m\ntask,backbone,strategy\na,b,c\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"path: .*other\.csv is no table of a grid: it has no column augmentation"):
        GridTable({cell(): "r1"}, path)
    with pytest.raises(ValueError, match="table: expected all 2 runs to be made, 2 are missing"):
        GridTable({cell(0): "r1", cell(1): "r1"}).recorded()


def test_grid_table_refuses_a_name_that_a_file_could_not_give_back(tmp_path):
    wanted = {cell(strategy="full"): "r1", cell(strategy="3e-4"): "r2"}
    assert len(GridTable(wanted).missing()) == 2
    with pytest.raises(ValueError, match="strategy: expected a name that does not read as a number, got '3e-4'"):
        GridTable(wanted, tmp_path / "grid.csv")
