"""What is done with an implementation in lesson 7, and what is seen. No answers here."""

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from autograder.probes import copy_of, seen, unchanged


def mixed(
    implementation: Any,
    device: torch.device,
    images: Tensor,
    labels: Tensor,
    classes: int,
    seed: int,
    pasted: bool = False,
    **arguments: Any,
) -> dict[str, Any]:
    """Mix a batch; see what comes, how it fits together, and what became of the batch.

    pasted: whether images are made of whole pixels of others, not of blends.
    """
    before, state = (copy_of(images), copy_of(labels)), torch.get_rng_state()
    generator = torch.Generator().manual_seed(seed)
    result = implementation(images, labels, classes, generator=generator, **arguments)
    drawn_elsewhere = not torch.equal(torch.get_rng_state(), state)
    if not _is_pair(result):
        return dict.fromkeys(_MIXED_FACTS, f"no pair of images and targets, but {_described(result)}")
    views, targets = result
    parts = _shares(views, before[0], pasted)
    return {
        "mixed images": seen(views),
        "targets": seen(targets),
        "shape and type of the targets": f"{tuple(targets.shape)}, {str(targets.dtype).removeprefix('torch.')}",
        "targets minus the shares in the images: largest, mean": _gap(parts, targets, before[1], classes),
        "some image is mixed": isinstance(parts, Tensor) and bool((parts.diagonal() < 0.999).any()),
        "images are as they were": unchanged(before[0], images),
        "labels are as they were": unchanged(before[1], labels),
        "it draws from the generator alone": not drawn_elsewhere,
    }


def boxes(
    implementation: Any, device: torch.device, height: int, width: int, lam: Tensor, centre: Tensor
) -> dict[str, Any]:
    """Ask for boxes, and what the image keeps."""
    before = copy_of(lam), copy_of(centre)
    result = implementation(height, width, lam, centre)
    if not _is_pair(result):
        return dict.fromkeys(_BOX_FACTS, f"no pair of boxes and λ', but {_described(result)}")
    found, kept = result
    return {
        "boxes (top, left, bottom, right)": seen(found),
        "λ'": seen(kept),
        "type of λ'": str(kept.dtype).removeprefix("torch."),
        "λ' minus the share outside the box that is returned, at most": _not_kept(found, kept, height * width),
        "some box covers something": found.ndim == 2 and found.shape[1] == 4 and bool(_areas(found).any()),
        "lam and centre are as they were": unchanged(before[0], lam) and unchanged(before[1], centre),
    }


def soft_loss(
    implementation: Any, device: torch.device, logits: Tensor, targets: Tensor, **arguments: Any
) -> dict[str, Any]:
    """The loss of some scores, and its gradient."""
    scores, before = logits.clone().requires_grad_(), copy_of(targets)
    loss = implementation(scores, targets, **arguments)
    if not isinstance(loss, Tensor):
        return dict.fromkeys(_LOSS_FACTS, f"no tensor, but {seen(loss)}")
    differentiable = loss.requires_grad and loss.numel() == 1
    gradient = torch.autograd.grad(loss.sum(), scores, allow_unused=True)[0] if differentiable else None
    return {
        "loss": _number(loss),
        "shape and type of the loss": f"{tuple(loss.shape)}, {str(loss.dtype).removeprefix('torch.')}",
        "gradient in the logits": "none" if gradient is None else seen(gradient),
        "targets are as they were": unchanged(before, targets),
    }


def transform(
    implementation: Any, device: torch.device, images: Tensor, draws: int, **arguments: Any
) -> dict[str, Any]:
    """Make a transform, read its steps, and use it on some images so many times."""
    made = implementation(**arguments)
    steps = _steps(made)
    before = copy_of(images)
    views = [made(images) for _ in range(draws)]
    facts: dict[str, Any] = {"images are as they were": unchanged(before, images)}
    if not all(isinstance(view, Tensor) for view in views):
        facts |= dict.fromkeys(_VIEW_FACTS, f"no tensor, but {_described(views[0])}")
    else:
        low, high = torch.stack([_ends(view) for view in views]).unbind(1)
        facts["shape and type of a view"] = f"{tuple(views[0].shape)}, {str(views[0].dtype).removeprefix('torch.')}"
        facts["lowest value of each channel"] = low.amin(0)
        facts["highest value of each channel"] = high.amax(0)
        facts["views differ"] = any(not torch.equal(views[0], view) for view in views)
    facts["steps, in this order"] = [name for name, _, _ in steps]
    return facts | {about: _read(steps, *where) for about, where in _READ.items()}


