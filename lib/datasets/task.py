"""What every task of the course looks like: three splits of images and labels, and names for the classes.

Also how rows are drawn class by class: a few of each, at most so many of each, or a share of each for another split.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Split:
    """Images, uint8 in [0, 255], shape (N, 3, H, W), and labels, int64, shape (N,), in no particular order.

    Example:
        >>> split = Split(torch.zeros(6, 3, 8, 8, dtype=torch.uint8), torch.tensor([0, 0, 0, 1, 1, 1]))
        >>> split.few(2, seed=0).labels.bincount()
        tensor([2, 2])
    """

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def few(self, per_class: int, seed: int) -> "Split":
        """`per_class` images of each class, drawn by `seed` without replacement, in random order.

        With the same seed, fewer images are a part of more. Raises ValueError where a class has not as many.
        """
        counts = self.labels.unique(return_counts=True)[1]
        if not 1 <= per_class <= int(counts.min()):
            raise ValueError(f"per_class: expected 1 to {int(counts.min())} images a class, got {per_class}")
        return self.at_most(per_class, seed)

    def at_most(self, per_class: int, seed: int) -> "Split":
        """The same, but of a class that has not as many, all. Raises ValueError for per_class < 1."""
        rows = at_most(self.labels, per_class, seed)
        return Split(self.images[rows], self.labels[rows])


@dataclass(frozen=True)
class Task:
    """A data set in three splits, no image in two of them; `classes` names the labels in their order.

    Example:
        >>> empty = Split(torch.zeros(0, 3, 8, 8, dtype=torch.uint8), torch.zeros(0, dtype=torch.int64))
        >>> Task("nothing yet", ("cat", "dog"), empty, empty, empty).classes[1]
        'dog'
    """

    name: str
    classes: tuple[str, ...]
    train: Split
    validation: Split
    test: Split


def at_most(labels: Tensor, per_class: int, seed: int) -> Tensor:
    """Rows of at most `per_class` labels of each class, drawn by `seed` without replacement, in random order.

    labels: int64, shape (N,). With the same seed, fewer rows are a part of more. Raises ValueError for per_class < 1.

    Example:
        >>> labels = torch.tensor([0, 0, 0, 1])
        >>> labels[at_most(labels, 2, seed=0)].bincount()
        tensor([2, 1])
    """
    if per_class < 1:
        raise ValueError(f"per_class: expected at least 1 image a class, got {per_class}")
    order = _order(labels, seed)
    return order[_ranks(labels, order)[order] < per_class]


def divide(labels: Tensor, shares: Mapping[str, float], seed: int) -> dict[str, Tensor]:
    """Rows of each split: of every class the given share, rounded, and at least one row; what is left is "train".

    labels: int64, shape (N,), drawn from by `seed`, every row into one split. shares: of each split other than "train",
    in [0, 1). Raises ValueError where a class has too few rows for one in each split.

    Example:
        >>> {split: len(rows) for split, rows in divide(torch.zeros(10).long(), {"test": 0.2}, seed=0).items()}
        {'test': 2, 'train': 8}
    """
    counts = labels.bincount()
    held_out = torch.stack([(counts.double() * share).round().clamp(min=1).long() for share in shares.values()]).cumsum(
        0
    )
    if bool(((counts > 0) & (counts <= held_out[-1])).any()):
        few = int(counts[counts > 0].min())
        raise ValueError(f"labels: expected more than {len(shares)} images of each class to divide, got {few} of one")
    order = _order(labels, seed)
    part = (_ranks(labels, order) >= held_out[:, labels]).sum(0)
    return {split: order[part[order] == number] for number, split in enumerate((*shares, "train"))}


def _order(labels: Tensor, seed: int) -> Tensor:
    return torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))


def _ranks(labels: Tensor, order: Tensor) -> Tensor:
    """How many of its class come before each row in that order; int64, shape (N,)."""
    counts = labels.bincount()
    by_class = order[labels[order].argsort(stable=True)]
    ranks = torch.empty_like(labels)
    ranks[by_class] = torch.arange(len(labels)) - (counts.cumsum(0) - counts)[labels[by_class]]
    return ranks
