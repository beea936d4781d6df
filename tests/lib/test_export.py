"""Export: the file alone, in ONNX Runtime, gives what the network gives in PyTorch."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from PIL import Image
from torch import nn
from torchvision.transforms._presets import ImageClassification

from lib.backbones import Normalisation
from lib.export import ExportError, export_onnx, model_facts, predict_onnx
from lib.freezing import freeze
from lib.inference import predict

CLASSES = ["chat", "chien", "poisson d’avril"]
PREPARE = Normalisation(mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.3))
PRESET = ImageClassification(crop_size=8, resize_size=10, mean=PREPARE.mean, std=PREPARE.std)


def network() -> nn.Sequential:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        body = [nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(2)]
        model = nn.Sequential(*body, nn.Flatten(), nn.Dropout(), nn.Linear(16, 3))
        model(torch.randn(16, 3, 8, 8))  # statistics other than 0 and 1
        return model


def pixels(count: int = 5, height: int = 8, width: int = 8) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def prepared(count: int = 5) -> torch.Tensor:
    return PREPARE(torch.from_numpy(pixels(count)).permute(0, 3, 1, 2))


def run(path: Path, images: torch.Tensor) -> np.ndarray:
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    return session.run(["scores"], {"images": images.numpy()})[0]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[nn.Sequential, Path]]:
    """A network in training mode, frozen in part, and the file that was written of it."""
    model, path = network().train(), tmp_path_factory.mktemp("models") / "new" / "model.onnx"
    freeze(model[1])
    model[2].eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    export_onnx(model, path, prepared(), model_facts(CLASSES, PREPARE, temperature=2.5))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    return model, path


# ---- export_onnx --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_export_onnx_gives_pytorchs_numbers_for_any_batch(exported: tuple, count: int) -> None:
    _, path = exported
    images = torch.randn(count, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = network().eval()(images)
    np.testing.assert_allclose(run(path, images), expected.numpy(), rtol=1e-4, atol=1e-5)


def test_export_onnx_writes_a_valid_file_of_opset_18(exported: tuple) -> None:
    proto = onnx.load(exported[1])
    onnx.checker.check_model(proto, full_check=True)
    assert [(one.domain, one.version) for one in proto.opset_import] == [("", 18)]


def test_export_onnx_leaves_the_model_as_it_was(exported: tuple) -> None:
    model, _ = exported
    assert [layer.training for layer in model] == [True, False, False, True, True, True, True]
    assert [p.requires_grad for p in model.parameters()] == [True, True, False, False, True, True]


def test_export_onnx_holds_what_a_consumer_must_know(exported: tuple, tmp_path: Path) -> None:
    """With ONNX Runtime, Pillow and NumPy alone, by what the file says of itself."""
    _, path = exported
    Image.fromarray(pixels()[3]).save(tmp_path / "picture.png")
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    facts = {name: json.loads(text) for name, text in session.get_modelmeta().custom_metadata_map.items()}
    assert "value / 255 - mean) / std" in facts["input"]
    assert "softmax(scores / temperature)" in facts["output"]
    value = np.asarray(Image.open(tmp_path / "picture.png"))
    image = ((value / 255 - facts["mean"]) / facts["std"]).transpose(2, 0, 1)[None].astype(np.float32)
    [scores] = session.run(None, {"images": image})
    weights = np.exp(scores[0] / facts["temperature"])
    [(name, confidence)] = predict(network(), pixels()[3], CLASSES, PREPARE, temperature=2.5)
    assert name == facts["classes"][weights.argmax()]
    assert confidence == pytest.approx(weights.max() / weights.sum(), rel=1e-4)


def test_export_onnx_computes_in_float32_whatever_the_models_type(tmp_path: Path) -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 2)).double()
    images = torch.rand(2, 3, 2, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    export_onnx(model, tmp_path / "double.onnx", images)
    np.testing.assert_allclose(run(tmp_path / "double.onnx", images.float()), model(images).detach(), rtol=1e-5)
    assert model[1].weight.dtype == torch.float64


class Counting(nn.Module):
    """Divides by a number of images that the exporter takes for a constant."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1) / len(images)


class Branching(nn.Module):
    """Gives other scores for many images than for few, of which the exporter sees one kind."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1) * (2 if images.shape[0] > 2 else 1)


class Deciding(nn.Module):
    """Looks at the numbers to decide what to do."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1) if images.sum() > 0 else -images.flatten(1)


