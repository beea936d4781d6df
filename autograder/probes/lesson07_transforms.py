"""What is done with a composition of transforms in lesson 7, and what is seen. No answers here."""

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from autograder.probes import copy_of, seen, unchanged
from autograder.probes.lesson07 import described

Step = tuple[str, float, Any]
"""Name of a kind of transform, its probability, and the transform."""

_VIEW_FACTS = (
    "shape and type of a view",
    "lowest value of each channel",
    "highest value of each channel",
    "views differ",
)
_KINDS = {
    "RandomResizedCrop": "crop",
    "RandomHorizontalFlip": "mirror",
    "RandomRotation": "rotation",
    "RandAugment": "RandAugment",
    "ColorJitter": "colour jitter",
    "RandomGrayscale": "grey",
    "Grayscale": "grey",
    "GaussianBlur": "blur",
    "Normalize": "normalise",
    "RandomErasing": "erase",
    "RandomVerticalFlip": "upside down",
    "CenterCrop": "centre crop",
    "RandomCrop": "crop without resizing",
    "RandomAffine": "affine",
}
_READ = {
    "crop: shares of the area": ("crop", ("scale",)),
    "mirror: probability": ("mirror", ()),
    "rotation: degrees": ("rotation", ("degrees",)),
    "RandAugment: operations and magnitude": ("RandAugment", ("num_ops", "magnitude")),
    "colour jitter: brightness, contrast, saturation, hue": (
        "colour jitter",
        ("brightness", "contrast", "saturation", "hue"),
    ),
    "grey: probability": ("grey", ()),
    "blur: probability, width in pixels, σ": ("blur", ("kernel_size", "sigma")),
    "erasing: probability, shares of the area": ("erase", ("scale",)),
}


def transform(
    implementation: Any, device: torch.device, images: Tensor, draws: int, given_as: str = "tensor", **arguments: Any
) -> dict[str, Any]:
    """Make a transform, read its steps, and use it on some images so many times.

    given_as: "tensor"; or "array" or "PIL image", which is then made of a single image of bytes.
    """
    made = implementation(**arguments)
    steps = _steps(made)
    before = copy_of(images)
    given: Any = images
    if given_as != "tensor":
        array = images.movedim(0, 2).cpu().numpy().copy()
        given = array if given_as == "array" else Image.fromarray(array)
    views = [made(given) for _ in range(draws)]
    facts: dict[str, Any] = {"images are as they were": unchanged(before, images)}
    if not all(isinstance(view, Tensor) for view in views):
        facts |= dict.fromkeys(_VIEW_FACTS, f"no tensor, but {described(views[0])}")
    else:
        low, high = torch.stack([_ends(view) for view in views]).unbind(1)
        facts["shape and type of a view"] = f"{tuple(views[0].shape)}, {str(views[0].dtype).removeprefix('torch.')}"
        facts["lowest value of each channel"] = low.amin(0)
        facts["highest value of each channel"] = high.amax(0)
        facts["views differ"] = any(not torch.equal(views[0], view) for view in views)
    facts["steps, in this order"] = [name for name, _, _ in steps]
    return facts | {about: _read(steps, *where) for about, where in _READ.items()}


def _steps(made: Any, chance: float = 1.0) -> list[Step]:
    """The transforms of a composition, inner ones too; what is of no kind above, or never done, is left out."""
    name = type(made).__name__
    inner = getattr(made, "transforms", made if isinstance(made, nn.Sequential | list | tuple) else None)
    if isinstance(inner, Iterable) and name not in _KINDS:
        chance *= float(getattr(made, "p", 1.0)) if name == "RandomApply" else 1.0
        return [step for one in inner for step in _steps(one, chance)]
    probability = getattr(made, "p", 1.0)
    chance *= float(probability)
    return [(_KINDS[name], chance, made)] if name in _KINDS and chance > 0 else []


def _read(steps: Sequence[Step], kind: str, attributes: Sequence[str]) -> Any:
    """Probability and attributes of the first transform of a kind, as numbers."""
    for name, chance, made in steps:
        if name == kind:
            return [chance, *(number for one in attributes for number in _numbers(getattr(made, one, None)))]
    return "there is none"


def _numbers(value: Any) -> list[Any]:
    return [float(one) for one in value] if isinstance(value, list | tuple) else [seen(value)]


def _ends(view: Tensor) -> Tensor:
    """Lowest and highest value of each channel, shape (2, C); the channels stand third from the end."""
    if view.ndim < 3:
        return torch.stack([view.min().view(1), view.max().view(1)]).cpu()
    flat = view.detach().movedim(-3, 0).flatten(1).double().cpu()
    return torch.stack([flat.amin(1), flat.amax(1)])
