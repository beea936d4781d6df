"""Freezing: what must not move does not, whatever is done around it."""

import copy

import pytest
import torch
from torch import nn
from torchvision.models import resnet18, vit_b_16

from lib.freezing import (
    freeze,
    freeze_until,
    freeze_where,
    is_frozen,
    is_pinned,
    pin,
    trainable_fraction,
    trainable_parameters,
    unfreeze,
    unpin,
)
from lib.stages import stages
from tests.lib.classifiers import build, for_every_classifier


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Sequential(nn.Conv1d(2, 3, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Flatten(), nn.Dropout(0.5)), nn.Linear(18, 4)
    )


def batch(seed: int = 1) -> torch.Tensor:
    return torch.randn(5, 2, 8, generator=torch.Generator().manual_seed(seed)) * 3 + 1


def test_freeze_gives_the_output_of_evaluation_mode_after_any_train():
    model = network()
    expected = copy.deepcopy(model).eval()[0](batch())
    freeze(model[0])
    for _ in range(2):
        assert torch.equal(model.train()[0](batch()), expected)
    assert model[1].training


@pytest.mark.parametrize(
    "norm",
    [
        nn.BatchNorm1d(2),
        nn.BatchNorm2d(2),
        nn.BatchNorm3d(2),
        nn.SyncBatchNorm(2),
        nn.InstanceNorm1d(2, track_running_stats=True),
    ],
)
def test_freeze_pins_every_norm_that_has_buffers(norm):
    shape = {nn.BatchNorm2d: (4, 2, 3, 3), nn.BatchNorm3d: (4, 2, 3, 3, 3)}.get(type(norm), (4, 2, 3))
    before = copy.deepcopy(norm.state_dict())
    freeze(nn.Sequential(norm)).train()(torch.randn(shape, generator=torch.Generator().manual_seed(0)))
    assert all(torch.equal(value, before[name]) for name, value in norm.state_dict().items())


@pytest.mark.parametrize("optimiser", [torch.optim.SGD, torch.optim.AdamW, torch.optim.RMSprop])
def test_freeze_leaves_nothing_for_an_optimiser_that_already_has_momentum(optimiser):
    model = network()
    options = {"momentum": 0.9} if optimiser is not torch.optim.AdamW else {}
    stepper = optimiser(model.parameters(), lr=0.1, weight_decay=0.1, **options)
    model(batch()).sum().backward()
    stepper.step()
    freeze(model[0])
    before = copy.deepcopy(model[0].state_dict())
    for _ in range(2):
        stepper.zero_grad(set_to_none=False)
        model.train()(batch()).sum().backward()
        stepper.step()
    assert all(torch.equal(value, before[name]) for name, value in model[0].state_dict().items())


def test_freeze_lets_a_new_head_inside_follow_train_and_eval():
    model = freeze(resnet18(weights=None))
    model.fc = nn.Sequential(nn.Dropout(0.5), nn.Linear(512, 3))
    assert model.train().fc[0].training
    assert not model.bn1.training
    assert not model.eval().fc[0].training


def test_freeze_survives_copying():
    twin = copy.deepcopy(freeze(network()))
    assert not any(layer.training for layer in twin.train().modules())


def test_unfreeze_undoes_freeze():
    model = unfreeze(freeze(network()))
    assert not is_frozen(model)
    assert all(layer.training for layer in model.train().modules())
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_is_frozen_is_false_if_only_the_flags_are_set():
    model = network().requires_grad_(False)
    assert not is_frozen(model)
    assert is_frozen(freeze(model))


def test_trainable_parameters_gives_each_shared_parameter_once():
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    model[1].weight = model[0].weight
    model[1].bias.requires_grad_(False)
    assert [tuple(p.shape) for p in trainable_parameters(model)] == [(3, 3), (3,)]


def test_trainable_fraction_of_resnet50_with_a_new_head_is_the_one_worked_out_by_hand():
    with torch.device("meta"):
        from torchvision.models import resnet50

        model = resnet50(weights=None)
        model.requires_grad_(False)
        model.fc = nn.Sequential(nn.Linear(2048, 256), nn.ReLU(), nn.Dropout(0.3), nn.Linear(256, 10))
    by_hand = (2048 * 256 + 256) + (256 * 10 + 10)
    assert by_hand == 527_114
    assert trainable_fraction(model) == pytest.approx(by_hand / 24_035_146, rel=1e-9)


# ---- parts of a network -------------------------------------------------------------------------------------------


def test_freeze_until_leaves_the_stage_and_all_after_it_to_learn():
    model = resnet18(weights=None)
    for stage in ("layer3", "head", "layer1", "stem"):
        assert freeze_until(model, stage) is model
        names = list(stages(model))
        position = names.index(stage)
        for number, (name, part) in enumerate(stages(model).items()):
            assert {p.requires_grad for p in part.parameters()} == {number >= position}, name
            assert {is_pinned(layer) for module in part.modules for layer in module.modules()} == {number < position}
    with pytest.raises(ValueError, match=r"stage: expected one of stem, layer1, .*, head, got 'layer9'"):
        freeze_until(model, "layer9")


@for_every_classifier
def test_freeze_until_divides_each_of_all_80_classifiers_at_every_stage(name):
    model = build(name)
    parts = stages(model).values()
    for position, stage in enumerate(stages(model)):
        freeze_until(model, stage).train()
        for number, part in enumerate(parts):
            assert {p.requires_grad for p in part.parameters()} == {number >= position}
            layers = [layer for module in part.modules for layer in module.modules()]
            assert {layer.training for layer in layers} == {number >= position}


def test_freeze_until_reaches_parameters_that_the_network_holds_itself():
    with torch.device("meta"):
        model = vit_b_16(weights=None)
    freeze_until(model, "head")
    assert [name for name, p in model.named_parameters() if p.requires_grad] == ["heads.head.weight", "heads.head.bias"]
    freeze_until(model, "stem")
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_freeze_where_takes_a_pattern_of_layers_or_parameters_or_a_predicate():
    model = network()
    assert freeze_where(model, "*.bias") == ["0.0.bias", "0.1.bias", "1.bias"]
    assert {name for name, p in model.named_parameters() if not p.requires_grad} == {"0.0.bias", "0.1.bias", "1.bias"}
    assert not any(map(is_pinned, model.modules()))
    assert freeze_where(model, lambda name, part: isinstance(part, nn.BatchNorm1d)) == ["0.1"]
    assert is_frozen(model[0][1]) and not is_frozen(model[0])
    with pytest.raises(ValueError, match="which: expected to pick out a layer or a parameter"):
        freeze_where(model, "layer9*")


def test_freeze_where_leaves_no_gradient_for_momentum():
    model = network()
    model(batch()).sum().backward()
    freeze_where(model, "0.0.weight")
    assert model[0][0].weight.grad is None
    assert model[0][0].bias.grad is not None


def test_pin_survives_a_deep_copy_and_the_copy_pins_itself():
    model = freeze(network())
    twin = copy.deepcopy(model)
    unfreeze(model)
    assert is_frozen(twin)
    twin.train()
    assert not any(layer.training for layer in twin.modules())
    model.train()
    assert all(layer.training for layer in model.modules())


def test_pin_keeps_one_layer_and_lets_its_children_follow():
    model = nn.Sequential(nn.Sequential(nn.Dropout()), nn.Linear(2, 2))
    pin(model[0])
    model.train()
    assert [model[0].training, model[0][0].training, model[1].training] == [False, True, True]
    unpin(model[0])
    assert model.train()[0].training
