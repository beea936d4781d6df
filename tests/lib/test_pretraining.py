"""Pre-training: the rate's shape, a resumed run, and what it leaves behind."""

import json
from functools import partial

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from lib import backbones, pretraining
from lib.backbones import load_backbone, model_card
from lib.bundled import ARCHITECTURES
from lib.checkpoints import load_checkpoint
from lib.pretraining import RECIPES, Recipe, learning_rate, pretrain, source_statistics

CPU = torch.device("cpu")


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A tiny network and small batches in place of the real ones; weights go to a folder of the test's."""

    def tiny(classes):
        return nn.Sequential(nn.Conv2d(3, 4, 3, stride=4), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(576, classes))

    monkeypatch.setattr(backbones, "WEIGHTS", tmp_path / "weights")
    monkeypatch.setattr(pretraining, "WEIGHTS", tmp_path / "weights")
    monkeypatch.setitem(ARCHITECTURES, "tiny", tiny)
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
    assert [learning_rate(step, 10_000, 0.002) for step in (0, 399, 8000)] == pytest.approx([0.002 / 400, 0.002, 0.001])


@pytest.mark.parametrize("name", list(ARCHITECTURES))
def test_optimiser_decays_what_multiplies_and_leaves_what_shifts_or_scales(name):
    model, recipe = ARCHITECTURES[name](5), RECIPES.get(name, Recipe())
    decayed, free = pretraining._optimiser(recipe, model).param_groups
    expected = {id(layer.weight) for layer in model.modules() if isinstance(layer, nn.Conv2d | nn.Linear)}
    assert {id(parameter) for parameter in decayed["params"]} == expected
    assert {id(parameter) for parameter in free["params"]} == set(map(id, model.parameters())) - expected
    assert (decayed["weight_decay"], free["weight_decay"]) == (recipe.weight_decay, 0)
    assert (decayed["lr"], free["lr"]) == (recipe.rate, recipe.rate)


def test_recipe_of_the_first_backbone_is_gradient_descent_with_nesterov_momentum():
    optimiser = pretraining._optimiser(RECIPES.get("resnet10", Recipe()), nn.Linear(2, 2))
    assert type(optimiser) is torch.optim.SGD
    settings = {key: optimiser.defaults[key] for key in ("lr", "momentum", "nesterov", "dampening")}
    assert settings == {"lr": 0.1, "momentum": 0.9, "nesterov": True, "dampening": 0}
    assert RECIPES.keys() <= ARCHITECTURES.keys()


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


def by_hand(optimiser, recipe, model=None, first=0):
    """Three steps of four drawings, written out: what the command is to do with a new model, or with `model`."""
    mean, std = source_statistics()
    torch.manual_seed(0)
    model = (model or ARCHITECTURES["tiny"](1000)).to(memory_format=torch.channels_last).train()
    rest = {"params": [model[0].bias, model[1].weight, model[1].bias, model[3].bias], "weight_decay": 0.0}
    decayed = {"params": [model[0].weight, model[3].weight], "weight_decay": recipe.weight_decay}
    optimiser = optimiser([decayed, rest])
    for step in range(3):
        images, labels = pretraining.draw_glyphs(4, generator=torch.Generator().manual_seed(first + step))
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate * min((step + 1) / 400, (1 - step / 3) / 0.4)
        with torch.autocast("cpu", torch.bfloat16, enabled=recipe.bfloat16):
            scores = model(((images - mean) / std).contiguous(memory_format=torch.channels_last))
            loss = nn.functional.cross_entropy(scores, labels, label_smoothing=0.1)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model.state_dict()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("recipe", "optimiser"),
    [
        pytest.param(None, partial(torch.optim.SGD, lr=0.1, momentum=0.9, nesterov=True), id="as-the-first"),
        pytest.param(Recipe(0.02, 0.3, True, True), partial(torch.optim.AdamW, lr=0.02), id="adaptive-in-bfloat16"),
    ],
)
def test_pretrain_takes_the_steps_of_its_recipe_to_the_bit(small, monkeypatch, recipe, optimiser):
    if recipe:
        monkeypatch.setitem(RECIPES, "tiny", recipe)
    pretrain("tiny", images=12, checkpoint=small / "state.pt", device=CPU)
    expected = by_hand(optimiser, recipe or Recipe(0.1, 5e-4))
    found = load_checkpoint(small / "state.pt")["model"]
    assert all(torch.equal(found[name], expected[name]) for name in expected)


@pytest.mark.slow
def test_pretrain_further_begins_with_the_bundled_weights_a_new_optimiser_and_the_next_drawing(small):
    pretrain("tiny", images=8, checkpoint=small / "begun.pt", device=CPU)
    bundled = load_backbone("tiny")
    card = pretrain("tiny", images=20, checkpoint=small / "further.pt", device=CPU, further=True)
    assert (card["images"], card["restarts"]) == (20, [8])
    expected = by_hand(partial(torch.optim.SGD, lr=0.1, momentum=0.9, nesterov=True), Recipe(), bundled, first=2)
    found = load_checkpoint(small / "further.pt")["model"]
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    again = pretrain("tiny", images=24, checkpoint=small / "again.pt", device=CPU, further=True)
    assert (again["images"], again["restarts"]) == (24, [8, 20])


@pytest.mark.slow
def test_pretrain_further_wants_more_than_before(small):
    pretrain("tiny", images=8, checkpoint=small / "begun.pt", device=CPU)
    with pytest.raises(ValueError, match="images: expected at least 12, a batch more than before, got 8"):
        pretrain("tiny", images=8, checkpoint=small / "further.pt", device=CPU, further=True)


@pytest.mark.slow
def test_pretrain_writes_half_precision_a_hash_and_a_card_that_load(small, capsys):
    card = pretrain("tiny", images=8, checkpoint=small / "state.pt", device=CPU)
    state = load_file(backbones.weight_file("tiny"))
    assert {value.dtype for value in state.values()} == {torch.float16, torch.int64}
    assert {name: model_card("tiny")[name] for name in card} == json.loads(json.dumps(card))
    assert "restarts" not in card
    assert load_backbone("tiny")(torch.zeros(1, 3, 48, 48)).shape == (1, 1000)
    assert "step      2 of 2" in capsys.readouterr().out


def test_pretrain_wants_at_least_one_batch(tmp_path):
    with pytest.raises(ValueError, match="images: expected at least 128, a batch more than before, got 100"):
        pretrain("resnet10", images=100, checkpoint=tmp_path / "state.pt", device=CPU)
