"""Representations: what the layers of a network hold, and what pre-training is worth.

Features are taken after each stage. A linear probe asks how much of a task a linear classifier on them can solve (Alain
& Bengio, 2016); linear CKA asks how alike two sets of features are, whatever their axes and widths. Early stages are
general and late ones specific to the source task (Yosinski et al., 2014): both measures show it.
"""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torchvision.models import SwinTransformer, VisionTransformer

from lib.features import extract_features, fit_linear_head
from lib.points import centred, check_features, check_labels
from lib.results import mean_and_interval
from lib.stages import stages
from lib.training import accuracy

Pool = Callable[[Tensor], Tensor]


def transfer_gain(transferred: Sequence[float], scratch: Sequence[float]) -> tuple[float, float]:
    """What pre-training adds to accuracy, in percentage points, with the half-width of its 95 % interval over seeds.

        dₛ = 100 · (transferredₛ − scratchₛ),   gain = mean of the dₛ,   half-width = t · s / √n

    where n is the number of seeds, s the standard deviation of the dₛ with n − 1 below the line, and t the 0.975
    quantile of Student's t with n − 1 degrees of freedom. `mean_and_interval(d)` gives both numbers for a list d.

    transferred, scratch: accuracies in [0, 1], one for each seed, n at least 2, in the same order: seed s drew the same
    images for both. Pairing takes out what the two runs of a seed share, such as a lucky draw of images. The gain is
    absolute: from 0.5 to 0.6 is 10 points, not 20 per cent. Below 0, transfer is negative (Pan & Yang, 2010). Returns
    (gain, half-width), two numbers; the lists are left as they are.

    Raises ValueError for unequal lengths, fewer than two seeds, or numbers outside [0, 1].

    Example:
        >>> gain, half = transfer_gain([0.62, 0.66], [0.24, 0.26])
        >>> round(gain, 2), round(half, 2)
        (39.0, 12.71)
    """
    _check_accuracies(transferred, scratch)
    gains = [100 * (after - before) for after, before in zip(transferred, scratch, strict=True)]
    return mean_and_interval(gains)


def linear_probe_accuracy(
    train_features: Tensor,
    train_labels: Tensor,
    test_features: Tensor,
    test_labels: Tensor,
    classes: int,
    penalty: float = 1e-3,
) -> float:
    """Share of test points that a linear classifier gets right when it is fitted on the training points' features.

    Each feature is standardised first, (φ − mean) / standard deviation, both of the *training* points (1/N, not
    1/(N − 1)); a feature that is constant among them is only centred. So one penalty means the same for every stage
    and network: shifting or scaling a feature, everywhere, changes nothing. The classifier is
    `fit_linear_head(…, classes, penalty)`.

    train_features: shape (N, D), test_features: shape (M, D), both float32 or both float64. train_labels, test_labels:
    int64 in [0, classes), shapes (N,) and (M,). N, M, D at least 1, all on one device. penalty: above 0, for otherwise
    classes that a line can separate have no best classifier. Returns a number in [0, 1]; draws nothing.

    Raises TypeError for other types, ValueError for other shapes, values or devices.

    Example:
        >>> train, test = torch.tensor([[0.0], [1.0], [9.0], [8.0]]), torch.tensor([[2.0], [7.0]])
        >>> linear_probe_accuracy(train, torch.tensor([0, 0, 1, 1]), test, torch.tensor([0, 0]), classes=2)
        0.5
    """
    check_features("train_features", train_features)
    check_labels("train_labels", train_labels, train_features, classes)
    check_features("test_features", test_features, like=train_features)
    check_labels("test_labels", test_labels, test_features, classes)
    if not 0 < penalty < float("inf"):
        raise ValueError(f"penalty: expected a number above 0, got {penalty!r}")
    mean, deviation = train_features.detach().mean(0), centred(train_features.detach()).std(0, correction=0)
    deviation[deviation == 0] = 1
    head = fit_linear_head((train_features.detach() - mean) / deviation, train_labels, classes, penalty)
    return accuracy(head, (test_features - mean) / deviation, test_labels)


def linear_cka(x: Tensor, y: Tensor) -> float:
    """Linear CKA: how alike two sets of features of the same points are (Kornblith et al., 2019).

        CKA = ‖YᵀX‖² / ( ‖XᵀX‖ · ‖YᵀY‖ ),   columns of X and Y centred, Frobenius norms

    x: shape (N, D), y: shape (N, E), row i of both from the same image; float32 or float64, finite; computed in
    float64. Between 0 and 1, up to rounding; 1 if one is the other rotated, reflected, shifted, or scaled by one
    number. The Gram matrices XXᵀ and YYᵀ give the same number, ⟨XXᵀ, YYᵀ⟩ / (‖XXᵀ‖ · ‖YYᵀ‖), and are used where there
    are fewer points than features.

    Few points make anything look alike: unrelated Gaussian features have a CKA of about √(D/(N + D) · E/(N + E)).

    Raises TypeError for other types, ValueError for other shapes, different devices, numbers that are not finite, and
    where all rows of one are the same: they vary with nothing, and CKA is 0/0.

    Example:
        >>> x = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]])
        >>> round(linear_cka(x, 5 * x.flip(1) + 3), 4), round(linear_cka(x, x[:, :1]), 4)
        (1.0, 0.7906)
    """
    x, y = _unit("x", x), _unit("y", y)
    if len(x) != len(y) or x.device != y.device:
        raise ValueError(f"y: expected {len(x)} rows on {x.device}, as x has, got {len(y)} on {y.device}")
    if len(x) < max(x.shape[1], y.shape[1]):
        grams = x @ x.T, y @ y.T
        return float((grams[0] * grams[1]).sum() / (grams[0].norm() * grams[1].norm()))
    return float((y.T @ x).norm().square() / ((x.T @ x).norm() * (y.T @ y).norm()))


