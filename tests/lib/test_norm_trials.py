"""Norms on another domain: the four kinds, and what is measured anew."""

import pytest
import torch
from torch import nn

from lib import norm_trials
from lib.norm_trials import NORMS, PAIRS, network_with, norm_trial


def test_network_with_has_the_norm_that_is_asked_for():
    kinds = {norm: network_with(norm, 3, 0) for norm in NORMS}
    norms = {name: [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)] for name, model in kinds.items()}
    assert len(norms["moving"]) == len(norms["frozen"]) > 0 == len(norms["group"]) == len(norms["layer"])
    for model in kinds.values():
        model.train()
    assert all(m.training for m in norms["moving"]) and not any(m.training for m in norms["frozen"])
    groups = {n: {m.num_groups for m in kinds[n].modules() if isinstance(m, nn.GroupNorm)} for n in ("group", "layer")}
    assert groups == {"group": {32}, "layer": {1}}
    with pytest.raises(ValueError, match="norm: expected one of moving, frozen, group, layer, got 'none'"):
        network_with("none", 3, 0)


@pytest.mark.slow
def test_norm_trial_measures_batch_norm_anew_and_leaves_other_norms(monkeypatch):
    monkeypatch.setattr(norm_trials, "EPOCHS", 1)
    pair, state = next(iter(PAIRS)), torch.get_rng_state()
    found = {norm: norm_trial(pair, norm, 0, images_per_class=2, measured_on=(4,)) for norm in ("moving", "group")}
    assert torch.equal(torch.get_rng_state(), state)
    assert [one.images for one in found["moving"]] == [0, 4] and [one.images for one in found["group"]] == [0]
    assert found["moving"][0][1:] != found["moving"][1][1:]
