"""What every task of the course looks like: three splits of images and labels, and names for the classes."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Split:
    """Images, uint8 in [0, 255], shape (N, 3, H, W), and labels, int64, shape (N,), in no particular order."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def few(self, per_class: int, seed: int) -> "Split":
        """`per_class` images of each class, drawn by `seed` without replacement, in random order.

        With the same seed, fewer images are a part of more. Raises ValueError where a class has not as many.
        """
        classes, counts = self.labels.unique(return_counts=True)
        if not 1 <= per_class <= int(counts.min()):
            raise ValueError(f"per_class: expected 1 to {int(counts.min())} images a class, got {per_class}")
        order = torch.randperm(len(self), generator=torch.Generator().manual_seed(seed))
        rows = torch.cat([order[self.labels[order] == label][:per_class] for label in classes])
        chosen = torch.zeros(len(self), dtype=torch.bool).scatter_(0, rows, value=True)
        rows = order[chosen[order]]
        return Split(self.images[rows], self.labels[rows])


@dataclass(frozen=True)
class Task:
    """A data set in three splits, no image in two of them; `classes` names the labels in their order."""

    name: str
    classes: tuple[str, ...]
    train: Split
    validation: Split
    test: Split
