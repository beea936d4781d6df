"""Stages of all 80 torchvision classifiers, on the meta device, without values: nothing is drawn, nothing computed."""

import pytest
import torch
from torch import nn

from lib.backbones import replace_head
from lib.bundled import ARCHITECTURES
from lib.stages import output_layers, stages
from tests.lib.classifiers import CLASSIFIERS, build, for_every_classifier, outputs_of

SIDES = {"inception_v3": 299}


def layers(module):
    return [layer for layer in module.modules() if not list(layer.children())]


def layers_of(stage):
    return [layer for module in stage.modules for layer in layers(module)]


def test_there_are_80_classifiers():
    assert len(CLASSIFIERS) == 80


@for_every_classifier
def test_stages_hold_each_parameter_and_layer_once_in_order_and_survive_a_new_head(name):
    model = build(name)
    before = {n: list(map(id, stage.parameters())) for n, stage in stages(model).items()}
    assert_partition(model)
    old = dict(model.named_parameters())
    replace_head(model, 7, hidden=5, dropout=0.25)
    new = dict(model.named_parameters())
    assert_partition(model)
    after = {n: list(map(id, stage.parameters())) for n, stage in stages(model).items()}
    assert list(before) == list(after)
    assert all(before[n] == after[n] for n in before if n != "head")
    gone = {n for n in old if new.get(n) is not old[n]}
    assert gone == {f"{layer}.{kind}" for layer in outputs_of(name) for kind in ("weight", "bias")} - {
        "classifier.5.bias"
    }
    side = SIDES.get(name, 224)
    assert model.eval()(torch.empty(2, 3, side, side, device="meta")).shape == (2, 7)


def assert_partition(model):
    found = stages(model)
    assert 5 <= len(found) <= 8
    assert list(found)[-1] == "head"
    assert all(list(stage.parameters()) for stage in found.values())
    assert [stage.name for stage in found.values()] == list(found)
    parameters = [id(p) for stage in found.values() for p in stage.parameters()]
    assert sorted(parameters) == sorted(map(id, model.parameters()))
    inside = [id(layer) for stage in found.values() for layer in layers_of(stage)]
    auxiliary = [
        id(layer) for part, child in model.named_children() if "aux" in part.lower() for layer in layers(child)
    ]
    assert inside == [id(layer) for layer in layers(model) if id(layer) not in auxiliary] + auxiliary
    assert all(any(layer is own for own in layers_of(found["head"])) for layer in output_layers(model).values())


def learned(stage, model):
    names = {id(module): name for name, module in model.named_modules()}
    return [names[id(module)] for module in stage.modules if list(module.parameters())]


def test_stages_of_a_resnet_are_its_layers():
    for model in (build("resnet50"), ARCHITECTURES["resnet10"](3)):
        parts = {name: learned(stage, model) for name, stage in stages(model).items()}
        layer = {f"layer{n}": [f"layer{n}"] for n in (1, 2, 3, 4)}
        assert parts == {"stem": ["conv1", "bn1"]} | layer | {"head": ["fc"]}


def test_stages_of_a_vision_transformer_have_its_token_and_positions_in_the_stem():
    model = build("vit_b_16")
    found = stages(model)
    own = found["stem"].own_parameters
    assert own[0] is model.class_token
    assert own[1] is model.encoder.pos_embedding
    assert [len(learned(stage, model)) for stage in found.values()] == [
        1,
        3,
        3,
        3,
        4,
        1,
    ]  # the last norm with the last blocks


def test_stages_of_the_other_families_begin_where_the_picture_shrinks():
    firsts = {
        "vgg16": [
            "features.0",
            "features.5",
            "features.10",
            "features.17",
            "features.24",
            "classifier.0",
            "classifier.6",
        ],
        "convnext_tiny": ["features.0", "features.1", "features.2", "features.4", "features.6", "classifier.2"],
        "mobilenet_v2": [
            "features.0",
            "features.1",
            "features.2",
            "features.4",
            "features.7",
            "features.14",
            "classifier.1",
        ],
        "inception_v3": ["Conv2d_1a_3x3", "Conv2d_3b_1x1", "Mixed_5b", "Mixed_6a", "Mixed_7a", "fc"],
    }
    for name, expected in firsts.items():
        model = build(name)
        assert [learned(stage, model)[0] for stage in stages(model).values()] == expected


def test_stages_keep_a_dropout_before_the_output_layer_in_the_head():
    model = build("efficientnet_b0")
    assert stages(model)["head"].modules == tuple(model.classifier)


def test_stages_of_a_network_of_ones_own_are_its_children():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(1))
            self.flatten = nn.Flatten()
            self.body = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
            self.head = nn.Linear(4, 4)
            self.norm = nn.BatchNorm1d(4, affine=False)
            self.last = nn.Linear(4, 2)

    model = Own()
    found = stages(model)
    assert list(found) == ["body", "1.head", "norm", "head"]
    assert found["body"].own_parameters == (model.scale,)
    assert found["body"].modules == (model.flatten, model.body)
    assert found["head"].modules == (model.last,)


def test_stages_of_a_single_layer_are_its_head():
    layer = nn.Linear(3, 2)
    assert [list(stage.parameters()) for stage in stages(layer).values()] == [[layer.weight, layer.bias]]


def test_stages_refuse_a_model_without_parameters():
    with pytest.raises(ValueError, match=r"model: expected parameters .* found none in Sequential"):
        stages(nn.Sequential(nn.ReLU()))


def test_stages_of_a_vgg_with_another_classifier_are_its_children():
    model = build("vgg11")
    model.classifier = nn.Linear(25088, 3)
    assert list(stages(model)) == ["features", "head"]


def test_stage_parameters_are_counted_once_where_they_are_shared():
    model = nn.Sequential(nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4)), nn.Linear(4, 2))
    model[0][1].weight = model[0][0].weight
    assert len(list(stages(model)["0"].parameters())) == 3


def test_output_layers_refuse_a_network_without_one():
    removed = nn.Sequential(nn.Linear(3, 3), nn.Identity())
    for model, words in (
        (nn.Sequential(nn.ReLU()), "a Sequential without one"),
        (nn.Linear(2, 2), "a Linear without one"),
        (nn.Sequential(nn.Conv2d(3, 4, 3)), "0 = Conv2d"),
        (removed, "its head has been removed"),
    ):
        with pytest.raises(ValueError, match=f"model: expected one that ends in nn.Linear.*{words}"):
            output_layers(model)
