"""Depth: stacks of convolutions, plain, normalised and residual, and how much of a gradient reaches the first layer."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lib.architectures import residual_block

KINDS = {
    "plain": "plain",
    "normed": "batch norm",
    "residual": "batch norm and residual",
}
"""What `deep_stack` builds, and how it is called in figures."""


class Residual(nn.Module):
    """A branch with a residual connection around it: `lib.architectures.residual_block` as a layer.

    Example:
        >>> Residual(nn.Identity())(torch.tensor([1.0, -1.0]))  # ReLU(x + x)
        tensor([2., 0.])
    """

    def __init__(self, branch: nn.Module) -> None:
        super().__init__()
        self.branch = branch

    def forward(self, x: Tensor) -> Tensor:
        return residual_block(x, self.branch)


def deep_stack(kind: str, layers: int, *, seed: int, channels: int = 16, classes: int = 10) -> nn.Sequential:
    """A classifier with `layers` 3×3 convolutions of equal width, in training mode, its weights as torch draws them.

    kind: a name in KINDS. Two convolutions, each followed by batch norm unless `kind` is "plain", and a ReLU between
    them are a branch; a ReLU follows it or, with "residual", the sum of the branch and its input. Before them stands a
    convolution with stride 2 and a ReLU, after them the mean over space and a linear head. Takes (N, 3, H, W), gives
    (N, classes). seed: draws the weights; the global random state is left as it is.

    Raises ValueError for an unknown kind, and for a number of layers that is not even and at least 2.

    Example:
        >>> deep_stack("residual", 20, seed=0)(torch.zeros(2, 3, 24, 24)).shape
        torch.Size([2, 10])
    """
    if kind not in KINDS:
        raise ValueError(f"kind: expected one of {', '.join(KINDS)}, got {kind!r}")
    if layers < 2 or layers % 2:
        raise ValueError(f"layers: expected an even number of at least 2, got {layers}")
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        stem = [nn.Conv2d(3, channels, 3, stride=2, padding=1), nn.ReLU()]
        blocks = [_block(kind, channels) for _ in range(layers // 2)]
        return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes))


def gradient_reach(stack: nn.Module, images: Tensor, labels: Tensor) -> float:
    """How large the gradient is at the first convolution of a `deep_stack`, as a multiple of that at the last.

        ‖∂L/∂W₁‖ / ‖∂L/∂W_last‖,   L the cross-entropy on one batch, in the stack's own mode; the stem is not counted

    1 means that both would be moved alike; far below 1 the first hardly learn (a gradient that vanishes), far above
    1 no one rate fits both (one that explodes). The stack's gradients are left as they were; its batch norm, in
    training mode, sees the batch. Raises ValueError for fewer than three convolutions.

    Example:
        >>> images = torch.rand(8, 3, 16, 16, generator=torch.Generator().manual_seed(0))
        >>> reach = {kind: gradient_reach(deep_stack(kind, 20, seed=0), images, torch.arange(8)) for kind in KINDS}
        >>> reach["plain"] < 1e-6 < 1 < reach["residual"] < reach["normed"]
        True
    """
    convolutions = [layer for layer in stack.modules() if isinstance(layer, nn.Conv2d)]
    if len(convolutions) < 3:
        raise ValueError(f"stack: expected a stem and at least two convolutions, got {len(convolutions)} convolutions")
    loss = F.cross_entropy(stack(images), labels)
    first, last = torch.autograd.grad(loss, [convolutions[1].weight, convolutions[-1].weight])
    return float(first.norm() / last.norm())


def _block(kind: str, channels: int) -> nn.Module:
    norms = [] if kind == "plain" else [nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)]
    first, second = (nn.Conv2d(channels, channels, 3, padding=1, bias=kind == "plain") for _ in range(2))
    branch = nn.Sequential(first, *norms[:1], nn.ReLU(), second, *norms[1:])
    return Residual(branch) if kind == "residual" else nn.Sequential(branch, nn.ReLU())
