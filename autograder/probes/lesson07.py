"""What is done with an implementation in lesson 7, and what is seen. No answers here."""

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
    torch.rand(())  # so that a seed which is set in there is noticed, whichever it is
    before, state = (copy_of(images), copy_of(labels)), torch.get_rng_state()
    generator = torch.Generator().manual_seed(seed)
    result = implementation(images, labels, classes, generator=generator, **arguments)
    drawn_elsewhere = not torch.equal(torch.get_rng_state(), state)
    if not _is_pair(result):
        return dict.fromkeys(_MIXED_FACTS, f"no pair of images and targets, but {described(result)}")
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
        "what the generator draws next": float(torch.rand((), generator=generator)),
        "the images returned are new": views.untyped_storage().data_ptr() != images.untyped_storage().data_ptr(),
    }


def boxes(
    implementation: Any, device: torch.device, height: int, width: int, lam: Tensor, centre: Tensor
) -> dict[str, Any]:
    """Ask for boxes, and what the image keeps."""
    before = copy_of(lam), copy_of(centre)
    result = implementation(height, width, lam, centre)
    if not _is_pair(result):
        return dict.fromkeys(_BOX_FACTS, f"no pair of boxes and λ', but {described(result)}")
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
    implementation: Any,
    device: torch.device,
    logits: Tensor,
    targets: Tensor,
    learning_targets: bool = False,
    **arguments: Any,
) -> dict[str, Any]:
    """The loss of some scores, and its gradient; with learning_targets=True, the gradient in the targets too."""
    scores, before = logits.clone().requires_grad_(), copy_of(targets)
    targets = targets.clone().requires_grad_() if learning_targets else targets
    loss = implementation(scores, targets, **arguments)
    if not isinstance(loss, Tensor):
        return dict.fromkeys(_LOSS_FACTS, f"no tensor, but {seen(loss)}")
    differentiable = loss.requires_grad and loss.numel() == 1
    asked = [scores, targets] if learning_targets else [scores]
    found = torch.autograd.grad(loss.sum(), asked, allow_unused=True) if differentiable else [None] * len(asked)
    gradients = ["none" if gradient is None else seen(gradient) for gradient in found]
    return {
        "loss": _number(loss),
        "shape and type of the loss": f"{tuple(loss.shape)}, {str(loss.dtype).removeprefix('torch.')}",
        "gradient in the logits": gradients[0],
        "gradient in the targets": gradients[1] if learning_targets else "not asked for",
        "targets are as they were": unchanged(before, targets),
    }


def described(result: Any) -> str:
    """What came, in words, where something else was expected."""
    if isinstance(result, tuple | list):
        return f"{len(result)} values: {', '.join(type(one).__name__ for one in result)}"
    return "None" if result is None else f"an object of type {type(result).__name__}"


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
    "what the generator draws next",
    "the images returned are new",
)
_BOX_FACTS = (
    "boxes (top, left, bottom, right)",
    "λ'",
    "type of λ'",
    "λ' minus the share outside the box that is returned, at most",
    "some box covers something",
    "lam and centre are as they were",
)
_LOSS_FACTS = (
    "loss",
    "shape and type of the loss",
    "gradient in the logits",
    "gradient in the targets",
    "targets are as they were",
)


def _number(loss: Tensor) -> Any:
    """The number in a tensor of one entry, in words where it is none; else the tensor."""
    if loss.numel() != 1:
        return seen(loss)
    return loss.item() if bool(loss.isfinite().all()) else f"no number ({loss.item()})"


def _is_pair(result: Any) -> bool:
    return isinstance(result, tuple | list) and len(result) == 2 and all(isinstance(one, Tensor) for one in result)


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
