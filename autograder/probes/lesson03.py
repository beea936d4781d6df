"""What is done with an implementation in lesson 3, and what is seen. No answers here."""

from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.probes import copy_of, seen, unchanged
from autograder.probes.networks import build, changed, fill, statistics, with_a_shared_weight


def freeze(implementation: Any, device: torch.device, kind: str, seed: int, images: Tensor) -> dict[str, Any]:
    """Freeze a network that was just being trained; train what stands around it; see what moved."""
    network = build(kind, seed, device)
    for parameter in network.parameters():
        parameter.grad = torch.ones_like(parameter)
    values, objects, buffers = _values(network), [*map(id, network.parameters())], statistics(network)
    returned = implementation(network)
    around = nn.Sequential(network, _linear(5, 2, seed, device))
    left_over = {name: p.grad for name, p in network.named_parameters() if p.grad is not None}
    observations = {
        "what it returns": _which(returned, network, "module"),
        "its parameters are the same objects": [*map(id, network.parameters())] == objects,
        "values that changed at once": changed(values, _values(network)),
        "parameters that require a gradient": [n for n, p in network.named_parameters() if p.requires_grad],
        "parameters that keep a gradient": list(left_over),
        "largest gradient left over": max((float(g.abs().max()) for g in left_over.values()), default=0.0),
        "output before any .train()": seen(network(images)),
        "output after .train()": seen(around.train()[0](images)),
        "output after a .train() of every layer inside": seen(_each_in_training(around)[0](images)),
    }
    optimiser = torch.optim.SGD(around.parameters(), lr=0.1, momentum=0.9, weight_decay=0.1)
    around(images).square().mean().backward()
    optimiser.step()
    observations["parameters that an optimiser step moved"] = changed(values, _values(network))
    observations["statistics that moved in training"] = changed(buffers, statistics(network))
    return observations


def replace_head(
    implementation: Any,
    device: torch.device,
    kind: str,
    seed: int,
    images: Tensor,
    frozen: bool,
    double: bool,
    evaluation: bool,
    **arguments: Any,
) -> dict[str, Any]:
    """Give a small network a new head; see what is new, what is left, and what it puts out."""
    network = build(kind, seed, device, torch.float64 if double else torch.float32)
    network.requires_grad_(not frozen).train(not evaluation)
    before, modules = dict(network.named_parameters()), {id(module) for module in network.modules()}
    old_weights = [parameter.detach().clone() for parameter in before.values()][-2]
    values, flags = _values(network), _flags(network)
    returned = implementation(network, **arguments)
    after = dict(network.named_parameters())
    old = {id(parameter) for parameter in before.values()}
    new = [parameter for parameter in after.values() if id(parameter) not in old]
    kept = [name for name, parameter in before.items() if after.get(name) is parameter]
    return {
        "what it returns": _which(returned, network, "model"),
        "output shape": list(network(images.to(_dtype(network))).shape),
        "parameters kept as they were": [
            name for name in kept if unchanged(values[name], after[name]) and after[name].requires_grad == flags[name]
        ],
        "new layers": [_words(m) for m in network.modules() if id(m) not in modules and _words(m)],
        "new layers in another mode than the model": [
            type(m).__name__ for m in network.modules() if id(m) not in modules and m.training == evaluation
        ],
        "new weights that are copies of old ones": sum(_is_part(weight, old_weights) for weight in new),
        "new parameters that are trainable": [parameter.requires_grad for parameter in new],
        "types of the new parameters": [str(parameter.dtype) for parameter in new],
        "new parameters on the model's device": [
            parameter.device == next(iter(before.values())).device for parameter in new
        ],
    }


def trainable_fraction(implementation: Any, device: torch.device, network: str, width: int) -> dict[str, Any]:
    """Ask for the trainable share of a network whose layers are `width` wide."""
    model = _COUNTED[network](width).to(device)
    flags = [parameter.requires_grad for parameter in model.parameters()]
    fraction = implementation(model)
    return {
        "share": seen(fraction),
        "which parameters are trainable is left alone": [p.requires_grad for p in model.parameters()] == flags,
    }


def extract_features(
    implementation: Any, device: torch.device, kind: str, seed: int, images: Tensor, batch_size: int
) -> dict[str, Any]:
    """Extract features with a network that is being trained, one block of it frozen; try to train a head on them."""
    network = build(kind, seed, device)
    network.train()
    network.get_submodule("block").eval()
    network.get_submodule("stem").requires_grad_(False)
    modes, flags, buffers, batches = _modes(network), _flags(network), statistics(network), []
    hook = network.register_forward_pre_hook(lambda _, arguments: batches.append(len(arguments[0])))
    features = implementation(network, images, batch_size=batch_size)
    hook.remove()
    is_tensor = isinstance(features, Tensor)
    return {
        "features": seen(features),
        "shape": list(features.shape) if is_tensor else seen(features),
        "features carry history": is_tensor and features.requires_grad,
        "a head can be trained on them": is_tensor and _head_learns(features),
        "at most batch_size images at a time": bool(batches) and max(batches) <= batch_size,
        "layers left in another mode": [n for n, mode in _modes(network).items() if mode != modes[n]],
        "statistics that moved": changed(buffers, statistics(network)),
        "parameters that are trainable or not, unlike before": [n for n, f in _flags(network).items() if f != flags[n]],
    }


