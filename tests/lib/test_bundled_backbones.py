"""The networks that come with the course: what their cards say is so, and every tool of the course works on them."""

import json
import math
import shutil

import numpy as np
import onnxruntime
import pytest
import torch
from torchvision.models import ConvNeXt, EfficientNet, ResNet

from lib import backbones
from lib.backbones import load_backbone, model_card, preprocessing, replace_head, weight_file
from lib.bundled import ARCHITECTURES
from lib.datasets.glyphnet import draw_glyphs
from lib.export import export_onnx
from lib.files import sha256
from lib.freezing import freeze_until
from lib.prefix import cut_where_learning_begins
from lib.pretraining import BATCH, source_accuracy
from lib.stages import stages

NAMES = list(ARCHITECTURES)
bundled = pytest.mark.parametrize("name", NAMES)


def drawings(count, size=48):
    return draw_glyphs(count, generator=torch.Generator().manual_seed(2**41), size=size)


# ---- files and cards ----------------------------------------------------------------------------------------------


def test_three_families_are_bundled():
    kinds = {name: type(build(3)) for name, build in ARCHITECTURES.items()}
    assert kinds == {"resnet10": ResNet, "efficientnet_mini": EfficientNet, "convnext_mini": ConvNeXt}


@bundled
def test_weight_file_is_small_and_what_its_hash_says(name):
    assert weight_file(name).stat().st_size <= 12e6
    assert sha256(weight_file(name)) == model_card(name)["sha256"]


@bundled
def test_model_card_says_how_it_was_trained(name):
    card = model_card(name)
    assert card["backbone"] == name
    assert card["source"] == "GlyphNet, 1,000 classes, 48 px"
    assert card["images"] % BATCH == 0
    assert card.keys() >= {"seed", "minutes", "device", "torch", "source_top1", "mean", "std"}
    assert (card["mean"], card["std"]) == (model_card("resnet10")["mean"], model_card("resnet10")["std"])


@bundled
def test_load_backbone_refuses_a_damaged_copy(name, tmp_path, monkeypatch):
    shutil.copytree(backbones.WEIGHTS, tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(backbones, "WEIGHTS", tmp_path)
    load_backbone(name)
    content = bytearray(weight_file(name).read_bytes())
    content[len(content) // 2] ^= 1
    weight_file(name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{name}.safetensors is damaged: SHA-256 expected"):
        load_backbone(name)


@bundled
def test_load_backbone_gives_what_the_card_promises_on_drawings_of_another_seed(name):
    images, labels = drawings(384)
    with torch.no_grad():
        guesses = load_backbone(name)(preprocessing(name)(images)).argmax(1)
    promised = model_card(name)["source_top1"]
    error = math.sqrt(promised * (1 - promised) / len(labels))
    assert float((guesses == labels).float().mean()) == pytest.approx(promised, abs=3.5 * error)


@pytest.mark.slow
@bundled
def test_source_accuracy_of_the_bundled_weights_is_the_cards(name):
    card = model_card(name)
    mean, std = (torch.tensor(card[key]).view(1, 3, 1, 1) for key in ("mean", "std"))
    measured = source_accuracy(load_backbone(name), mean, std, torch.device("cpu"))
    # the same 5,120 drawings: half precision may turn a few guesses
    assert measured == pytest.approx(card["source_top1"], abs=0.005)


# ---- as parts of the course ---------------------------------------------------------------------------------------

# by hand from the architectures: where the picture shrinks
STAGES = {
    "resnet10": ["stem", "layer1", "layer2", "layer3", "layer4", "head"],
    "efficientnet_mini": ["stem", "stage1", "stage2", "stage3", "stage4", "head"],
    "convnext_mini": ["stem", "stage1", "stage2", "stage3", "head"],
}


@bundled
def test_stages_hold_each_parameter_once_with_the_old_head_and_a_new_one(name):
    model = load_backbone(name, weights=None)
    for _ in range(2):
        found = stages(model)
        assert list(found) == STAGES[name]
        assert all(list(stage.parameters()) for stage in found.values())
        held = [id(parameter) for stage in found.values() for parameter in stage.parameters()]
        assert sorted(held) == sorted(map(id, model.parameters()))
        replace_head(model, 7, hidden=5, dropout=0.25)


@bundled
def test_replace_head_scores_new_classes_and_keeps_the_rest(name):
    model = load_backbone(name)
    kept = {key: value.clone() for key, value in model.state_dict().items()}
    assert replace_head(model, 7)(drawings(2, size=32)[0]).shape == (2, 7)
    changed = {key for key, value in model.state_dict().items() if not torch.equal(value, kept[key])}
    assert len(changed) == 2  # the head's weight and bias
    assert {model.get_parameter(key).shape[0] for key in changed} == {7}


@bundled
def test_cut_at_every_stage_gives_two_parts_that_are_the_network(name):
    model, (images, _) = load_backbone(name), drawings(2)
    with torch.no_grad():
        expected = model(images)
        for stage in STAGES[name][1:]:
            cut = cut_where_learning_begins(freeze_until(model, stage))
            torch.testing.assert_close(cut.rest(cut.cache(images)), expected, rtol=1e-4, atol=1e-4)
    assert len(list(cut.rest.parameters())) == 2


@pytest.mark.slow
@bundled
def test_export_onnx_writes_the_bundled_network(name, tmp_path):
    model, images = load_backbone(name), preprocessing(name)(drawings(6)[0])
    export_onnx(model, tmp_path / "model.onnx", images[:3])
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    [scores] = session.run(["scores"], {"images": images.numpy()})
    with torch.no_grad():
        np.testing.assert_allclose(scores, model(images).numpy(), rtol=1e-3, atol=1e-3)


@bundled
def test_weights_hold_the_record_that_the_card_shows(name):
    content = weight_file(name).read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    card = model_card(name)
    assert json.loads(header["__metadata__"]["record"]) | {"sha256": card["sha256"]} == card
