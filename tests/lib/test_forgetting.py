"""Forgetting measured: penalties that hold, the old head put back, and a global state left alone."""

import pytest
import torch
from torch import nn

from lib import forgetting, settings
from lib.datasets import load_task
from lib.ewc import copy_parameters


def test_penalty_of_each_method_is_its_formula():
    model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 1, bias=False))
    anchor = {"0.weight": model[0].weight.detach() - 2}
    fisher = {"0.weight": torch.full((2, 2), 0.5)}
    head = float(model[1].weight.detach().square().sum())
    assert forgetting.penalty_of("nothing", 9.0, model, anchor)() == 0
    by_ewc = forgetting.penalty_of("EWC", 3.0, model, anchor, fisher)()
    assert float(by_ewc.detach()) == pytest.approx(3 / 2 * 0.5 * 4 * 4)
    expected = 3 / 2 * 4 * 4 + forgetting.HEAD_DECAY / 2 * head
    assert float(forgetting.penalty_of("L2-SP", 3.0, model, anchor)().detach()) == pytest.approx(expected, rel=1e-5)
    with pytest.raises(ValueError, match="method: expected 'nothing', 'EWC' or 'L2-SP', got 'L2'"):
        forgetting.penalty_of("L2", 1.0, model, anchor)


@pytest.mark.slow
def test_forgetting_trial_keeps_the_source_where_it_is_held_fast(monkeypatch):
    monkeypatch.setattr(forgetting, "EPOCHS", 6)
    task, state = load_task("digits-on-photographs"), torch.get_rng_state()
    model = forgetting.load_backbone("resnet10").to(settings.device())
    before = forgetting.accuracy(model, *forgetting.source_drawings())
    ones = {name: torch.ones_like(v) for name, v in copy_parameters(model).items() if not name.startswith("fc.")}
    held = forgetting.forgetting_trial(task, 2, 0, method="EWC", strength=1e6, fisher=ones)
    free = forgetting.forgetting_trial(task, 2, 0)
    assert torch.equal(torch.get_rng_state(), state)
    lost = before - free.source_accuracy
    assert lost > 0.02
    assert abs(before - held.source_accuracy) < lost / 4


@pytest.mark.slow
def test_source_fisher_names_the_backbone_alone():
    names = set(forgetting.source_fisher(2))
    assert names == {n for n, _ in forgetting.load_backbone("resnet10").named_parameters() if not n.startswith("fc.")}
