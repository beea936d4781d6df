"""The command that compares strategies: what it asks the grid for, and that it shows no test score to choose by."""

import sys

import pytest

from benchmarks import strategies
from lib.grid_table import Cell
from lib.results import Recorded
from lib.strategies import STRATEGIES

MEASURES = {
    "accuracy": 0.987, "validation_accuracy": 0.5, "train_accuracy": 1.0, "seconds": 2.0, "memory_bytes": 3_000_000,
    "trainable_share": 0.25, "epochs": 12, "recipe": "r1",
}  # fmt: skip


@pytest.fixture
def calls(monkeypatch):
    """What the grid was asked for; nothing is trained."""
    asked = []

    def grid(task=None, names=("full",), sizes=(200,), seeds=(0,), *, report, **options):
        asked.append({"task": task, "names": names, "sizes": tuple(sizes), "seeds": list(seeds)} | options)
        cells = [
            Cell("t", "b", name, "none", "cosine", size, seed) for name in names for size in sizes for seed in seeds
        ]
        rows = [vars(cell) | MEASURES for cell in cells]
        for row in rows:
            report(row)
        return Recorded("c", "d", "m", tuple(rows))

    monkeypatch.setattr(strategies, "compare_strategies", grid)
    monkeypatch.setattr(strategies, "ablation_grid", grid)
    monkeypatch.setattr(strategies, "load_task", lambda name: name)
    return asked


@pytest.mark.parametrize(
    ("words", "sizes", "seeds", "file"),
    [
        ("", (5, 20), 2, None),
        ("--record", (5, 20, 50), 5, "strategies.csv"),
        ("--record --seeds 2 --sizes 7", (7,), 2, "strategies.csv"),
        ("--ablation", (200,), 1, "ablation.csv"),
        ("--ablation --sizes 5 10 --seeds 3", (5, 10), 3, "ablation.csv"),
    ],
    ids=["small", "record", "less", "ablation", "small ablation"],
)
def test_main_asks_for_the_grid_of_the_command_line(calls, monkeypatch, capsys, words, sizes, seeds, file):
    monkeypatch.setattr(sys, "argv", ["strategies", *words.split()])
    strategies.main()
    assert (calls[0]["sizes"], calls[0]["seeds"]) == (sizes, list(range(seeds)))
    assert calls[0]["path"] == (None if file is None else strategies.FOLDER / file)
    assert "| full | 98.7" in capsys.readouterr().out


def test_main_rates_tries_three_for_each_strategy_and_shows_no_test_score(calls, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["strategies", "--rates"])
    strategies.main()
    candidates = calls[0]["names"]
    assert len(candidates) == 3 * len(STRATEGIES)
    for name, strategy in STRATEGIES.items():
        assert strategy in [candidate for key, candidate in candidates.items() if key.startswith(f"{name} at ")]
    assert not set(calls[0]["seeds"]) & set(range(strategies.RECORDED[1]))
    out = capsys.readouterr().out
    assert "0.500  scratch at 1e-03" in out and "0.987" not in out and "98.7" not in out
