import json
import pathlib
import re

import pytest
import safetensors.torch
import torch
import torchvision
from torchvision.transforms.functional import normalize

from lib import backbones
from lib.backbones import Normalisation, load_backbone, model_card, preprocessing
from lib.bundled import ARCHITECTURES
from lib.datasets.glyph_bank import CLASSES
from lib.downloads import DownloadError
from lib.files import sha256
from tests.lib.serving import folder_handler, serving

TINY = "squeezenet1_1"


# ---- bundled ------------------------------------------------------------------------------------------------------


@pytest.fixture
def bundled(tmp_path, monkeypatch):
    """A folder with weights and card in the format that `lib.pretraining` writes; gives the network they came from."""
    monkeypatch.setattr(backbones, "WEIGHTS", tmp_path)
    model = ARCHITECTURES["resnet10"](CLASSES)
    state = {k: v.half() if v.is_floating_point() else v for k, v in model.state_dict().items()}
    state["bn1.num_batches_tracked"] += 9
    model.load_state_dict(state)
    backbones.weight_file("resnet10").write_bytes(safetensors.torch.save(state))
    card = {"mean": [0.4, 0.5, 0.6], "std": [0.1, 0.2, 0.3], "sha256": sha256(backbones.weight_file("resnet10"))}
    (tmp_path / "resnet10.json").write_text(json.dumps(card))
    return model.eval()


def test_load_backbone_gives_the_bundled_weights_in_single_precision(bundled):
    model, images = load_backbone("resnet10"), torch.rand(2, 3, 48, 48)
    assert {value.dtype for value in model.state_dict().values()} == {torch.float32, torch.int64}
    assert not any(module.training for module in model.modules())
    assert all(parameter.requires_grad for parameter in model.parameters())
    torch.testing.assert_close(model(images), bundled(images), rtol=0, atol=0)
    assert model.bn1.num_batches_tracked == 9
    assert model(images).shape == (2, CLASSES)


def test_load_backbone_refuses_a_damaged_file(bundled):
    path = backbones.weight_file("resnet10")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    expected = model_card("resnet10")["sha256"]
    with pytest.raises(ValueError, match=f"{path} is damaged: SHA-256 expected {expected}, found {sha256(path)}.*git"):
        load_backbone("resnet10")


@pytest.mark.parametrize("ending", ["safetensors", "json"])
def test_load_backbone_says_how_to_restore_a_missing_file(bundled, ending):
    missing = backbones.WEIGHTS / f"resnet10.{ending}"
    missing.unlink()
    with pytest.raises(FileNotFoundError, match=f"{missing} .* missing. Restore it with `git checkout -- lib/weights`"):
        load_backbone("resnet10")


def test_model_card_holds_what_pretraining_recorded(bundled):
    assert model_card("resnet10")["std"] == [0.1, 0.2, 0.3]


# ---- random -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["resnet10", TINY])
def test_load_backbone_draws_random_weights_from_the_seed_alone(name):
    before = torch.get_rng_state()
    first, other = load_backbone(name, weights=None, seed=3), load_backbone(name, weights=None, seed=4)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(99)
    with torch.device("meta"):
        again = load_backbone(name, weights=None, seed=3)
    torch.set_rng_state(before)
    values = [list(model.parameters()) for model in (first, again, other)]
    assert all(torch.equal(a, b) for a, b in zip(values[0], values[1], strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(values[0], values[2], strict=True))
    assert not first.training


# ---- torchvision --------------------------------------------------------------------------------------------------


@pytest.fixture
def imagenet(tmp_path, monkeypatch):
    """Stands for torchvision's server: what is in `tmp_path` is served as SqueezeNet's weights, by a file: address."""
    monkeypatch.delenv("COURSE_MIRROR", raising=False)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "cache"))
    enum = torchvision.models.get_model_weights(TINY)
    torch.save(load_backbone(TINY, weights=None, seed=5).state_dict(), tmp_path / "weights")
    path = tmp_path / f"{TINY}-{sha256(tmp_path / 'weights')[:8]}.pth"
    (tmp_path / "weights").rename(path)
    monkeypatch.setattr(enum, "url", path.as_uri(), raising=True)
    return path


def test_load_backbone_brings_torchvisions_weights_and_keeps_them(imagenet):
    expected = load_backbone(TINY, weights=None, seed=5).state_dict()
    before = torch.get_rng_state()
    model = load_backbone(TINY, weights="IMAGENET1K_V1")
    assert torch.equal(torch.get_rng_state(), before)
    assert not model.training
    imagenet.unlink()
    again = load_backbone(TINY, weights="DEFAULT")
    for key, value in expected.items():
        assert torch.equal(model.state_dict()[key], value)
        assert torch.equal(again.state_dict()[key], value)


