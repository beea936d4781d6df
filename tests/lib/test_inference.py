"""Inference: every form of a picture gives the same answer, which NumPy and Pillow give as well."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.special import softmax
from torch import nn

from lib.backbones import Normalisation
from lib.inference import check_temperature, image_batches, name_scores, predict

CLASSES = ["cat", "dog", "fish", "newt"]
PREPARE = Normalisation(mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.3))


def pixels(count: int = 5, size: int = 6) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def network() -> nn.Sequential:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.BatchNorm2d(3), nn.Flatten(), nn.Dropout(), nn.Linear(108, 4)).eval()


def by_numpy(model: nn.Sequential, array: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Probabilities, shape (N, 4), without a line of the reference."""
    x = (array / 255 - np.array([0.4, 0.5, 0.6])) / np.array([0.2, 0.25, 0.3])
    x = x.transpose(0, 3, 1, 2).reshape(len(array), -1) / np.sqrt(1 + 1e-5)
    scores = x @ model[3].weight.detach().numpy().T + model[3].bias.detach().numpy()
    return softmax(scores / temperature, axis=1)


def answers(probabilities: np.ndarray) -> list[tuple]:
    """The likeliest name of each row, and about its probability."""
    return [(CLASSES[row.argmax()], pytest.approx(float(row.max()), rel=1e-5)) for row in probabilities]


# ---- predict ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("temperature", [1.0, 2.5])
@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_predict_is_what_numpy_computes(temperature: float, batch_size: int) -> None:
    model, array = network(), pixels()
    found = predict(model, array, CLASSES, PREPARE, temperature=temperature, batch_size=batch_size)
    assert found == answers(by_numpy(model, array, temperature))


def test_predict_gives_one_answer_a_picture_whatever_its_form(tmp_path: Path) -> None:
    model, array = network(), pixels()
    files = [tmp_path / f"{number}.png" for number in range(5)]
    for file, one in zip(files, array, strict=True):
        Image.fromarray(one).save(file)
    tensor = torch.from_numpy(array).permute(0, 3, 1, 2)
    forms = {
        "array": array,
        "arrays": list(array),
        "uint8": tensor,
        "tensors": tuple(tensor),
        "float": tensor / 255,
        "double": tensor.double() / 255,
        "paths": files,
        "names": [str(file) for file in files],
        "iterator": iter(files),
        "pillow": [Image.fromarray(one) for one in array],
        "mixed": [files[0], str(files[1]), array[2], tensor[3], Image.fromarray(array[4])],
    }
    expected = by_numpy(model, array)
    for form in forms.values():
        assert predict(model, form, CLASSES, PREPARE, batch_size=2) == answers(expected)
    for single in (array[0], tensor[0], tensor[0] / 255, files[0], str(files[0]), Image.fromarray(array[0])):
        assert predict(model, single, CLASSES, PREPARE) == answers(expected[:1])


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16], ids=str)
def test_predict_runs_in_the_models_own_type(dtype: torch.dtype) -> None:
    model, array = network(), pixels()
    found = predict(copy.deepcopy(model).to(dtype), array, CLASSES, PREPARE)
    np.testing.assert_allclose([p for _, p in found], by_numpy(model, array).max(1), rtol=0.05)


def test_predict_leaves_modes_statistics_and_pictures_and_keeps_no_history() -> None:
    model, array = network().train(), pixels()
    model[1].eval()
    array.flags.writeable = False
    before, pictures = copy.deepcopy(model.state_dict()), array.copy()
    found = predict(model, array, CLASSES, PREPARE)
    assert found == answers(by_numpy(model, array))
    assert [layer.training for layer in model] == [True, False, True, True]
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert np.array_equal(array, pictures)
    assert all(isinstance(p, float) for _, p in found)


# ---- name_scores --------------------------------------------------------------------------------------------------


