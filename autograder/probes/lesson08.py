"""What is done with an implementation in lesson 8 for one epoch of training or evaluation, and what is seen. No answers."""

from collections.abc import Iterator
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
    """Evaluate a network that is in training mode on batches of `sizes`, which can be read once.

    recording: whether gradients are recorded around the call.
    """
    model = networks.build("fc", seed, device)
    options = {} if criterion is None else {"criterion": CRITERIA[criterion]}
    if not sizes:
        return {"without a batch": or_error(lambda: seen(implementation(model, iter(()), **options)))}
    watch, before = _Watch(model), networks.statistics(model)
    with torch.set_grad_enabled(recording):
        found = implementation(model, _batches(images, labels, sizes), **options)
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
    }


def _squared(scores: Tensor, labels: Tensor) -> Tensor:
    """The mean squared distance from probabilities to one-hot labels."""
    return (scores.softmax(1) - F.one_hot(labels, scores.shape[1])).square().sum(1).mean()


CRITERIA = {"squared distance": _squared}


class _Watch:
    """Looks at each pass of a model: how many layers are in training mode, and whether its scores have a history."""

    def __init__(self, model: nn.Module) -> None:
        self.training: Any = "there was no pass"
        self.history: Any = "there was no pass"
        model.register_forward_hook(self._look)

    def _look(self, model: nn.Module, _images: Any, scores: Tensor) -> None:
        count = sum(layer.training for layer in model.modules())
        self.training = count if isinstance(self.training, str) else max(count, self.training)
        self.history = scores.requires_grad or self.history is True


def _batches(images: Tensor, labels: Tensor, sizes: list[int]) -> Iterator[tuple[Tensor, Tensor]]:
    yield from zip(images.split(sizes), labels.split(sizes), strict=True)


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
