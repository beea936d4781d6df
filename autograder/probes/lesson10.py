"""What is done with an implementation in lesson 10, and what is seen. No answers here."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from autograder.probes import networks, seen
from autograder.probes.lesson06 import number


def fisher(
    implementation: Any, device: torch.device, kind: str, seed: int, images: Tensor, frozen: list[str], dtype: str
) -> dict[str, Any]:
    """Ask for the Fisher information of a network in evaluation mode, some of whose parameters are frozen."""
    model = _network(kind, seed, device, getattr(torch, dtype)).eval()
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name not in frozen)
    before, marked = _values(model), _mark_gradients(model)
    found = implementation(model, images.to(next(model.parameters()).dtype))
    if not isinstance(found, dict):
        return dict.fromkeys(("sum over all entries", "Fisher information", "names", "types"), seen(found))
    tensors = {str(name): value for name, value in found.items()}
    return {
        "sum over all entries": number(sum(float(v.detach().sum()) for v in tensors.values() if isinstance(v, Tensor))),
        "Fisher information": [seen(tensors[name]) for name in sorted(tensors)],
        "names": sorted(tensors),
        "types": [str(getattr(tensors[name], "dtype", type(tensors[name]).__name__)) for name in sorted(tensors)],
        "carries history": any(isinstance(value, Tensor) and value.requires_grad for value in tensors.values()),
        "changed in the model": [
            *networks.changed(before, _values(model)),
            *_gradients_changed(model, marked),
            *(f"{name}.requires_grad" for name, p in model.named_parameters() if p.requires_grad == (name in frozen)),
            *(["its mode: it is in training mode"] if any(layer.training for layer in model.modules()) else []),
        ],
    }


def penalty(
    implementation: Any,
    device: torch.device,
    seed: int,
    held: list[str],
    frozen: list[str],
    dtype: str,
    kind: str = "plain",
    anchored: list[str] | None = None,
    **arguments: Any,
) -> dict[str, Any]:
    """Ask for a penalty on a small network that has moved away from its anchor, and for the gradient of it.

    `fisher` in the arguments is a seed: of positive numbers for the names held. The anchor has the names `anchored`, in
    that order; without them, those held, in the model's order.
    """
    model = _network(kind, seed, device, getattr(torch, dtype))
    in_order = [name for name, _ in model.named_parameters() if name in held]
    anchor = {name: model.get_parameter(name).detach().clone() for name in anchored or in_order}
    generator = torch.Generator().manual_seed(seed + 1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator).to(parameter))
    options = dict(arguments)
    if "fisher" in options:
        draws = torch.Generator().manual_seed(options.pop("fisher"))
        of_fisher = {name: 3 * torch.rand(anchor[name].shape, generator=draws).to(anchor[name]) for name in in_order}
        given = {"fisher": _leaves(of_fisher), "anchor": _leaves(anchor)}
    else:
        given = {"anchor": _leaves(anchor)}
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name not in frozen)
    before, leaves = _values(model), _entries(given)
    values = {name: leaf.detach().clone() for name, leaf in leaves.items()}
    value = implementation(model, **given, **options)
    after = _entries(given)
    return {
        "penalty": number(value.detach() if isinstance(value, Tensor) else value),
        "shape and type": f"{tuple(value.shape)}, {value.dtype}" if isinstance(value, Tensor) else "no tensor",
        **_pulls(value, model),
        "a gradient reaches fisher or anchor": any(leaf.grad is not None for leaf in leaves.values()),
        "changed": [
            *networks.changed(before, _values(model)),
            *networks.changed(values, after),
            *(f"{name}.requires_grad" for name, leaf in leaves.items() if not leaf.requires_grad),
        ],
    }


def score(implementation: Any, device: torch.device, **arguments: Any) -> dict[str, Any]:
    """Ask for one number about tensors, which are to be left alone."""
    before = {name: value.clone() for name, value in arguments.items() if isinstance(value, Tensor)}
    value = implementation(**arguments)
    return {
        "score": number(value),
        "is one number": isinstance(number(value), int | float),
        "arguments are left alone": all(torch.equal(old, arguments[name]) for name, old in before.items()),
    }


def recalibrated(
    implementation: Any, device: torch.device, kind: str, seed: int, images: Tensor, batch_size: int | None
) -> dict[str, Any]:
    """Have a network's statistics measured anew; some layers are in training mode, and the first norm is frozen."""
    model = _network(kind, seed, device, torch.float32).train()
    for number_of, layer in enumerate(model.modules()):
        layer.training = number_of % 3 != 0
    norms = [layer for layer in model.modules() if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d)]
    norms[0].requires_grad_(False)
    for norm in norms:
        norm.get_buffer("num_batches_tracked").fill_(7)
    momenta = [getattr(layer, "momentum", None) for layer in model.modules()]
    before = {name: value for name, value in _values(model).items() if not name.endswith(("_mean", "_var"))}
    arguments = {} if batch_size is None else {"batch_size": batch_size}
    returned = implementation(model, images, **arguments)
    after = {name: value for name, value in _values(model).items() if name in before}
    return {
        "means": [seen(norm.running_mean) for norm in norms],
        "variances": [seen(norm.running_var) for norm in norms],
        "first mean and variance": [seen(norms[0].running_mean), seen(norms[0].running_var)],
        "returns the model itself": returned is model,
        "modes": [layer.training for layer in model.modules()],
        "momenta are kept": momenta == [getattr(layer, "momentum", None) for layer in model.modules()],
        "parameters or counts that changed": networks.changed(before, after),
        "hooks are left behind": any(layer._forward_hooks or layer._forward_pre_hooks for layer in model.modules()),
    }


