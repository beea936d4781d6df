"""Single functions of the library against the plain way and against other libraries' on the same numbers."""

import functools

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import StackDataset
from torchvision.models import resnet18
from torchvision.transforms import v2

from benchmarks.library.measuring import Row, Sides
from lib.ewc import add_ewc_gradient_, ewc_penalty
from lib.fisher import fisher_diagonal
from lib.mixing import cutmix, mixup
from lib.mmd import mmd_squared
from lib.settings import generator

CLASSES = 10


def fisher(count: int = 256) -> Sides:
    """The Fisher diagonal of a small convolutional network with sampled labels, and a loop over the same images."""
    model, images = _classifier(), torch.rand(count, 1, 28, 28, generator=generator(0))
    labels = model(images).softmax(1).multinomial(1, generator=generator(1)).squeeze(1)
    return Sides(
        lambda seed: fisher_diagonal(model, images, generator=generator(seed), chunk_size=64),
        lambda _: _loop(model, images, labels),
    )


def importances(count: int = 256) -> Sides:
    """With true labels, as avalanche has them, and one image a batch there, without which it squares batches' means."""
    from avalanche.training.plugins import EWCPlugin

    model, images = _classifier(), torch.rand(count, 1, 28, 28, generator=generator(0))
    labels, tasks = torch.arange(count) % CLASSES, torch.zeros(count)
    plugin, optimiser = EWCPlugin(ewc_lambda=1.0), torch.optim.SGD(model.parameters(), lr=0.1)
    samples = StackDataset(images, labels, tasks)

    def theirs(_: int) -> dict[str, Tensor]:
        found = plugin.compute_importances(model, F.cross_entropy, optimiser, samples, "cpu", batch_size=1)
        return {name: importance.data for name, importance in found.items()}

    return Sides(
        lambda _: fisher_diagonal(model, images, labels="empirical", true_labels=labels, chunk_size=64), theirs
    )


def penalty(model: nn.Module | None = None) -> Sides:
    """The gradient of EWC's penalty, added to what is there, in closed form and by autograd; a ResNet-18's if None."""
    model = resnet18(weights=None) if model is None else model
    anchor = {name: p.detach() + 0.01 for name, p in model.named_parameters()}
    weights = {name: torch.ones_like(p) for name, p in anchor.items()}
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    return Sides(
        lambda _: add_ewc_gradient_(model, weights, anchor, 1.0),
        lambda _: ewc_penalty(model, weights, anchor, 1.0).backward(),
    )


def discrepancy(count: int = 256) -> Sides:
    """The unbiased MMD² of two samples with five kernels of the same widths, and its gradient."""
    from pytorch_adapt.layers import MMDLoss

    x, y = (torch.randn(count, 128, generator=generator(seed)).requires_grad_() for seed in (0, 1))
    widths = 16.0 * torch.tensor([0.25, 0.5, 1.0, 2.0, 4.0])
    # their kernel is exp(−scale · ‖x − y‖² / bandwidth), ours exp(−‖x − y‖² / 2σ²)
    theirs = MMDLoss(kernel_scales=(16.0 / widths) ** 2, mmd_type="quadratic", bandwidth=2 * 16.0**2)
    return Sides(
        lambda _: _with_gradient(mmd_squared(x, y, widths, "unbiased"), x, y),
        lambda _: _with_gradient(theirs(x, y), x, y),
    )


def mixed(kind: str, library: str, images: Tensor | None = None) -> Sides:
    """128 images of 3 × 64 × 64 pixels, mixed by us, and by torchvision or timm."""
    images = torch.rand(128, 3, 64, 64, generator=generator(0)) if images is None else images
    labels, source = torch.arange(len(images)) % CLASSES, generator(1)
    mix = {"Mixup": mixup, "CutMix": cutmix}[kind]
    theirs = _torchvision(kind) if library == "torchvision" else _timm(kind)
    return Sides(lambda _: mix(images, labels, CLASSES, 1.0, generator=source), lambda _: theirs(images, labels))


def _torchvision(kind: str) -> nn.Module:
    return {"Mixup": v2.MixUp, "CutMix": v2.CutMix}[kind](num_classes=CLASSES)


def _timm(kind: str) -> object:
    from timm.data import Mixup

    alphas = {"Mixup": (1.0, 0.0), "CutMix": (0.0, 1.0)}[kind]
    return Mixup(*alphas, label_smoothing=0.0, num_classes=CLASSES)


def _classifier() -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        first, second, head = nn.Conv2d(1, 8, 3, stride=2), nn.Conv2d(8, 16, 3, stride=2), nn.Linear(576, CLASSES)
    return nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), nn.Flatten(), head).eval()


def _loop(model: nn.Module, images: Tensor, labels: Tensor) -> dict[str, Tensor]:
    """The mean of squared gradients, an image at a time."""
    total = {name: torch.zeros_like(p) for name, p in model.named_parameters()}
    for image, label in zip(images, labels, strict=True):
        model.zero_grad()
        F.cross_entropy(model(image.unsqueeze(0)), label.unsqueeze(0)).backward()
        for name, parameter in model.named_parameters():
            total[name] += parameter.grad.square() / len(images)
    return total


def _with_gradient(loss: Tensor, *inputs: Tensor) -> tuple[Tensor, ...]:
    return loss.detach(), *torch.autograd.grad(loss, inputs)


_TIMM = "theirs writes into the caller's batch and takes even batches only"
ROWS = [
    Row("Fisher diagonal / a loop over images", fisher, 8.0, 9, "256 images of 28 px, sampled labels, vmap"),
    Row(
        "Fisher diagonal / avalanche",
        importances,
        times=5,
        needs="avalanche.training.plugins",
        remark="the same, true labels; theirs with one image a batch, for of larger ones it squares the mean gradient",
    ),
    Row("EWC gradient: closed form / autograd", penalty, 3.0, 21, "ResNet-18"),
    Row(
        "MMD / pytorch-adapt",
        discrepancy,
        times=21,
        needs="pytorch_adapt.layers",
        remark="unbiased, two samples of 256 × 128, five kernels, with the gradient",
    ),
    *(
        Row(f"{kind} / torchvision", functools.partial(mixed, kind, "torchvision"), 1.0, 101, "128 × 3 × 64 × 64")
        for kind in ("Mixup", "CutMix")
    ),
    *(
        Row(f"{kind} / timm", functools.partial(mixed, kind, "timm"), 1.0, 101, f"the same; {_TIMM}", "timm")
        for kind in ("Mixup", "CutMix")
    ),
]