def fit_linear_head(
    implementation: Any, device: torch.device, features: Tensor, labels: Tensor, unseen: Tensor, **arguments: Any
) -> dict[str, Any]:
    """Fit a head; see the probabilities that it gives to the points it was fitted on and to others."""
    before, before_labels = copy_of(features), copy_of(labels)
    head = implementation(features, labels, **arguments)
    linear = isinstance(head, nn.Linear)
    return {
        "what it returns": f"nn.Linear({head.in_features}, {head.out_features})" if linear else seen(head),
        "type of the weights": str(head.weight.dtype) if linear else "none",
        "probabilities on the points it was fitted on": _probabilities(head, features) if linear else "none",
        "probabilities on points it has not seen": _probabilities(head, unseen) if linear else "none",
        "features and labels are left alone": unchanged(before, features) and unchanged(before_labels, labels),
    }


# ---- helpers ------------------------------------------------------------------------------------------------------


def _which(returned: Any, given: nn.Module, word: str) -> str:
    """Whether an implementation returns what it was given, another such thing, or something else."""
    if returned is given:
        return f"the {word} itself"
    return f"another {word}" if isinstance(returned, nn.Module) else f"{seen(returned)}"


def _each_in_training(around: nn.Module) -> nn.Sequential:
    """The network after a .train() of its own for every layer in it, from the whole to the smallest part."""
    for layer in [*around.modules()]:
        layer.train()
    return cast(nn.Sequential, around)


def _values(network: nn.Module) -> dict[str, Tensor]:
    return {name: parameter.detach().clone() for name, parameter in network.named_parameters()}


def _modes(network: nn.Module) -> dict[str, bool]:
    return {name or "the backbone itself": layer.training for name, layer in network.named_modules()}


def _flags(network: nn.Module) -> dict[str, bool]:
    return {name: parameter.requires_grad for name, parameter in network.named_parameters()}


def _dtype(network: nn.Module) -> torch.dtype:
    return next(network.parameters()).dtype


def _linear(inputs: int, outputs: int, seed: int, device: torch.device) -> nn.Linear:
    layer = nn.Linear(inputs, outputs)
    fill(layer, seed + 1)
    return layer.to(device)


def _words(module: nn.Module) -> str:
    """How a layer of a head is written; containers, and dropout that drops nothing, need no words."""
    if isinstance(module, nn.Linear):
        bias = "" if module.bias is not None else ", bias=False"
        return f"Linear({module.in_features}, {module.out_features}{bias})"
    if isinstance(module, nn.Dropout):
        return f"Dropout({module.p})" if module.p > 0 else ""
    return "" if isinstance(module, nn.Sequential) else type(module).__name__


def _is_part(new: Tensor, old: Tensor) -> bool:
    rows = min(len(new), len(old))
    return (
        new.shape[1:] == old.shape[1:] and new.ndim == 2 and torch.equal(new[:rows].detach(), old[:rows].to(new.dtype))
    )


def _head_learns(features: Tensor) -> bool:
    """Whether a linear layer on these features gets a gradient: tensors made in inference mode refuse."""
    head = nn.Linear(features.shape[1], 2, device=features.device, dtype=features.dtype)
    try:
        head(features).sum().backward()
    except RuntimeError:
        return False
    return head.weight.grad is not None


def _probabilities(head: nn.Linear, features: Tensor) -> Tensor:
    bias = None if head.bias is None else head.bias.detach()
    return F.softmax(F.linear(features, head.weight.detach().to(features.dtype), bias), dim=1).cpu()


def _partly_frozen(width: int) -> nn.Module:
    model = nn.Sequential(nn.Linear(19, width), nn.BatchNorm1d(width), nn.Linear(width, 4))
    model[0].requires_grad_(False)
    return model


def _bias_only(width: int) -> nn.Module:
    model = nn.Sequential(nn.Conv2d(2, width, 3), nn.Sequential(nn.Flatten(), nn.Linear(4 * width, 2, bias=False)))
    model[0].weight.requires_grad_(False)
    return model


_COUNTED = {
    "partly frozen": _partly_frozen,
    "bias only": _bias_only,
    "shared": with_a_shared_weight,
    "all frozen": lambda width: nn.Linear(width, 2).requires_grad_(False),
    "none frozen": lambda width: nn.Linear(width, 2),
    "without parameters": lambda _: nn.ReLU(),
}