# ---- mixing -------------------------------------------------------------------------------------------------------

_MIXED_FACTS = (
    "mixed images",
    "targets",
    "shape and type of the targets",
    "targets minus the shares in the images: largest, mean",
    "some image is mixed",
    "images are as they were",
    "labels are as they were",
    "it draws from the generator alone",
)
_BOX_FACTS = (
    "boxes (top, left, bottom, right)",
    "λ'",
    "type of λ'",
    "λ' minus the share outside the box that is returned, at most",
    "some box covers something",
    "lam and centre are as they were",
)
_LOSS_FACTS = ("loss", "shape and type of the loss", "gradient in the logits", "targets are as they were")


def _number(loss: Tensor) -> Any:
    """The number in a tensor of one entry, in words where it is none; else the tensor."""
    if loss.numel() != 1:
        return seen(loss)
    return loss.item() if bool(loss.isfinite().all()) else f"no number ({loss.item()})"


def _is_pair(result: Any) -> bool:
    return isinstance(result, tuple | list) and len(result) == 2 and all(isinstance(one, Tensor) for one in result)


def _described(result: Any) -> str:
    if isinstance(result, tuple | list):
        return f"{len(result)} values: {', '.join(type(one).__name__ for one in result)}"
    return "None" if result is None else f"an object of type {type(result).__name__}"


def _shares(views: Tensor, images: Tensor, pasted: bool) -> Tensor | str:
    """How much of each image (columns) is in each view (rows); or why it cannot be told."""
    if views.shape != images.shape:
        return "the shape is another"
    if pasted:
        same = (views.unsqueeze(1) == images).all(2)  # (view, image, H, W): over all channels
        return same.double().mean((2, 3)).cpu()
    flat = (values.flatten(1).double().cpu() for values in (views, images))
    ours, theirs = (values.mT for values in flat)
    return torch.linalg.lstsq(theirs, ours).solution.mT


def _gap(parts: Tensor | str, targets: Tensor, labels: Tensor, classes: int) -> Any:
    """Largest and mean difference between the targets and the shares of the classes that the views show."""
    if not isinstance(parts, Tensor):
        return parts
    if targets.shape != (len(labels), classes):
        return f"the targets have the shape {tuple(targets.shape)}"
    shares = parts @ nn.functional.one_hot(labels.cpu(), classes).double()
    gaps = (shares - targets.detach().cpu().double()).abs()
    return [float(gaps.max()), float(gaps.mean())]


def _not_kept(found: Tensor, kept: Tensor, pixels: int) -> Any:
    if found.ndim != 2 or found.shape[1] != 4 or kept.shape != found.shape[:1]:
        return f"boxes have the shape {tuple(found.shape)}, λ' {tuple(kept.shape)}"
    return float((kept.cpu().double() - (1 - _areas(found) / pixels)).abs().max())


def _areas(found: Tensor) -> Tensor:
    top, left, bottom, right = found.double().cpu().unbind(1)
    return (bottom - top) * (right - left)


# ---- transforms ---------------------------------------------------------------------------------------------------

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


def _steps(made: Any, chance: float = 1.0) -> list[Step]:
    """The transforms of a composition, those within others too; what is no transform of a kind above is left out."""
    name = type(made).__name__
    inner = getattr(made, "transforms", made if isinstance(made, nn.Sequential | list | tuple) else None)
    if isinstance(inner, Iterable) and name not in _KINDS:
        chance *= float(getattr(made, "p", 1.0)) if name == "RandomApply" else 1.0
        return [step for one in inner for step in _steps(one, chance)]
    probability = getattr(made, "p", 1.0)
    return [(_KINDS[name], chance * float(probability), made)] if name in _KINDS else []


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
