"""Points: rows of features with their class numbers, checked alike by every function that takes them."""

import torch
from torch import Tensor


def check_features(name: str, features: Tensor, like: Tensor | None = None) -> None:
    """Raise unless `features` are finite, float32 or float64, of shape (N, D) with N, D ≥ 1; `name` is the argument's.

    like: features whose D, dtype and device they must have. Raises TypeError for another type, else ValueError.

    Example:
        >>> check_features("target", torch.ones(3, 4), like=torch.ones(2, 5))
        Traceback (most recent call last):
        ValueError: target: expected 5 columns of torch.float32 on cpu, got 4 columns of torch.float32 on cpu
    """
    if not isinstance(features, Tensor) or features.dtype not in (torch.float32, torch.float64):
        raise TypeError(f"{name}: expected a float32 or float64 tensor, got {_kind(features)}")
    if features.ndim != 2 or 0 in features.shape:
        raise ValueError(f"{name}: expected the shape (N, D), N and D at least 1, got {tuple(features.shape)}")
    if not features.isfinite().all():
        raise ValueError(f"{name}: expected finite numbers, got {int((~features.isfinite()).sum())} that are not")
    if like is not None and _sort(features) != _sort(like):
        raise ValueError(f"{name}: expected {_sort(like)}, got {_sort(features)}")


def check_labels(name: str, labels: Tensor, beside: Tensor | None = None, classes: int | None = None) -> None:
    """Raise unless `labels` are class numbers from 0 on, below `classes`: int64, shape (N,) with N ≥ 1.

    beside: a tensor with as many rows, on the same device. Raises TypeError for another type, else ValueError.

    Example:
        >>> check_labels("labels", torch.tensor([0, 3]), classes=3)
        Traceback (most recent call last):
        ValueError: labels: expected class numbers from 0 to 2, got 0 to 3
    """
    if not isinstance(labels, Tensor) or labels.dtype != torch.int64:
        raise TypeError(f"{name}: expected an int64 tensor, got {_kind(labels)}")
    if labels.ndim != 1 or len(labels) == 0 or (beside is not None and len(labels) != len(beside)):
        shape = "(N,), N at least 1" if beside is None else f"({len(beside)},)"
        raise ValueError(f"{name}: expected the shape {shape}, got {tuple(labels.shape)}")
    if beside is not None and labels.device != beside.device:
        raise ValueError(f"{name}: expected them on {beside.device}, got {labels.device}")
    least, most = (int(number) for number in labels.aminmax())
    if least < 0 or (classes is not None and most >= classes):
        limit = "on" if classes is None else f"to {classes - 1}"
        raise ValueError(f"{name}: expected class numbers from 0 {limit}, got {least} to {most}")


def centred(features: Tensor) -> Tensor:
    """Rows less their mean; a constant column becomes exactly 0, which x − x.mean(0) does not always give.

    Example:
        >>> x = torch.full((3, 1), 0.1)
        >>> centred(x).tolist()
        [[0.0], [0.0], [0.0]]
    """
    shifted = features - features[0]
    return shifted - shifted.mean(0)


def _sort(features: Tensor) -> str:
    return f"{features.shape[1]} columns of {features.dtype} on {features.device}"


def _kind(value: object) -> str:
    return str(value.dtype) if isinstance(value, Tensor) else type(value).__name__
