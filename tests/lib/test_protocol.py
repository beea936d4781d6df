"""The protocol of a comparison, against runs written out one by one."""

import itertools

import pytest
import torch
from torch import nn

from lib.protocol import compare_strategies


def shift(by):
    """A strategy that adds `by` and the seed to every weight."""

    def train(network, training, validation, seed):
        with torch.no_grad():
            network.weight += by + seed + training

    return train


def compared(strategies=None, **options):
    model, ticks = nn.Linear(1, 1, bias=False), itertools.count()
    nn.init.zeros_(model.weight)
    given = {
        "model": model,
        "draw": lambda size, seed: (100 * size, 200 * size),
        "test": 7,
        "score": lambda network, split: network.weight.item() + split / 1000,
        "clock": lambda: float(next(ticks)),
    } | options
    return given["model"], compare_strategies(strategies or {"a": shift(1), "b": shift(2)}, [1, 3], [0, 5], **given)


def test_compare_strategies_gives_every_run_as_it_would_be_alone():
    _, rows = compared()
    cells = [(size, seed, name) for size in (1, 3) for seed in (0, 5) for name in "ab"]
    assert [(row["images_per_class"], row["seed"], row["strategy"]) for row in rows] == cells
    weights = [{"a": 1, "b": 2}[name] + seed + 100 * size for size, seed, name in cells]
    assert [row["accuracy"] for row in rows] == pytest.approx([w + 0.007 for w in weights])
    assert [row["validation_accuracy"] for row in rows] == pytest.approx(
        [w + size / 5 for w, (size, *_) in zip(weights, cells, strict=True)]
    )
    assert [row["train_accuracy"] for row in rows] == pytest.approx(
        [w + size / 10 for w, (size, *_) in zip(weights, cells, strict=True)]
    )
    assert {row["seconds"] for row in rows} == {1.0}


def test_compare_strategies_leaves_the_model_as_it_is():
    model, _ = compared()
    assert model.weight.item() == 0 and model.weight.requires_grad


def test_compare_strategies_does_not_count_scoring_and_drawing_as_training():
    time = [0.0]

    def spend(seconds, result):
        time[0] += seconds
        return result

    _, rows = compared(
        {"a": lambda *_: spend(2, None)},
        draw=lambda size, seed: spend(10, (0, 0)),
        score=lambda network, split: spend(100, 0.5),
        clock=lambda: time[0],
    )
    assert [row["seconds"] for row in rows] == [2.0] * 4
