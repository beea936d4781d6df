"""Two phases: held to the pipeline, which does the same with more around it, and to what is written out."""

import copy
import math
from functools import partial

import pytest
import torch
from torch import nn

from lib.datasets.task import Split
from lib.epochs import evaluate, train_one_epoch
from lib.phases import copy_of_weights, fine_tune_two_phase, open_phase
from lib.pipeline import fine_tune
from lib.plan import Phase, Plan, two_phases


def network() -> nn.Sequential:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        stem = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
        body = nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(16, 6), nn.ReLU())
        return nn.Sequential(stem, body, nn.Linear(6, 2))


def split() -> Split:
    images = torch.rand(8, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    return Split(images, torch.arange(8) % 2)


@pytest.mark.parametrize("patience", [None, 1])
def test_fine_tune_two_phase_is_what_the_pipeline_does(patience):
    """All images are one batch, so that the order, which each draws in its own way, does not matter."""
    ours, theirs, data = network(), network(), split()
    plan = Plan(two_phases(3, 4, 0.02), batch_size=8, label_smoothing=0.0, warmup=0.0, patience=patience)
    history = fine_tune(theirs, data, data, plan, prepare=lambda images: images)
    batches = [(data.images, data.labels)]
    rows = fine_tune_two_phase(
        ours,
        lambda optimiser, schedule: train_one_epoch(ours, batches, optimiser, schedule=schedule),
        lambda: evaluate(ours, batches).accuracy,
        1,
        first=3,
        second=4,
        rate=0.02,
        patience=patience,
    )
    expected = [(one.phase, one.train_loss, one.validation_accuracy) for one in history.epochs]
    assert len(rows) == len(expected)
    for row, other in zip(rows, expected, strict=True):
        assert row == pytest.approx(other, abs=1e-5)
    for name, value in theirs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], value, atol=1e-5, rtol=1e-4)
    assert not ours.training


def _ended_with(scores: list[float]) -> tuple[list[float], float]:
    """The head's bias at the start of each epoch, each of which adds 1, and in the end; it begins at 0."""
    model, starts, given = network(), list[float](), iter(scores)
    bias = model[2].bias
    nn.init.zeros_(bias)

    def train(*_: object) -> float:
        starts.append(float(bias[0].detach()))
        with torch.no_grad():
            bias.add_(1)
        return 0.0

    fine_tune_two_phase(model, train, partial(next, given), 1, first=3, second=2)
    return starts, float(bias[0].detach())


@pytest.mark.parametrize(
    ("scores", "starts", "end"),
    [
        ([0.5, 0.9, 0.7, 0.6, 0.8], [0, 1, 2, 2, 3], 2),
        ([0.5, 0.9, 0.7, 0.6, 0.95], [0, 1, 2, 2, 3], 4),
        ([0.9, 0.9, 0.9, 0.9, 0.9], [0, 1, 2, 1, 2], 1),
        ([float("nan")] * 5, [0, 1, 2, 0, 1], 0),
    ],
    ids=["best in phase 0", "best in phase 1", "ties", "nan"],
)
def test_fine_tune_two_phase_puts_the_best_weights_back_after_each_phase(scores, starts, end):
    assert _ended_with(scores) == (starts, end)


def test_open_phase_freezes_below_and_pins_norms_unless_told_otherwise():
    model = network()
    open_phase(model, Phase(1, 0.1, stages=2))
    assert [p.requires_grad for p in model.parameters()] == [False] * 4 + [True] * 4
    open_phase(model, Phase(1, 0.1))
    assert all(p.requires_grad for p in model.parameters()) and not model.train()[0][1].training
    open_phase(model, Phase(1, 0.1), frozen_norms=False)
    assert model.train()[0][1].training


def test_copy_of_weights_is_out_of_trainings_reach():
    model = network()
    before, expected = copy_of_weights(model), copy.deepcopy(model.state_dict())
    model.train()(split().images)
    nn.init.zeros_(model[2].weight)
    assert all(torch.equal(before[name], value) for name, value in expected.items())


def test_fine_tune_two_phase_counts_patience_from_the_first_number():
    """A first NaN is no accuracy: the phase goes on while numbers rise, and its patience begins with the first."""
    model, scores = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)), iter([math.nan, 0.5, 0.9, 0.8, 0.7, 1.0])
    rows = fine_tune_two_phase(model, lambda *_: 1.0, lambda: next(scores), steps=1, first=5, second=1, patience=2)
    assert [accuracy for _, _, accuracy in rows[1:]] == [0.5, 0.9, 0.8, 0.7, 1.0]
    assert [phase for phase, _, _ in rows] == [0] * 5 + [1]
