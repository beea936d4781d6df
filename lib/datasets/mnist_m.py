"""MNIST-M: handwritten digits blended with patches of photographs, made as Ganin et al. (2016, section 5.2.4) did.

Each digit of MNIST meets a patch cut out at random from a photograph, and the two are blended, channel by channel, as
|patch − digit|. Their photographs are those of BSDS500 (Arbeláez et al., 2011); here they are any folder of pictures,
or the two that scikit-learn ships. So the images are not the published MNIST-M's, but drawn as those were.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torchvision.datasets.folder import IMG_EXTENSIONS, pil_loader
from torchvision.transforms.v2.functional import resize

from lib.datasets import digits as bundled
from lib.datasets.published import published_task
from lib.datasets.task import Split, Task, divide

SIZE = 28


def mnist_m(
    *, photographs: Path | None, seed: int, size: int | None, limit: int | None, download: bool, root: Path
) -> Task:
    """MNIST-M in MNIST's own splits; `seed` decides patches and validation split, and no photograph is in two splits.

    photographs: a folder of pictures, searched at any depth, such as BSDS500's `images`; at least three, each of
    28 × 28 pixels or more. A fifth of them are for the test, a tenth for validation. None for the bundled two: their
    tiles are divided. Blended at 28 pixels, then scaled to `size`. The rest is as `published_task` says.
    Raises ValueError where the photographs are too few or too small, and what `published_task` raises.
    """
    grounds = bundled.photograph_tiles(seed) if photographs is None else _photographs(photographs, seed)
    mnist = published_task("mnist", seed=seed, size=SIZE, limit=limit, download=download, root=root, asked_as="mnist-m")
    splits = {}
    for number, name in enumerate(("train", "validation", "test")):
        split: Split = getattr(mnist, name)
        generator = torch.Generator().manual_seed(seed * 8 + number)
        images = blend(split.images, random_patches(len(split), grounds[name], SIZE, generator))
        splits[name] = Split(images if size in (None, SIZE) else resize(images, [size, size]), split.labels)
    return Task("mnist-m", mnist.classes, **splits)


def blend(digits: Tensor, patches: Tensor) -> Tensor:
    """|patch − digit| for each pixel and channel; uint8 both, shapes (N, 1 or 3, H, W) and (N, 3, H, W). Returns uint8.

    Raises TypeError for another type.

    Example:
        >>> blend(torch.tensor([0, 255, 30], dtype=torch.uint8), torch.tensor([90, 90, 20], dtype=torch.uint8)).tolist()
        [90, 165, 10]
    """
    for name, images in (("digits", digits), ("patches", patches)):
        if images.dtype != torch.uint8:
            raise TypeError(f"{name}: expected uint8, got {images.dtype}")
    return torch.maximum(patches, digits) - torch.minimum(patches, digits)  # patches − digits would wrap around at 0


def random_patches(count: int, photographs: Sequence[Tensor] | Tensor, size: int, generator: torch.Generator) -> Tensor:
    """Patches at random places of random photographs; these are uint8, shape (H, W, 3) each, H and W ≥ size.

    generator: on the CPU; it decides both. Returns uint8, shape (count, 3, size, size). Raises ValueError for
    count < 1, for no photographs, and for one that is too small.

    Example:
        >>> photograph = torch.arange(12, dtype=torch.uint8).view(3, 4, 1).expand(3, 4, 3)
        >>> patch = random_patches(1, [photograph], 2, torch.Generator().manual_seed(0))
        >>> patch.shape, int(patch[0, 0, 1, 0] - patch[0, 0, 0, 0])  # one row further down in the photograph: 4 more
        (torch.Size([1, 3, 2, 2]), 4)
    """
    smallest = min((min(photograph.shape[:2]) for photograph in photographs), default=0)
    if count < 1:
        raise ValueError(f"count: expected at least 1 patch, got {count}")
    if smallest < size:
        raise ValueError(f"photographs: expected {size} × {size} pixels or more, got {smallest} on one side")
    which = torch.randint(len(photographs), (count,), generator=generator).tolist()
    shares = torch.rand(count, 2, generator=generator, dtype=torch.float64).tolist()
    patches = []
    for number, (down, right) in zip(which, shares, strict=True):
        height, width, _ = photographs[number].shape
        top, left = int(down * (height - size + 1)), int(right * (width - size + 1))
        patches.append(photographs[number][top : top + size, left : left + size])
    return torch.stack(patches).permute(0, 3, 1, 2)


def _photographs(folder: Path, seed: int) -> dict[str, list[Tensor]]:
    """The pictures in the folder, uint8, shape (H, W, 3) each, divided into the three splits."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMG_EXTENSIONS)
    if len(paths) < 3:
        raise ValueError(f"photographs: expected a folder with three pictures or more, got {len(paths)} in {folder}")
    pictures = [torch.from_numpy(np.array(pil_loader(path))) for path in paths]
    for path, picture in zip(paths, pictures, strict=True):
        if min(picture.shape[:2]) < SIZE:
            found = " × ".join(map(str, picture.shape[:2]))
            raise ValueError(f"photographs: expected {SIZE} × {SIZE} pixels or more, got {found} in {path}")
    rows = divide(torch.zeros(len(paths)).long(), {"test": 0.2, "validation": 0.1}, seed)
    return {split: [pictures[row] for row in of_split] for split, of_split in rows.items()}
