"""One epoch of training, one of evaluation, and when to stop: the parts that every training loop is made of.

Means are over samples, never over batches: the last, smaller batch does not count as much as a full one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lib.freezing import trainable_parameters

Batches = Iterable[tuple[Tensor, Tensor]]


class Scores(NamedTuple):
    """Mean loss, and share of right answers in [0, 1], over all samples."""

    loss: float
    accuracy: float


def train_one_epoch(
    model: nn.Module,
    batches: Batches,
    optimiser: torch.optim.Optimizer,
    *,
    criterion: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
    clip_norm: float = 1.0,
    schedule: torch.optim.lr_scheduler.LRScheduler | None = None,
    precision: torch.dtype | None = None,
    scaler: torch.amp.GradScaler | None = None,
) -> float:
    """Train on every batch once, in training mode, and return the mean loss over all samples, a plain float.

    For each batch, in this order: forward and loss; the optimiser's gradients cleared; backward; the norm of all
    gradients of the model's trainable parameters together clipped to `clip_norm` (Pascanu et al., 2013); one step of
    the optimiser; then one of `schedule`, if there is one, also where a scaler skipped the optimiser's.

    batches: pairs of images, shape (N, …), and targets, as `criterion(scores, targets)` takes them; it returns the mean
    over the batch. They are read once, and the last may be smaller. precision: torch.float16 or bfloat16 for mixed
    precision (Micikevicius et al., 2018), None for none; scaler: for float16, so that small gradients survive; they are
    unscaled before they are clipped, once, and it is updated after each step. The model is put into training mode by
    its own `.train()`, so that layers which are pinned in evaluation mode stay there, and left so. Raises ValueError
    where there is no batch.

    Example:
        >>> model = nn.Linear(2, 2)
        >>> batches = [(torch.ones(3, 2), torch.tensor([0, 1, 1]))]
        >>> optimiser = torch.optim.SGD(model.parameters(), lr=0.5)
        >>> train_one_epoch(model, batches, optimiser) > train_one_epoch(model, batches, optimiser)
        True
    """
    losses, counts, trainable = list[Tensor](), list[int](), list(trainable_parameters(model))
    scaler = scaler or torch.amp.GradScaler(enabled=False)
    model.train()
    for images, targets in batches:
        with torch.autocast(images.device.type, precision, enabled=precision is not None):
            loss = criterion(model(images), targets)
        optimiser.zero_grad()
        scaler.scale(loss).backward()
        scaler.unscale_(optimiser)
        nn.utils.clip_grad_norm_(trainable, clip_norm)
        scaler.step(optimiser)
        scaler.update()
        if schedule is not None:
            schedule.step()
        losses.append(loss.detach())  # read when the epoch is over: a look at each would make the CPU wait for the GPU
        counts.append(len(images))
    return mean_over_samples(losses, counts)


def evaluate(
    model: nn.Module, batches: Batches, *, criterion: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy
) -> Scores:
    """Mean loss and accuracy over all samples, in evaluation mode, without gradients.

    Returns `Scores(loss, accuracy)`, two plain floats. batches: pairs of images and int64 labels, shape (N,); they are
    read once, each has at least one image, and the last may be smaller. criterion: of the model's scores, shape (N, K),
    and the labels; the mean over a batch. The model is left in evaluation mode; whether gradients are recorded, and
    which weights require them, is afterwards as it was. Raises ValueError where there is no batch.

    Example:
        >>> evaluate(nn.Identity(), [(torch.tensor([[0.0, 9.0]]), torch.tensor([1]))]).accuracy
        1.0
    """
    model.eval()
    loss, right, count = 0.0, 0, 0
    with torch.no_grad():
        for images, labels in batches:
            scores = model(images)
            loss += criterion(scores, labels).item() * len(labels)
            right += int((scores.argmax(1) == labels).sum())
            count += len(labels)
    return Scores(_mean(loss, count), _mean(right, count))


class EarlyStopping:
    """Stop when a score has not risen for `patience` epochs (Prechelt, 1998), and know which epoch was the best.

    A score counts as risen if score > best + threshold; the first number always does. `best` is the last score that
    counted as risen, `best_epoch` its epoch, counted from 0; before the first, -∞ and -1. `epochs` says how many there
    were. `patience` and `threshold` are kept under these names.
    Raises ValueError for patience < 1 or threshold < 0.

    Example:
        >>> stopping = EarlyStopping(patience=2)
        >>> [stopping.step(score) for score in (0.5, 0.7, 0.7, 0.6)], stopping.best, stopping.best_epoch
        ([False, False, False, True], 0.7, 1)
    """

    def __init__(self, patience: int, threshold: float = 0.0) -> None:
        if not isinstance(patience, int) or patience < 1:
            raise ValueError(f"patience: expected an integer of at least 1, got {patience!r}")
        if not threshold >= 0:
            raise ValueError(f"threshold: expected a number of at least 0, got {threshold!r}")
        self.patience, self.threshold = patience, threshold
        self.best, self.best_epoch, self.epochs = float("-inf"), -1, 0

    def step(self, score: float) -> bool:
        """Take note of an epoch's score, higher is better; whether it is time to stop.

        It is as soon as `patience` epochs in a row have passed since `best_epoch`, and stays so until a score rises.
        NaN never counts as risen.
        """
        if score > self.best + self.threshold:
            self.best, self.best_epoch = score, self.epochs
        self.epochs += 1
        return self.epochs - 1 - self.best_epoch >= self.patience

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs, as plain values: a copy, which later steps do not change."""
        return {"best": self.best, "best_epoch": self.best_epoch, "epochs": self.epochs}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken, with this object's own patience and threshold."""
        self.best, self.best_epoch, self.epochs = state["best"], state["best_epoch"], state["epochs"]


def shuffled_batches(
    images: Tensor, labels: Tensor, batch_size: int, *, generator: torch.Generator, share: slice = slice(None)
) -> Iterator[tuple[Tensor, Tensor]]:
    """All images once, in an order that `generator`, on the CPU, draws; the last batch may be smaller.

    images: shape (N, …), labels: shape (N,), on one device. share: which rows of each batch; others take the rest.

    Example:
        >>> batches = shuffled_batches(torch.zeros(5, 3, 8, 8), torch.arange(5), 2, generator=torch.Generator())
        >>> [len(labels) for _, labels in batches]
        [2, 2, 1]
    """
    order = torch.randperm(len(images), generator=generator).to(images.device)  # at once: each move would wait
    for rows in order.split(batch_size):
        mine = rows[share]
        yield images[mine], labels[mine]


def mean_over_samples(losses: Sequence[Tensor], counts: Sequence[int]) -> float:
    """The mean over samples of batches' mean losses, given how many samples each batch has.

    Raises ValueError for no batches.

    Example:
        >>> mean_over_samples([torch.tensor(1.0), torch.tensor(4.0)], [2, 1])
        2.0
    """
    read = torch.stack(list(losses)).tolist() if losses else []
    return _mean(sum(loss * count for loss, count in zip(read, counts, strict=True)), sum(counts))


def _mean(total: float, count: int) -> float:
    if count == 0:
        raise ValueError("batches: expected at least one, got none")
    return total / count
