"""Training as lesson 3 needs it: every parameter that may learn, in two groups, over one cycle of the learning rate."""

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lib.epochs import evaluate, shuffled_batches, train_one_epoch
from lib.freezing import trainable_parameters
from lib.stages import output_layers

WEIGHT_DECAY = 0.01


def train(
    model: nn.Module,
    images: Tensor,
    labels: Tensor,
    *,
    epochs: int,
    rate: float,
    head_rate: float | None = None,
    batch_size: int = 32,
    generator: torch.Generator,
    augment: Callable[[Tensor, torch.Generator], Tensor] | None = None,
) -> list[float]:
    """Train what is trainable in `model`, in place, with AdamW (Loshchilov & Hutter, 2019) and one cycle of the rate.

    images: shape (N, ...), prepared for the model, on its device; labels: int64, shape (N,). rate: the highest learning
    rate of the backbone; head_rate: that of the output layer, `rate` if None. The rate rises over the first 30 % of the
    steps and falls along a cosine after (Smith & Topin, 2018). generator: a CPU generator; it draws the order of the
    images in each epoch and is handed to `augment(batch, generator)`, which returns a batch of the same shape.
    Dropout, where the model has it, draws from torch's global state. The model is left in training mode.

    Returns the mean loss over the images of each epoch. Raises ValueError where nothing in the model is trainable, and
    where images and labels are not equally many.

    Example:
        >>> images, labels = torch.eye(4), torch.tensor([0, 0, 1, 1])
        >>> model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
        >>> losses = train(model, images, labels, epochs=9, rate=0.1, generator=torch.Generator())
        >>> losses[-1] < losses[0]
        True
    """
    if len(images) != len(labels) or len(images) == 0:
        raise ValueError(f"labels: expected one for each of {len(images)} images, at least one, got {len(labels)}")
    groups = _groups(model, rate, rate if head_rate is None else head_rate)
    optimiser = torch.optim.AdamW(groups, weight_decay=WEIGHT_DECAY)
    steps = epochs * -(-len(images) // batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, [group["lr"] for group in groups], total_steps=steps)
    losses = []
    for _ in range(epochs):
        batches = shuffled_batches(images, labels, batch_size, generator=generator)
        views = batches if augment is None else ((augment(batch, generator), targets) for batch, targets in batches)
        losses.append(train_one_epoch(model, views, optimiser, clip_norm=math.inf, schedule=schedule))
    return losses


def accuracy(model: nn.Module, images: Tensor, labels: Tensor, batch_size: int = 256) -> float:
    """Share of the images, in [0, 1], whose highest score is their label's. Leaves the model in evaluation mode.

    images: shape (N, ...), N ≥ 1, prepared for the model; labels: int64, shape (N,); both on the model's device.

    Example:
        >>> accuracy(nn.Identity(), torch.tensor([[0.2, 0.8], [0.9, 0.1]]), torch.tensor([1, 1]))
        0.5
    """
    return evaluate(model, zip(images.split(batch_size), labels.split(batch_size), strict=True)).accuracy


def shifted(images: Tensor, generator: torch.Generator, pixels: int = 4) -> Tensor:
    """Each image shifted by up to `pixels` in either direction, its edge repeated; (N, C, H, W) → the same shape.

    Example:
        >>> shifted(torch.zeros(2, 3, 8, 8), torch.Generator(), pixels=1).shape
        torch.Size([2, 3, 8, 8])
    """
    count, _, height, width = images.shape
    padded = F.pad(images, [pixels] * 4, mode="replicate")
    tops, lefts = torch.randint(2 * pixels + 1, (2, count), generator=generator).tolist()
    pieces = zip(padded, tops, lefts, strict=True)
    return torch.stack([image[:, top : top + height, left : left + width] for image, top, left in pieces])


def _groups(model: nn.Module, rate: float, head_rate: float) -> list[dict[str, Any]]:
    *_, head = output_layers(model).values()
    of_head = {id(parameter) for parameter in head.parameters()}
    learning = list(trainable_parameters(model))
    groups = [
        {"params": [p for p in learning if id(p) not in of_head], "lr": rate},
        {"params": [p for p in learning if id(p) in of_head], "lr": head_rate},
    ]
    if not learning:
        raise ValueError("model: expected at least one trainable parameter, found none")
    return [group for group in groups if group["params"]]