class _Crossed(nn.Module):
    """Images (N, 3, 8, 8) → (N, 5); the norm that is named first is passed last."""

    def __init__(self) -> None:
        super().__init__()
        self.late = nn.BatchNorm1d(4)
        self.early = nn.BatchNorm2d(4)
        self.stem = nn.Conv2d(3, 4, 3)
        self.fc = nn.Linear(4, 5)

    def forward(self, images: Tensor) -> Tensor:
        """Scores of the five classes."""
        return self.fc(self.late(self.early(self.stem(images)).relu().mean((2, 3))))


def _plain() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(192, 3), nn.Tanh(), nn.Linear(3, 4))


def _with_dropout() -> nn.Module:
    """Images (N, 3, 8, 8) → (N, 5), dropout between two norms."""
    pooled = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.5))
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), *pooled, nn.BatchNorm1d(4), nn.Linear(4, 5))


_MADE: dict[str, Callable[[], nn.Module]] = {"plain": _plain, "crossed": _Crossed, "dropout": _with_dropout}


def _network(kind: str, seed: int, device: torch.device, dtype: torch.dtype) -> nn.Module:
    if kind in networks.KINDS:
        return networks.build(kind, seed, device, dtype)
    model = _MADE[kind]()
    networks.fill(model, seed)
    return model.to(device, dtype)


def _values(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def _mark_gradients(model: nn.Module) -> dict[str, Tensor]:
    """A `.grad` on every other parameter, which is somebody else's."""
    marked = dict[str, Tensor]()
    for count, (name, parameter) in enumerate(model.named_parameters()):
        if parameter.requires_grad and count % 2 == 0:
            parameter.grad = torch.full_like(parameter, 0.5)
            marked[name] = parameter.grad.clone()
    return marked


def _gradients_changed(model: nn.Module, marked: dict[str, Tensor]) -> list[str]:
    now = {name: parameter.grad for name, parameter in model.named_parameters() if parameter.grad is not None}
    return [f"{name}.grad" for name in networks.changed(marked, now)]


def _entries(given: dict[str, dict[str, Tensor]]) -> dict[str, Tensor]:
    """All entries of the dictionaries, as `anchor[name]`."""
    return {f"{which}[{name}]": tensor for which, tensors in given.items() for name, tensor in tensors.items()}


def _leaves(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Copies that a gradient could reach."""
    return {name: value.detach().clone().requires_grad_() for name, value in tensors.items()}


def _pulls(value: Any, model: nn.Module) -> dict[str, Any]:
    """The gradient of the penalty in every parameter that requires one, by its name."""
    learning = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    if not isinstance(value, Tensor) or value.numel() != 1 or not value.requires_grad:
        return {"gradients": "no gradient"}
    value.backward()
    return {"gradients": ["none" if p.grad is None else seen(p.grad) for p in learning.values()]}
