"""Batches of two domains for the practice project on adaptation: no label of the target is given to what makes them."""

from collections.abc import Sequence

import torch
from torch import Tensor

from lib import settings
from lib.training import shifted


def domain_batches(
    source_images: Tensor, source_labels: Tensor, target_images: Tensor, steps: int, size: int, seed: int
) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Batches for `lib.practice.adapt_digits`: `steps` times source images, their labels, and target images.

    source_images, target_images: prepared for the network (`lib.comparison.prepared`), float32, shape (N, 3, H, W), on
    the course's device; source_labels: int64, shape (N,), in [0, classes). size: how many images of each domain a batch
    has, at least 1, none twice; another batch may have the same again. Images are shifted. seed: draws rows and shifts.
    Raises ValueError where a domain has fewer than `size` images, and for size < 1.

    Example:
        >>> images, labels = torch.zeros(4, 3, 32, 32), torch.arange(4) % 2
        >>> [tuple(part.shape) for part in domain_batches(images, labels, images, steps=1, size=3, seed=0)[0]]
        [(3, 3, 32, 32), (3,), (3, 3, 32, 32)]
    """
    most = min(len(source_images), len(target_images))
    if not 1 <= size <= most:
        raise ValueError(f"size: expected 1 to {most}, the images of the smaller domain, got {size}")
    generator, labels = settings.generator(seed), source_labels.to(source_images.device)

    def drawn(count: int) -> Sequence[Tensor]:
        return [torch.randperm(count, generator=generator)[:size] for _ in range(steps)]

    rows = zip(drawn(len(source_images)), drawn(len(target_images)), strict=True)
    return [(shifted(source_images[a], generator), labels[a], shifted(target_images[b], generator)) for a, b in rows]
