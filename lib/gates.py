"""The gates of squeeze-and-excitation in a network that was trained with them: put others in their place."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from torch import Tensor, nn
from torchvision.ops import SqueezeExcitation


@contextmanager
def gates_changed(model: nn.Module, change: Callable[[Tensor], Tensor]) -> Iterator[None]:
    """Inside this context every gate of `model` is what `change` makes of it; afterwards all is as before.

    change: takes the gates of a batch in one torchvision.ops.SqueezeExcitation, shape (N, C, 1, 1), and returns others
    that can be multiplied with (N, C, H, W) as they can. Raises ValueError for a model without such a layer.

    Example:
        >>> model = SqueezeExcitation(4, 2)
        >>> with gates_changed(model, torch.ones_like):
        ...     model(torch.full((1, 4, 2, 2), 3.0)).unique().item()
        3.0
    """
    layers = [layer for layer in model.modules() if isinstance(layer, SqueezeExcitation)]
    if not layers:
        raise ValueError(f"model: expected one with squeeze-and-excitation, got {type(model).__name__} without")
    hooks = [layer.scale_activation.register_forward_hook(lambda _, __, gates: change(gates)) for layer in layers]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