@given(st.lists(st.lists(st.floats(-50, 50), min_size=4, max_size=4), min_size=1, max_size=5), st.floats(0.05, 50))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_name_scores_is_the_softmax_and_its_temperature_changes_no_name(rows: list, temperature: float) -> None:
    scores = torch.tensor(rows, dtype=torch.float64)
    found = name_scores(scores, CLASSES, temperature)
    expected = softmax(np.array(rows) / temperature, axis=1)
    np.testing.assert_allclose([p for _, p in found], expected.max(1))
    scores_of_named = [row[CLASSES.index(name)] for row, (name, _) in zip(rows, found, strict=True)]
    np.testing.assert_allclose(scores_of_named, [max(row) for row in rows], atol=1e-6)


@pytest.mark.parametrize(
    ("scores", "temperature", "message"),
    [
        (torch.zeros(2, 3), 1.0, r"classes: expected a name for each score, \(2, 3\), got 4"),
        (torch.zeros(4), 1.0, r"classes: expected a name for each score, \(4,\), got 4"),
        (torch.full((1, 4), torch.nan), 1.0, "scores: expected finite numbers"),
        (torch.zeros(2, 4), 0, "temperature: expected a finite number greater than 0, got 0"),
        (torch.zeros(2, 4), float("inf"), "temperature: expected a finite number greater than 0, got inf"),
        (torch.zeros(2, 4), float("nan"), "temperature: expected a finite number greater than 0, got nan"),
        (torch.zeros(2, 4), "1", "temperature: expected a finite number greater than 0, got '1'"),
    ],
    ids=["width", "axes", "nan", "zero", "infinite", "no number", "text"],
)
def test_name_scores_refuses(scores: torch.Tensor, temperature, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        name_scores(scores, CLASSES, temperature)


def test_check_temperature_lets_any_positive_number_pass() -> None:
    for temperature in (1, 0.01, 1e6):
        check_temperature(temperature)


# ---- image_batches ------------------------------------------------------------------------------------------------


def unchanged(images: torch.Tensor) -> torch.Tensor:
    return images


@given(st.integers(1, 9), st.integers(1, 10))
@settings(max_examples=20, deadline=None, derandomize=True)
def test_image_batches_holds_every_picture_once_in_order(count: int, batch_size: int) -> None:
    array = pixels(count, 2)
    for form in (array, list(array)):
        batches = list(image_batches(form, unchanged, batch_size))
        assert [len(batch) for batch in batches[:-1]] == [batch_size] * (len(batches) - 1)
        assert 1 <= len(batches[-1]) <= batch_size
        assert np.array_equal(torch.cat(batches).permute(0, 2, 3, 1).numpy(), array)


def test_image_batches_takes_sizes_that_agree_once_prepared() -> None:
    pictures = [pixels(1, 6)[0], pixels(1, 8)[0]]
    [batch] = image_batches(pictures, lambda images: images[..., :4, :4])
    assert batch.shape == (2, 3, 4, 4)
    with pytest.raises(ValueError, match=r"prepared pictures of one size, got \(1, 3, 6, 6\) and \(1, 3, 8, 8\)"):
        list(image_batches(pictures, unchanged))


def test_image_batches_reads_files_batch_by_batch(tmp_path: Path) -> None:
    Image.fromarray(pixels()[0]).save(tmp_path / "there.png")
    batches = image_batches([tmp_path / "there.png", tmp_path / "missing.png"], unchanged, batch_size=1)
    assert len(next(batches)) == 1
    with pytest.raises(FileNotFoundError, match=r"missing\.png"):
        next(batches)


COLOUR = Image.fromarray(pixels()[0])


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr", "HSV"])
def test_image_batches_makes_every_mode_rgb(mode: str) -> None:
    image = COLOUR.convert(mode)
    [batch] = image_batches(image, unchanged)
    assert batch.dtype == torch.uint8
    assert np.array_equal(batch[0].permute(1, 2, 0).numpy(), np.asarray(image.convert("RGB")))


def test_image_batches_reads_a_palette_with_transparency_without_a_warning(tmp_path: Path) -> None:
    image = COLOUR.convert("P")
    image.save(tmp_path / "picture.png", transparency=bytes(range(256)))
    [batch] = image_batches(tmp_path / "picture.png", unchanged)
    assert np.array_equal(batch[0].permute(1, 2, 0).numpy(), np.asarray(image.convert("RGB")))


def test_image_batches_turns_a_photograph_the_right_way_up(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: to be turned by 90° clockwise
    COLOUR.save(tmp_path / "turned.png", exif=exif)
    [batch] = image_batches(tmp_path / "turned.png", unchanged)
    assert np.array_equal(batch[0].permute(1, 2, 0).numpy(), np.rot90(np.asarray(COLOUR), -1))


def test_image_batches_lets_rounding_pass_but_nothing_normalised() -> None:
    picture = torch.full((3, 2, 2), 1.00001)
    list(image_batches(picture, unchanged))
    with pytest.raises(ValueError, match=r"floating-point pixels in \[0, 1\], not normalised yet, got -1 to -1"):
        list(image_batches(picture - 2, unchanged))


def test_image_batches_says_what_is_no_image(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no image")
    Image.fromarray(pixels(1, 64)[0]).save(tmp_path / "whole.png")
    (tmp_path / "half.png").write_bytes((tmp_path / "whole.png").read_bytes()[:5000])
    for name in ("text.png", "half.png"):
        with pytest.raises(ValueError, match=rf"images: expected an image file, got .*{name}: "):
            list(image_batches(tmp_path / name, unchanged))


FLOAT = torch.zeros(2, 3, 4, 4)


@pytest.mark.parametrize(
    ("images", "batch_size", "error", "message"),
    [
        ([], 2, ValueError, "images: expected at least one picture, got none"),
        (FLOAT[:0], 2, ValueError, "images: expected at least one picture, got none"),
        (5, 2, TypeError, "images: expected paths, PIL images, arrays or tensors, got int"),
        ([5], 2, TypeError, "images: expected a path, a PIL image, or uint8 or floating-point pixels, got int"),
        (FLOAT.long(), 2, TypeError, "or floating-point pixels, got torch.int64"),
        (pixels().astype(np.float32), 2, TypeError, "images: expected an array of uint8, got float32"),
        (
            pixels().transpose(0, 3, 1, 2),
            2,
            ValueError,
            r"array of the shape \(N, height, width, 3\), got \(5, 3, 6, 6\)",
        ),
        (pixels()[0, 0], 2, ValueError, r"array of the shape \(height, width, 3\), got \(6, 3\)"),
        (FLOAT[:, :1], 2, ValueError, r"tensor of the shape \(N, 3, height, width\), got \(2, 1, 4, 4\)"),
        (FLOAT[0, 0], 2, ValueError, r"tensor of the shape \(3, height, width\), got \(4, 4\)"),
        ([FLOAT], 2, ValueError, r"tensor of the shape \(3, height, width\), got \(2, 3, 4, 4\)"),
        (FLOAT[0, :, :0], 2, ValueError, r"tensor of the shape \(3, height, width\), got \(3, 0, 4\)"),
        (FLOAT + torch.nan, 2, ValueError, r"pixels in \[0, 1\], not normalised yet, got nan to nan"),
        (Image.new("I;16", (4, 4)), 2, ValueError, "8 bits a channel, got a PIL image of the mode 'I;16'"),
        (Image.new("F", (4, 4)), 2, ValueError, "8 bits a channel, got a PIL image of the mode 'F'"),
        (FLOAT, 0, ValueError, "batch_size: expected an integer of at least 1, got 0"),
        (FLOAT, 1.5, ValueError, r"batch_size: expected an integer of at least 1, got 1\.5"),
    ],
    ids=[f"case {number}" for number in range(17)],
)
def test_image_batches_refuses(images, batch_size, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        list(image_batches(images, unchanged, batch_size))
