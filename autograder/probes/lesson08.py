"""What is done with an implementation of an epoch, of training or of evaluation, in lesson 8, and what is seen."""

from collections.abc import Iterable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.probes import networks, seen
from autograder.probes.lesson04 import or_error
from autograder.probes.lesson06 import number


def evaluation(
    implementation: Any,
    device: torch.device,
    seed: int,
    images: Tensor,
    labels: Tensor,
    sizes: list[int],
    criterion: str | None,
    recording: bool,
) -> dict[str, Any]:
    """Evaluate a network that is in training mode on batches of `sizes`; without gradients, they can be read once.

    recording: whether gradients are recorded around the call.
    """
    model = networks.build("fc", seed, device)
    options = {} if criterion is None else {"criterion": CRITERIA[criterion]}
    if not sizes:
        return {"without a batch": or_error(lambda: seen(implementation(model, iter(()), **options)))}
    watch, before = _Watch(model), networks.statistics(model)
    with torch.set_grad_enabled(recording):
        found = implementation(model, _batches(images, labels, sizes, once=not recording), **options)
        recorded = torch.is_grad_enabled()
    loss, accuracy = _two(found)
    return {
        "loss": number(loss),
        "accuracy": number(accuracy),
        "what it returns": f"{_kind(found)} of {_kind(loss)} and {_kind(accuracy)}",
        "layers in training mode during a pass": watch.training,
        "layers in training mode afterwards": sum(layer.training for layer in model.modules()),
        "running statistics that moved": networks.changed(before, networks.statistics(model)),
        "the scores carry a history": watch.history,
        "gradients are recorded afterwards": recorded,
        "weights that no longer learn": sum(not weight.requires_grad for weight in model.parameters()),
    }


def epoch(
    implementation: Any,
    device: torch.device,
    seed: int,
    images: Tensor,
    labels: Tensor,
    sizes: list[int],
    rate: float = 0.2,
    criterion: str | None = None,
    scheduled: bool = False,
    left_over: bool = False,
    precision: str | None = None,
    scale: float | None = None,
    **arguments: Any,
) -> dict[str, Any]:
    """Train a network that is in evaluation mode, one layer pinned there, for an epoch.

    criterion: another than by default; batches can then be read once. left_over: whether gradients of another
    backward pass are there before. scale: where a scaler for float16 begins.
    """
    model = nn.Sequential(nn.Linear(6, 8), _Pinned(8), nn.Tanh(), nn.Dropout(0.2), nn.BatchNorm1d(8), nn.Linear(8, 5))
    networks.fill(model, seed)
    model.to(device).eval()
    optimiser = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimiser, 0.5) if scheduled else None
    scaler = None if scale is None else torch.amp.GradScaler(device.type, init_scale=scale, growth_interval=2)
    options = arguments | _given(
        criterion=CRITERIA.get(criterion or ""),
        schedule=schedule,
        precision=getattr(torch, precision or "", None),
        scaler=scaler,
    )
    if not sizes:
        return {"without a batch": or_error(lambda: seen(implementation(model, iter(()), optimiser, **options)))}
    if left_over:
        model(images).square().sum().backward()
    watch = _Watch(model)
    batches = _batches(images, labels, sizes, once=criterion is not None)
    found = implementation(model, batches, optimiser, **options)
    return {
        "loss": number(found.detach() if isinstance(found, Tensor) else found),
        "what it returns": _kind(found),
        "weights afterwards": _in_one(model),
        "rate afterwards": optimiser.param_groups[0]["lr"],
        "layers in training mode during a pass": watch.training,
        "layers in training mode afterwards": sum(layer.training for layer in model.modules()),
        "type of the scores": watch.type,
        "types of the weights": sorted({str(parameter.dtype) for parameter in model.parameters()}),
        "scale afterwards": None if scaler is None else scaler.get_scale(),
    }


def _in_one(model: nn.Module) -> Any:
    weights = torch.cat([parameter.detach().flatten() for parameter in model.parameters()])
    return seen(weights) if weights.isfinite().all() else "some are no numbers"


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _squared(scores: Tensor, labels: Tensor) -> Tensor:
    """The mean squared distance from probabilities to one-hot labels."""
    return (scores.softmax(1) - F.one_hot(labels, scores.shape[1])).square().sum(1).mean()


def _spoilt(scores: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy; where all labels are 0, with gradients that are no numbers, as an overflow makes them."""
    loss = F.cross_entropy(scores, labels)
    return loss if labels.any() else loss + (0 * scores).sum().sqrt()


CRITERIA = {"squared distance": _squared, "spoilt by zeros": _spoilt}


class _Pinned(nn.BatchNorm1d):
    """A norm that stays in evaluation mode when it is asked to train."""

    def train(self, _mode: bool = True) -> "_Pinned":
        return super().train(False)


class _Watch:
    """Looks at each pass of a model: layers in training mode; the scores' history and type."""

    def __init__(self, model: nn.Module) -> None:
        self.training: Any = "there was no pass"
        self.history: Any = "there was no pass"
        self.type = "there was no pass"
        model.register_forward_hook(self._look)

    def _look(self, model: nn.Module, _images: Any, scores: Tensor) -> None:
        count = sum(layer.training for layer in model.modules())
        self.training = count if isinstance(self.training, str) else max(count, self.training)
        self.history = scores.requires_grad or self.history is True
        self.type = str(scores.dtype)


def _batches(images: Tensor, labels: Tensor, sizes: list[int], once: bool) -> Iterable[tuple[Tensor, Tensor]]:
    batches = zip(images.split(sizes), labels.split(sizes), strict=True)
    return iter(batches) if once else list(batches)


def _two(found: Any) -> tuple[Any, Any]:
    """The fields loss and accuracy; of a plain pair, its two members."""
    if isinstance(found, tuple | list) and len(found) == 2:
        first, second = found
        return getattr(found, "loss", first), getattr(found, "accuracy", second)
    return getattr(found, "loss", None), getattr(found, "accuracy", None)


def _kind(value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "a number"
    return type(value).__name__
