"""What is done with an implementation in lesson 5, and what is seen. No answers here."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from autograder.probes import seen
from autograder.probes.networks import build, changed, fill


def layer_learning_rates(
    implementation: Any, device: torch.device, names: list[str], base: float, decay: float
) -> dict[str, Any]:
    """Ask for the rates of some stages."""
    rates = implementation(list(names), base, decay)
    if not isinstance(rates, Mapping):
        return {"what it returns": seen(rates), "stages": seen(rates), "rates": seen(rates)}
    return {
        "what it returns": "a mapping",
        "stages": [str(name) for name in rates],
        "rates": [_number(rate) for rate in rates.values()],
    }


def parameter_groups(
    implementation: Any, device: torch.device, kind: str, seed: int, frozen: bool, **arguments: Any
) -> dict[str, Any]:
    """Ask for the groups of a small network; see which parameters are where, and at what."""
    network = _GROUPED[kind](seed, device)
    if frozen:
        network[0].requires_grad_(False) if isinstance(network, nn.Sequential) else _freeze_stem(network)
    names = {id(parameter): name for name, parameter in network.named_parameters()}
    flags = [parameter.requires_grad for parameter in network.parameters()]
    groups = implementation(network, **arguments)
    if not _are_groups(groups):
        return dict.fromkeys(_GROUP_FACTS, f"no list of groups with parameters, but {seen(groups)}")
    held = [[names.get(id(parameter), "a stranger") for parameter in list(group["params"])] for group in groups]
    flat = [name for group in held for name in group]
    return {
        "parameters in no group": [name for name in names.values() if name not in flat],
        "parameters that are there more than once": [n for n in dict.fromkeys(flat) if flat.count(n) > 1],
        "groups": [str(group.get("name")) for group in groups],
        "parameters, group by group": [" + ".join(sorted(group)) for group in held],
        "rate of each group": [_number(group.get("lr")) for group in groups],
        "parameters that do not decay": sorted(_with_decay(groups, held, zero=True)),
        "decay of the others": sorted(set(_with_decay(groups, held, zero=False).values())),
        "which parameters are trainable is left alone": [p.requires_grad for p in network.parameters()] == flags,
    }


def factors(implementation: Any, device: torch.device, at: list[int], **arguments: Any) -> dict[str, Any]:
    """Ask a schedule for its factor at some steps."""
    return {"factors": [_number(implementation(step, **arguments)) for step in at]}


def lr_range_test(
    implementation: Any,
    device: torch.device,
    seed: int,
    images: Tensor,
    labels: Tensor,
    mode: bool,
    sgd: bool,
    **arguments: Any,
) -> dict[str, Any]:
    """Test a small network that is in use elsewhere; see what was tried, what came, and what became of the network."""
    network = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 6), nn.Dropout(0.0), nn.Linear(6, 3))
    fill(network, seed)
    network.to(device).train(mode)[0].requires_grad_(False)
    weight = network.get_parameter("2.weight")
    weight.grad = torch.ones_like(weight)
    values = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
    modes, used = [layer.training for layer in network.modules()], list[bool]()
    hook = network[3].register_forward_pre_hook(lambda layer, _: used.append(layer.training))
    options = arguments | ({"optimiser": torch.optim.SGD} if sgd else {})
    found = implementation(network, images, labels, generator=torch.Generator().manual_seed(seed), **options)
    hook.remove()
    rates, losses = (_numbers(getattr(found, name, None)) for name in ("rates", "losses"))
    left = weight.grad
    return {
        "rates": rates,
        "losses": losses,
        "how many rates and losses": [len(rates), len(losses)] if rates and losses else "none",
        "first loss": losses[0] if losses else "none",
        "it tests in training mode": bool(used) and all(used),
        "parameters of the model that moved": changed(values, dict(network.named_parameters())),
        "the model's modes are left alone": [layer.training for layer in network.modules()] == modes,
        "the model's gradients are left alone": left is not None and torch.equal(left, torch.ones_like(weight)),
    }


# ---- helpers ------------------------------------------------------------------------------------------------------

_GROUP_FACTS = (
    "parameters in no group",
    "parameters that are there more than once",
    "groups",
    "parameters, group by group",
    "rate of each group",
    "parameters that do not decay",
    "decay of the others",
    "which parameters are trainable is left alone",
)


def _number(value: Any) -> Any:
    """A number, also where it comes as a tensor or an array of one entry."""
    try:
        return value if isinstance(value, bool) or value is None else float(value)
    except (TypeError, ValueError):
        return seen(value)


def _numbers(values: Any) -> list[Any]:
    return [_number(value) for value in values] if isinstance(values, list | tuple | Tensor) else []


def _are_groups(groups: Any) -> bool:
    return isinstance(groups, list | tuple) and all(isinstance(group, dict) and "params" in group for group in groups)


def _with_decay(groups: Any, held: list[list[str]], *, zero: bool) -> dict[str, Any]:
    """Parameter → its group's decay, of those for which that is zero, or is not."""
    decays = [_number(group.get("weight_decay")) for group in groups]
    return {name: decay for decay, names in zip(decays, held, strict=True) for name in names if (decay == 0.0) == zero}


def _freeze_stem(network: nn.Module) -> None:
    network.get_submodule("stem").requires_grad_(False)


def _plain(seed: int, device: torch.device) -> nn.Module:
    return nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 3, bias=False), nn.Linear(3, 2)).to(device)


def _shared(seed: int, device: torch.device) -> nn.Module:
    network = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 2))
    network[1].weight = network[0].weight
    return network.to(device)


_GROUPED = {"plain": _plain, "norms": lambda seed, device: build("fc", seed, device), "shared": _shared}