def test_load_backbone_asks_the_course_mirror_first_and_torchvision_where_that_lacks_the_file(
    imagenet, tmp_path, monkeypatch
):
    (tmp_path / "mirror" / "checkpoints").mkdir(parents=True)
    kept, copy, asked = tmp_path / "cache" / "checkpoints", tmp_path / "mirror" / "checkpoints" / imagenet.name, []
    with serving(folder_handler(tmp_path / "mirror", asked)) as url:
        monkeypatch.setenv("COURSE_MIRROR", url)
        load_backbone(TINY, weights="IMAGENET1K_V1")
        (kept / imagenet.name).unlink()
        imagenet.rename(copy)
        load_backbone(TINY, weights="IMAGENET1K_V1")
        (kept / imagenet.name).unlink()
        copy.unlink()
        with pytest.raises(DownloadError, match=f"from {url}/checkpoints/{imagenet.name} .*, nor from file:"):
            load_backbone(TINY, weights="IMAGENET1K_V1")
    assert asked == [f"/checkpoints/{imagenet.name}"] * 3


def test_load_backbone_without_a_network_says_what_is_missing_and_what_is_there(imagenet):
    imagenet.unlink()
    kept = imagenet.parent / "cache" / "checkpoints" / imagenet.name
    words = f"of {TINY} could not be downloaded from {imagenet.as_uri()} (", f"put the file at {kept} by hand"
    with pytest.raises(DownloadError) as raised:
        load_backbone(TINY, weights="IMAGENET1K_V1")
    assert all(part in str(raised.value) for part in (*words, 'load_backbone("resnet10") is bundled'))
    assert list(kept.parent.iterdir()) == []


def test_load_backbone_refuses_torchvision_weights_with_another_hash(imagenet):
    imagenet.write_bytes(imagenet.read_bytes() + b"more")
    with pytest.raises(DownloadError, match="SHA-256 should begin with"):
        load_backbone(TINY, weights="IMAGENET1K_V1")
    assert list((imagenet.parent / "cache" / "checkpoints").iterdir()) == []


def test_every_torchvision_file_is_named_by_its_hash():
    for name in torchvision.models.list_models(module=torchvision.models):
        for weights in torchvision.models.get_model_weights(name):
            assert re.search(r"-[0-9a-f]{8,}\.pth$", weights.url), weights.url


# ---- names --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", [load_backbone, preprocessing])
def test_names_that_are_unknown_get_the_closest(function):
    with pytest.raises(ValueError, match=r"name: no backbone is called 'resnet_50'; the closest: .*resnet50"):
        function("resnet_50")


@pytest.mark.parametrize("function", [load_backbone, preprocessing])
def test_weights_that_are_unknown_get_a_list_and_nothing_is_downloaded_unasked(function):
    known = "weights: resnet50 has 'IMAGENET1K_V1', 'IMAGENET1K_V2', 'DEFAULT', or None for random ones; got 'bundled'"
    with pytest.raises(ValueError, match=known):
        function("resnet50")
    with pytest.raises(ValueError, match=r"weights: resnet10 has 'bundled', or None .* got 'IMAGENET1K_V1'"):
        function("resnet10", "IMAGENET1K_V1")


def test_backbone_names_are_the_bundled_ones_and_torchvisions_80():
    assert len(backbones.backbone_names()) == len(ARCHITECTURES) + 80


# ---- preprocessing ------------------------------------------------------------------------------------------------


def test_preprocessing_of_a_bundled_network_uses_its_card_and_keeps_the_size(bundled):
    images = torch.randint(256, (2, 3, 5, 7), dtype=torch.uint8)
    prepare = preprocessing("resnet10")
    expected = normalize(images.float() / 255, [0.4, 0.5, 0.6], [0.1, 0.2, 0.3])
    torch.testing.assert_close(prepare(images), expected)
    torch.testing.assert_close(prepare(images.double() / 255), expected)
    assert preprocessing("resnet10", weights=None) == prepare
    assert repr(prepare) == "Normalisation(mean=(0.4, 0.5, 0.6), std=(0.1, 0.2, 0.3))"


def test_preprocessing_of_a_torchvision_network_is_its_own():
    images = torch.randint(256, (1, 3, 300, 400), dtype=torch.uint8)
    expected = torchvision.models.ResNet50_Weights.IMAGENET1K_V2.transforms()(images)
    assert torch.equal(preprocessing("resnet50", "IMAGENET1K_V2")(images), expected)
    assert expected.shape == (1, 3, 224, 224)


def test_normalisation_leaves_the_images_alone_and_refuses_what_are_none():
    prepare = Normalisation((0.5, 0.5, 0.5), (2.0, 2.0, 2.0))
    images = torch.ones(1, 3, 2, 2)
    prepare(images)
    assert torch.equal(images, torch.ones(1, 3, 2, 2))
    with pytest.raises(ValueError, match=r"images: expected the shape \(N, 3, height, width\), got \(3, 2, 2\)"):
        prepare(images[0])
    with pytest.raises(TypeError, match=r"images: expected uint8 or a floating-point type, got torch.int64"):
        prepare(images.long())


def test_source_classes_are_glyphnets():
    assert backbones.SOURCE_CLASSES == CLASSES


def test_weights_stand_beside_the_code():
    assert pathlib.Path(backbones.__file__).parent / "weights" == backbones.WEIGHTS
