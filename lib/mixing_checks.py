"""What the functions of mixing.py accept: each check raises TypeError or ValueError that says what came instead.

Types, shapes and devices are always checked. The values of a tensor are checked on the CPU alone: on CUDA the CPU would
have to wait for the GPU in every step of training.
"""

import torch
from torch import Tensor


def check_batch(images: Tensor, labels: Tensor, classes: int, axes: int | None = None) -> None:
    """Images of shape (N, ...), nothing empty, and a label for each; `axes`: how many axes, any from 2 on if None."""
    check_whole("classes", classes)
    _check_tensors(images=images, labels=labels)
    if images.ndim != (axes or max(images.ndim, 2)) or images.numel() == 0:
        wanted = "(N, C, height, width)" if axes else "(N, ...)"
        raise ValueError(f"images: expected the shape {wanted}, nothing empty, got {tuple(images.shape)}")
    _check_indices("labels", labels, len(images), classes)


def check_box(height: int, width: int, lam: Tensor, centre: Tensor) -> None:
    """λ in [0, 1], shape (K,), and as many pixels (row, column) of a height × width image."""
    check_whole("height", height)
    check_whole("width", width)
    _check_tensors(lam=lam, centre=centre)
    _check_floating("lam", lam)
    if centre.dtype != torch.int64:
        raise TypeError(f"centre: expected int64, got {centre.dtype}")
    if lam.ndim != 1 or len(lam) == 0:
        raise ValueError(f"lam: expected the shape (K,), K ≥ 1, got {tuple(lam.shape)}")
    if centre.shape != (len(lam), 2):
        raise ValueError(f"centre: expected the shape ({len(lam)}, 2), got {tuple(centre.shape)}")
    if lam.device.type == "cpu" and not all(0 <= value <= 1 for value in lam.tolist()):
        raise ValueError(f"lam: expected numbers in [0, 1], got {lam.tolist()}")
    if lam.device.type == "cpu" and not all(0 <= y < height and 0 <= x < width for y, x in centre.tolist()):
        raise ValueError(f"centre: expected pixels of a {height} × {width} image, got {centre.tolist()}")


def check_loss(logits: Tensor, targets: Tensor, label_smoothing: float) -> None:
    """Logits of shape (N, C), nothing empty, with class indices or probabilities as targets; a smoothing in [0, 1]."""
    _check_tensors(logits=logits, targets=targets)
    _check_floating("logits", logits)
    if logits.ndim != 2 or logits.numel() == 0:
        raise ValueError(f"logits: expected the shape (N, C), nothing empty, got {tuple(logits.shape)}")
    if not isinstance(label_smoothing, int | float) or not 0 <= label_smoothing <= 1:
        raise ValueError(f"label_smoothing: expected a number in [0, 1], got {label_smoothing!r}")
    if targets.is_floating_point():
        _check_probabilities(targets, logits.shape)
    else:
        _check_indices("targets", targets, *logits.shape)


def check_whole(name: str, value: int) -> None:
    """A whole number of at least 1."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name}: expected an integer of at least 1, got {value!r}")


def _check_tensors(**tensors: Tensor) -> None:
    for name, value in tensors.items():
        if not isinstance(value, Tensor):
            raise TypeError(f"{name}: expected a tensor, got {type(value).__name__}")
    devices = [str(value.device) for value in tensors.values()]
    if len(set(devices)) > 1:
        raise ValueError(f"{', '.join(tensors)}: expected one device, got {' and '.join(devices)}")


def _check_floating(name: str, value: Tensor) -> None:
    if not value.is_floating_point():
        raise TypeError(f"{name}: expected a floating-point type, got {value.dtype}")


def _check_indices(name: str, indices: Tensor, count: int, classes: int) -> None:
    if indices.dtype != torch.int64:
        raise TypeError(f"{name}: expected class indices, int64, got {indices.dtype}")
    if indices.shape != (count,):
        raise ValueError(f"{name}: expected the shape ({count},), got {tuple(indices.shape)}")
    if indices.device.type == "cpu" and not 0 <= indices.min() <= indices.max() < classes:
        raise ValueError(f"{name}: expected 0 to {classes - 1}, got {int(indices.min())} to {int(indices.max())}")


def _check_probabilities(targets: Tensor, shape: torch.Size) -> None:
    if targets.shape != shape:
        raise ValueError(f"targets: expected the logits' shape {tuple(shape)}, got {tuple(targets.shape)}")
    if targets.device.type != "cpu":
        return
    sums = targets.detach().sum(1, dtype=torch.float64)
    if not (targets >= 0).all() or ((sums - 1).abs() > 0.01).any():
        raise ValueError(f"targets: expected rows of numbers ≥ 0 that sum to 1, got the sums {sums.tolist()}")
