"""Pre-training: the rate's shape, a resumed run, and what it leaves behind."""

import json

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from lib import backbones, pretraining
from lib.backbones import load_backbone, model_card
from lib.pretraining import learning_rate, pretrain, source_statistics

CPU = torch.device("cpu")


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A tiny network and small batches in place of the real ones; weights go to a folder of the test's."""

    def tiny(classes):
        return nn.Sequential(nn.Conv2d(3, 4, 3, stride=4), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(576, classes))

    monkeypatch.setattr(backbones, "WEIGHTS", tmp_path / "weights")
    monkeypatch.setattr(pretraining, "WEIGHTS", tmp_path / "weights")
    monkeypatch.setitem(backbones.ARCHITECTURES, "tiny", tiny)
    monkeypatch.setattr(pretraining, "BATCH", 4)
    monkeypatch.setattr(pretraining, "_EVERY", 2)
    monkeypatch.setattr(pretraining.source_accuracy, "__defaults__", (2,))
    return tmp_path


def test_learning_rate_rises_stays_and_falls_to_zero():
    rates = [learning_rate(step, 10_000) for step in range(10_000)]
    assert rates[0] == pytest.approx(0.1 / 400)
    assert rates[399] == rates[5999] == 0.1
    assert rates[8000] == pytest.approx(0.05)
    assert 0 < rates[-1] < 1e-4


def test_source_statistics_are_those_of_the_drawings():
    mean, std = source_statistics()
    assert mean.shape == std.shape == (1, 3, 1, 1)
    assert float(mean.mean()) == pytest.approx(0.5, abs=0.05)
    images, _ = pretraining.draw_glyphs(512, generator=torch.Generator().manual_seed(77))
    normalised = (images - mean) / std
    assert normalised.mean().abs() < 0.05
    assert float(normalised.std()) == pytest.approx(1, abs=0.05)


@pytest.mark.slow
def test_pretrain_stopped_and_started_again_ends_with_the_same_weights(small, monkeypatch, capsys):
    pretrain("tiny", images=16, checkpoint=small / "whole.pt", device=CPU)
    whole = load_file(backbones.weight_file("tiny"))

    step = pretraining._step
    calls = iter(range(2))

    def interrupted(*arguments):
        if next(calls, None) is None:
            raise KeyboardInterrupt
        return step(*arguments)

    monkeypatch.setattr(pretraining, "_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        pretrain("tiny", images=16, checkpoint=small / "parts.pt", device=CPU)
    monkeypatch.setattr(pretraining, "_step", step)
    pretrain("tiny", images=16, checkpoint=small / "parts.pt", device=CPU)
    assert "resuming at step 2" in capsys.readouterr().out
    parts = load_file(backbones.weight_file("tiny"))
    assert whole.keys() == parts.keys()
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


@pytest.mark.slow
def test_pretrain_writes_half_precision_a_hash_and_a_card_that_load(small, capsys):
    record = pretrain("tiny", images=8, checkpoint=small / "state.pt", device=CPU)
    state = load_file(backbones.weight_file("tiny"))
    assert {value.dtype for value in state.values()} == {torch.float16, torch.int64}
    assert {name: model_card("tiny")[name] for name in record} == json.loads(json.dumps(record))
    assert load_backbone("tiny")(torch.zeros(1, 3, 48, 48)).shape == (1, 1000)
    assert "step      2 of 2" in capsys.readouterr().out


def test_pretrain_wants_at_least_one_batch(tmp_path):
    with pytest.raises(ValueError, match="images: expected at least one batch of 128, got 100"):
        pretrain("resnet10", images=100, checkpoint=tmp_path / "state.pt", device=CPU)