def stage_features(
    model: nn.Module, images: Tensor, batch_size: int = 256, pool: Pool | None = None
) -> dict[str, Tensor]:
    """The features after each stage of `stages(model)`, by its name, from the input to the head, in evaluation mode.

    A stage's output is that of its last layer or block, and the head's is the model's own; what a network does between
    stages without a layer, as DenseNet's last ReLU, belongs to none.

    pool: what is kept of an output, as a function of one batch's. None is the mean over space, (n, C, H, W) → (n, C);
    for torchvision's Swin transformers, which keep channels last, (n, H, W, C) → (n, C); for its vision transformers
    the mean over all tokens, the class token among them, (n, T, C) → (n, C). Shape (n, D) is kept as it is.

    images: shape (N, ...), N ≥ 1, on the model's device, at most `batch_size` of them in work at a time. Returns for
    each stage a tensor of N rows, without history. When it returns or raises, every layer is in the mode it was found
    in, and no hook is left.

    Raises ValueError for no images, for batch_size < 1, for a model without parameters, for an output of another shape
    where `pool` is None, and where a stage does not run exactly once in a forward pass.

    Example:
        >>> network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(8, 2, 1), nn.Flatten())
        >>> {name: tuple(f.shape) for name, f in stage_features(network, torch.zeros(5, 3, 4, 4)).items()}
        {'0': (5, 8), 'head': (5, 8)}
    """
    if not isinstance(images, Tensor) or images.ndim == 0 or len(images) == 0:
        found = tuple(images.shape) if isinstance(images, Tensor) else type(images).__name__
        raise ValueError(f"images: expected a tensor of at least one image, got {found}")
    if batch_size < 1:
        raise ValueError(f"batch_size: expected at least 1, got {batch_size!r}")
    last = {name: model if name == "head" else stage.modules[-1] for name, stage in stages(model).items()}
    kept: dict[str, list[Tensor]] = {name: [] for name in last}
    pool = pool or partial(_mean_over_space, model)
    hooks = [layer.register_forward_hook(partial(_keep, pool, kept[name])) for name, layer in last.items()]
    try:
        extract_features(model, images, batch_size)
    finally:
        for hook in hooks:
            hook.remove()
    return {name: _joined(name, batches, len(images)) for name, batches in kept.items()}


# ---- features by stage --------------------------------------------------------------------------------------------


def _keep(pool: Pool, kept: list[Tensor], _layer: nn.Module, _inputs: object, out: Tensor) -> None:
    kept.append(pool(out).clone())  # a copy, for the next layer may write into `out`


def _mean_over_space(model: nn.Module, out: Tensor) -> Tensor:
    shape = tuple(out.shape) if isinstance(out, Tensor) else type(out).__name__
    match shape:
        case (_, _):
            return out
        case (_, _, _, _):
            return out.mean((1, 2) if isinstance(model, SwinTransformer) else (2, 3))
        case (_, _, _) if isinstance(model, VisionTransformer):
            return out.mean(1)
    raise ValueError(f"pool: expected a function, for the model's stages put out {shape}, not (n, C, H, W) or (n, D)")


def _joined(name: str, batches: list[Tensor], count: int) -> Tensor:
    rows = sum(len(batch) for batch in batches)
    if rows != count:
        raise ValueError(f"model: expected stage {name!r} to run once for each of {count} images, got {rows} rows")
    return torch.cat(batches)


# ---- numbers and checks -------------------------------------------------------------------------------------------


def _unit(name: str, x: Tensor) -> Tensor:
    """Centred, in float64, with 1 as its largest number, so that fourth powers neither overflow nor vanish."""
    check_features(name, x)
    points = centred(x.detach().double())
    largest = points.abs().max()
    if largest == 0:
        raise ValueError(f"{name}: expected rows that differ, got {len(x)} equal ones")
    return points / largest


def _check_accuracies(transferred: Sequence[float], scratch: Sequence[float]) -> None:
    if len(transferred) != len(scratch) or len(scratch) < 2:
        got = f"{len(transferred)} and {len(scratch)}"
        raise ValueError(f"transferred, scratch: expected one each for the same seeds, at least 2, got {got}")
    for name, values in (("transferred", transferred), ("scratch", scratch)):
        if wrong := [value for value in values if not 0 <= value <= 1]:
            raise ValueError(f"{name}: expected accuracies in [0, 1], got {wrong[0]}")