class Pair(nn.Module):
    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return images.flatten(1), images.flatten(1)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Counting(), "model: expected one that exports with a batch of any size; its code fixes the size at 3"),
        (Branching(), "model: expected the file to give PyTorch's scores, they differ in a batch of 1: "),
        (Deciding(), "model: expected one that exports with a batch of any size; PyTorch says: "),
        (Pair(), "model: expected a row of scores for each of 3 images, got tuple"),
        (nn.Flatten(0), r"model: expected a row of scores for each of 3 images, got the shape \(36,\)"),
    ],
    ids=["counting", "branching", "deciding", "pair", "flat"],
)
def test_export_onnx_writes_nothing_where_the_file_would_be_wrong(
    model: nn.Module, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"the old one")
    with pytest.raises(ExportError, match=message):
        export_onnx(model, path, torch.rand(3, 3, 2, 2, generator=torch.Generator().manual_seed(0)))
    assert path.read_bytes() == b"the old one"
    assert [file.name for file in tmp_path.iterdir()] == ["model.onnx"]


@pytest.mark.parametrize(
    ("images", "facts", "error", "message"),
    [
        (prepared().tolist(), {}, TypeError, "images: expected a floating-point tensor, got <class 'list'>"),
        (prepared().byte(), {}, TypeError, r"images: expected a floating-point tensor, got torch\.uint8"),
        (
            prepared()[:1],
            {},
            ValueError,
            r"images: expected the shape \(N, C, height, width\), N ≥ 2, got \(1, 3, 8, 8\)",
        ),
        (prepared()[0], {}, ValueError, r"got \(3, 8, 8\)"),
        (prepared(), {"mean": torch.zeros(3)}, ValueError, "facts: expected values that JSON can hold: .*Tensor"),
        (prepared(), {"mean": float("nan")}, ValueError, "facts: expected values that JSON can hold"),
    ],
    ids=["list", "uint8", "one", "axes", "tensor", "nan"],
)
def test_export_onnx_refuses(images, facts: dict, error: type[Exception], message: str, tmp_path: Path) -> None:
    with pytest.raises(error, match=message):
        export_onnx(network(), tmp_path / "model.onnx", images, facts)
    assert list(tmp_path.iterdir()) == []


# ---- model_facts --------------------------------------------------------------------------------------------------


def test_model_facts_holds_the_numbers_of_torchvisions_preprocessing() -> None:
    facts = model_facts(CLASSES, PRESET)
    assert (facts["resize"], facts["crop"], facts["interpolation"]) == (10, 8, "bilinear")
    assert "shorter side is 10, its centre cropped to 8 × 8" in facts["input"]
    assert json.loads(json.dumps(facts)) == facts


def test_model_facts_refuses_what_it_cannot_write_down() -> None:
    with pytest.raises(TypeError, match="prepare: expected a Normalisation or torchvision's own preprocessing, got <f"):
        model_facts(CLASSES, lambda images: images / 255)
    with pytest.raises(ValueError, match="temperature: expected a finite number greater than 0, got -1"):
        model_facts(CLASSES, PREPARE, temperature=-1)


# ---- predict_onnx -------------------------------------------------------------------------------------------------


def near(answers: list[tuple[str, float]]) -> list[tuple]:
    """Equal to the same names with about the same confidence."""
    return [(name, pytest.approx(confidence, rel=1e-4)) for name, confidence in answers]


@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_predict_onnx_is_predict(exported: tuple, batch_size: int) -> None:
    found = predict_onnx(exported[1], list(pixels()), batch_size)
    assert found == near(predict(network(), pixels(), CLASSES, PREPARE, temperature=2.5))


@pytest.mark.parametrize(
    "pictures",
    [pixels(3, 24, 30), torch.rand(3, 3, 24, 30), torch.rand(3, 3, 24, 30, dtype=torch.float64)],
    ids=["uint8", "float", "double"],
)
def test_predict_onnx_resizes_and_crops_as_torchvision_does(exported: tuple, tmp_path: Path, pictures) -> None:
    proto = onnx.load(exported[1])
    onnx.helper.set_model_props(proto, {k: json.dumps(v) for k, v in model_facts(CLASSES, PRESET).items()})
    onnx.save(proto, tmp_path / "resizing.onnx")
    found = predict_onnx(tmp_path / "resizing.onnx", pictures)
    assert found == near(predict(network(), pictures, CLASSES, PRESET))


def test_predict_onnx_refuses(exported: tuple, tmp_path: Path) -> None:
    proto = onnx.load(exported[1])
    del proto.metadata_props[:]
    onnx.save(proto, tmp_path / "bare.onnx")
    with pytest.raises(ValueError, match=r"path: .*bare\.onnx lacks classes, mean, std, temperature"):
        predict_onnx(tmp_path / "bare.onnx", pixels())
    with pytest.raises(FileNotFoundError):
        predict_onnx(tmp_path / "missing.onnx", pixels())
    with pytest.raises(
        ValueError, match=r"images: expected prepared pictures of the shape \[3, 8, 8\], got \[3, 9, 8\]"
    ):
        predict_onnx(exported[1], pixels(2, 9, 8))
    with pytest.raises(ValueError, match="images: expected at least one picture"):
        predict_onnx(exported[1], [])
