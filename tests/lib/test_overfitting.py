"""Cures against overfitting: each does what it is called, and the best epoch is really kept."""

import pytest
import torch
from torch import nn

from lib import overfitting
from lib.datasets.task import Split, Task
from lib.overfitting import CURES, overfitting_trial


def halves():
    labels = torch.arange(24) % 2
    images = torch.randint(60, (24, 3, 48, 48), generator=torch.Generator().manual_seed(0))
    images[labels == 0, :, :, :24] += 180
    images[labels == 1, :, :, 24:] += 180
    split = Split(images.to(torch.uint8), labels)
    return Task("halves", ("left", "right"), split, split, split)


def test_best_keeps_a_copy_of_the_first_of_the_highest_scores():
    model, scores = nn.Linear(1, 1), iter([0.5, 0.7, 0.7, 0.6])
    best = overfitting._Best(model, lambda: next(scores))
    for value in range(4):
        nn.init.constant_(model.weight, float(value))
        best.look()
    assert best.state["weight"].item() == 1.0


def test_overfitting_trial_names_the_cures_there_are():
    with pytest.raises(ValueError, match=r"cure: expected one of nothing, shift, .*, got 'hope'"):
        overfitting_trial(halves(), 2, 0, "hope")


def test_each_cure_changes_one_thing():
    plain = overfitting.Cure()
    changed = {n: [f for f in plain._fields if getattr(c, f) != getattr(plain, f)] for n, c in CURES.items()}
    assert all(len(fields) == (name != "nothing") for name, fields in changed.items())


@pytest.mark.slow
@pytest.mark.parametrize("cure", ["nothing", "early stopping"])
def test_overfitting_trial_learns_a_simple_task_and_leaves_the_global_state_alone(cure, monkeypatch):
    monkeypatch.setattr(overfitting, "EPOCHS", 12)
    monkeypatch.setattr(overfitting, "CHOSEN_ON", 3)
    state = torch.get_rng_state()
    found = overfitting_trial(halves(), 6, 0, cure)
    assert torch.equal(torch.get_rng_state(), state)
    assert found.train_accuracy == 1.0
    assert found.accuracy > 0.9
    assert found.loss < 0.6  # guessing has 0.69
