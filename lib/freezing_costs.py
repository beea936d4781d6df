"""What freezing saves: parameters, memory and gradient, measured for one training step at every depth of freezing.

A frozen stage at the input needs no gradients, no moments of Adam, and no activations either: backward stops above it.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lib.freezing import freeze_stage, trainable_parameters, unfreeze
from lib.gradients import gradient_norms
from lib.stages import stages

_MOMENTS = 2  # Adam's running means of the gradient and of its square (Kingma & Ba, 2015)


@dataclass(frozen=True)
class FreezingCost:
    """One training step with some stages frozen. Bytes are those held when backward begins and when it ends.

    frozen: names of the frozen stages, from the input on. trainable, parameters: numbers that training may change, and
    all. activation_bytes: what the forward pass keeps for backward. gradient_norms: stage → ‖∂L/∂θ‖, 0 where frozen.
    """

    frozen: tuple[str, ...]
    trainable: int
    parameters: int
    gradient_bytes: int
    moment_bytes: int
    activation_bytes: int
    gradient_norms: dict[str, float]

    @property
    def share(self) -> float:
        """Share of the parameters that is trainable."""
        return self.trainable / self.parameters

    @property
    def memory(self) -> int:
        """Bytes that one step holds on top of the network itself and the batch."""
        return self.gradient_bytes + self.moment_bytes + self.activation_bytes


def freezing_costs(model: nn.Module, images: Tensor, labels: Tensor) -> list[FreezingCost]:
    """Measure a training step with the first 0, 1, 2, … stages frozen, up to all but the head.

    The step is one of cross-entropy and Adam, in training mode, on `images`, shape (N, 3, H, W), as the model takes
    them, and `labels`, shape (N,), class numbers; both on the model's device. Works on copies: the model, its
    gradients and the global random state are left as they were, and dropout draws from seed 0.

    Raises ValueError for labels that do not fit the images, and for fewer than two images (batch norm needs two).

    Example:
        >>> network = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
        >>> [cost.trainable for cost in freezing_costs(network, torch.ones(2, 4), torch.tensor([0, 1]))]
        [23, 8]
    """
    if labels.shape != images.shape[:1] or len(images) < 2 or labels.is_floating_point():
        got = f"{tuple(images.shape)} and {tuple(labels.shape)}, {labels.dtype}"
        raise ValueError(f"images, labels: expected N ≥ 2 images and N whole class numbers, got {got}")
    return [_measure(model, images, labels, count) for count in range(len(stages(model)))]


def _measure(model: nn.Module, images: Tensor, labels: Tensor, count: int) -> FreezingCost:
    """One step of a copy whose first `count` stages are frozen."""
    network = unfreeze(copy.deepcopy(model)).train()
    network.zero_grad(set_to_none=True)
    parts = stages(network)
    for stage in list(parts.values())[:count]:
        freeze_stage(stage)
    activations = _step(network, images, labels)
    trained = list(trainable_parameters(network))
    gradients = sum(_bytes(parameter) for parameter in trained)
    return FreezingCost(
        frozen=tuple(parts)[:count],
        trainable=sum(parameter.numel() for parameter in trained),
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        gradient_bytes=gradients,
        moment_bytes=_MOMENTS * gradients,
        activation_bytes=activations,
        gradient_norms=gradient_norms(network),
    )


def _step(network: nn.Module, images: Tensor, labels: Tensor) -> int:
    """Forward and backward; the bytes that forward kept for backward, each piece of memory counted once.

    Parameters, statistics and the batch are there without training too, so they do not count.
    """
    held: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        held[storage.data_ptr()] = storage.nbytes()
        return tensor.detach()  # a tensor kept as it is would hold the graph that holds it

    with _seeded(images.device), torch.enable_grad():
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            scores = network(images)
            loss = cross_entropy(scores if isinstance(scores, Tensor) else scores[0], labels)
        loss.backward()  # the graph, and with it every piece of memory, lived until here: no address came twice
    there = [*network.parameters(), *network.buffers(), images, labels]
    for tensor in there:
        held.pop(tensor.untyped_storage().data_ptr(), None)
    return sum(held.values())


@contextmanager
def _seeded(device: torch.device) -> Iterator[None]:
    """Random numbers on the CPU and on `device` begin at seed 0, and afterwards go on from where they were."""
    cuda = device.type == "cuda"
    with torch.random.fork_rng(devices=[device] if cuda else []):
        torch.default_generator.manual_seed(0)  # torch.manual_seed would reach every other device too
        if cuda:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(0)
        yield


def _bytes(parameter: nn.Parameter) -> int:
    return parameter.numel() * parameter.element_size()
