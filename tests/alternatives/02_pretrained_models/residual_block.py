"""Right answers in other styles than the reference's."""

import torch
from torch import nn


def residual_block_step_by_step(x, branch, shortcut=None):
    fx = branch(x)
    if shortcut is not None:
        identity = shortcut(x)
    else:
        identity = x
    if fx.size() != identity.size():
        raise ValueError(f"shapes {fx.size()} and {identity.size()} are different")
    out = fx + identity
    return torch.relu(out)


def residual_block_with_identity(x, branch, shortcut=None):
    shortcut = shortcut or nn.Identity()
    summands = shortcut(x), branch(x)
    if list(summands[0].shape) != list(summands[1].shape):
        raise ValueError("cannot add")
    return nn.ReLU()(torch.stack(summands).sum(0))


def residual_block_by_clamp(x, branch, shortcut=None):
    """Clamped from below, in place, but in the sum, which is new."""
    y = torch.clone(branch(x))
    s = x if shortcut is None else shortcut(x)
    if y.shape != s.shape:
        raise ValueError
    return torch.add(y, s).clamp_(min=0)


class residual_block_as_a_class:
    """Called like a function."""

    def __new__(cls, x, branch, shortcut=None):
        a, b = branch(x), x if shortcut is None else shortcut(x)
        try:
            torch.broadcast_shapes(a.shape, b.shape)
        except RuntimeError as error:
            raise ValueError(str(error)) from error
        if a.ndim != b.ndim or any(m != n for m, n in zip(a.shape, b.shape, strict=True)):
            raise ValueError("they would be broadcast")
        total = a + b
        return torch.where(total > 0, total, torch.zeros_like(total))
