"""Inference: from a picture, in whatever form it comes, to the name of its class and a confidence.

A network takes a batch of numbers, normalised by the statistics of its source domain, and gives scores. People have
files and arrays, and want names. What lies between is done here once: pictures become batches, scores become names.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor, nn

from lib.features import extract_features

Picture = str | Path | Image.Image | np.ndarray | Tensor
Preparation = Callable[[Tensor], Tensor]
ROUNDING = 1e-4  # resizing floating-point pixels may leave [0, 1] by as much


def predict(
    model: nn.Module,
    images: Picture | Iterable[Picture],
    classes: Sequence[str],
    prepare: Preparation,
    *,
    temperature: float = 1.0,
    batch_size: int = 64,
) -> list[tuple[str, float]]:
    """The class of each picture and the confidence in it: one pair (name, probability) a picture, in their order.

        confidence = max_k softmax(z / T)_k   for the model's scores z and the temperature T

    images, prepare, batch_size: as in `image_batches`; one picture gives a list of one pair. model: returns scores of
    shape (N, K); it runs in evaluation mode, on its own device and in its own type, without history, and every layer is
    back in the mode it was found in before this returns, also after an error; weights stay as they are, and whether
    gradients are recorded. A model without parameters gets batches in float32 on the CPU. classes: the K names, in the
    order of the scores. temperature: finite, above 0; the one that `lib.calibration.fit_temperature` found on held-out
    images makes the confidence calibrated (Guo et al., 2017), while 1 leaves the network's own, which is often too
    high. It changes no name.

    Raises what `image_batches` raises, and ValueError for a temperature out of range, for scores that are not finite,
    and for a number of names that is not that of the scores.

    Example:
        >>> pixel = torch.tensor([0.1, 0.9, 0.2]).view(3, 1, 1)  # a picture as small as can be, classified by colour
        >>> predict(nn.Flatten(), pixel, ["red", "green", "blue"], lambda images: images, temperature=0.001)
        [('green', 1.0)]
    """
    weight = next(model.parameters(), torch.empty(0))
    batches = image_batches(images, prepare, batch_size)
    scores = [extract_features(model, batch.to(weight), batch_size) for batch in batches]
    return name_scores(torch.cat(scores), classes, temperature)


def name_scores(scores: Tensor, classes: Sequence[str], temperature: float = 1.0) -> list[tuple[str, float]]:
    """The name of the highest score of each row, and its probability in softmax(scores / temperature).

    scores: shape (N, K), before softmax; classes: K names. Of equal highest scores, the first counts. Raises ValueError
    as `predict` does.

    Example:
        >>> name_scores(torch.tensor([[0.0, 2.0]]), ["cat", "dog"], temperature=1e6)[0][0]
        'dog'
    """
    check_temperature(temperature)
    if scores.ndim != 2 or scores.shape[1] != len(classes):
        raise ValueError(f"classes: expected a name for each score, {tuple(scores.shape)}, got {len(classes)}")
    if not scores.isfinite().all():
        raise ValueError("scores: expected finite numbers, got some that are not")
    confidence, index = (scores / temperature).softmax(1).max(1)
    return [(classes[k], value) for k, value in zip(index.tolist(), confidence.tolist(), strict=True)]


def check_temperature(temperature: float) -> None:
    """Raise ValueError unless `temperature` is a finite number greater than 0.

    Example:
        >>> check_temperature(0)
        Traceback (most recent call last):
        ValueError: temperature: expected a finite number greater than 0, got 0
    """
    if not (isinstance(temperature, int | float) and 0 < temperature < math.inf):
        raise ValueError(f"temperature: expected a finite number greater than 0, got {temperature!r}")


def image_batches(images: Picture | Iterable[Picture], prepare: Preparation, batch_size: int = 64) -> Iterator[Tensor]:
    """Prepared batches, shape (n, 3, h, w), of pictures in any form, n ≤ batch_size; files are read batch by batch.

    images: one picture, a batch, or any iterable of pictures, at least one. A picture is

    - the path of an image file, or a PIL image, of any mode with 8 bits a channel: made RGB, without transparency, the
      right way up as its EXIF data say;
    - an array, uint8, shape (height, width, 3), RGB; a batch has (N, height, width, 3);
    - a tensor, uint8 or floating point in [0, 1], shape (3, height, width); a batch has (N, 3, height, width).

    prepare: what the network expects done to pictures, as from `lib.backbones.preprocessing`. It is handed uint8 or
    floating-point tensors of shape (n, 3, height, width): whole batches, or picture by picture from an iterable, whose
    sizes may differ as long as the prepared ones agree.

    Raises TypeError for pictures of another kind or type; ValueError for other shapes, an empty batch or iterable,
    floating-point values outside [0, 1] (normalised already?), a file that holds no image, prepared pictures of
    different sizes, and batch_size < 1; what reading raises where a file is missing.

    Example:
        >>> [tuple(batch.shape) for batch in image_batches(torch.zeros(5, 3, 8, 8), lambda x: x, batch_size=2)]
        [(2, 3, 8, 8), (2, 3, 8, 8), (1, 3, 8, 8)]
    """
    if not isinstance(batch_size, int) or batch_size < 1:
        raise ValueError(f"batch_size: expected an integer of at least 1, got {batch_size!r}")
    if isinstance(images, np.ndarray | Tensor) and images.ndim == 4:
        _check_some(len(images))
        return map(prepare, _tensor(images, 4).split(batch_size))
    pictures = [images] if isinstance(images, Picture) else _listed(images)
    _check_some(len(pictures))
    parts = (pictures[start : start + batch_size] for start in range(0, len(pictures), batch_size))
    return (_joined([prepare(_tensor(one, 3).unsqueeze(0)) for one in part]) for part in parts)


def _listed(images: Any) -> list[Any]:
    if not isinstance(images, Iterable):
        raise TypeError(f"images: expected paths, PIL images, arrays or tensors, got {type(images).__name__}")
    return list(images)


def _tensor(picture: Any, axes: int) -> Tensor:
    """Pixels with the channels before height and width: uint8, or floating point in [0, 1]."""
    if isinstance(picture, str | Path):
        picture = _read(Path(picture))
    if isinstance(picture, Image.Image):
        picture = _rgb(picture)
    if isinstance(picture, np.ndarray):
        picture = _channels_first(picture, axes)
    if not isinstance(picture, Tensor) or not (picture.dtype == torch.uint8 or picture.is_floating_point()):
        raise TypeError(
            f"images: expected a path, a PIL image, or uint8 or floating-point pixels, got {_kind(picture)}"
        )
    if picture.ndim != axes or picture.shape[-3] != 3 or picture.numel() == 0:
        shape = f"{'(N, ' if axes == 4 else '('}3, height, width)"
        raise ValueError(f"images: expected a tensor of the shape {shape}, got {tuple(picture.shape)}")
    if picture.is_floating_point() and not (picture.min() >= -ROUNDING and picture.max() <= 1 + ROUNDING):
        span = f"{float(picture.min()):.3g} to {float(picture.max()):.3g}"
        raise ValueError(f"images: expected floating-point pixels in [0, 1], not normalised yet, got {span}")
    return picture


def _read(path: Path) -> Image.Image:
    try:
        with Image.open(path) as image:
            image.load()
            return image
    except OSError as error:
        if error.errno is not None:  # the file cannot be opened; else it can, and holds no whole image
            raise
        raise ValueError(f"images: expected an image file, got {path}: {error}") from error


def _rgb(image: Image.Image) -> np.ndarray:
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        raise ValueError(f"images: expected 8 bits a channel, got a PIL image of the mode {image.mode!r}")
    opaque = image.convert("RGBA") if image.mode == "P" else image  # Pillow warns of a palette's transparency otherwise
    return np.array(ImageOps.exif_transpose(opaque).convert("RGB"))


def _channels_first(array: np.ndarray, axes: int) -> Tensor:
    if array.dtype != np.uint8:
        raise TypeError(f"images: expected an array of uint8, got {array.dtype}")
    if array.ndim != axes or array.shape[-1] != 3:
        shape = f"{'(N, ' if axes == 4 else '('}height, width, 3)"
        raise ValueError(f"images: expected an array of the shape {shape}, got {array.shape}")
    return torch.from_numpy(array.copy()).movedim(-1, -3)


def _joined(prepared: list[Tensor]) -> Tensor:
    shapes = {tuple(one.shape) for one in prepared}
    if len(shapes) > 1:
        raise ValueError(
            f"images: expected prepared pictures of one size, got {' and '.join(map(str, sorted(shapes)))}"
        )
    return torch.cat(prepared)


def _check_some(count: int) -> None:
    if count == 0:
        raise ValueError("images: expected at least one picture, got none")


def _kind(value: object) -> str:
    return str(value.dtype) if isinstance(value, Tensor) else type(value).__name__
