"""What is done with an implementation in lesson 4, and what is seen. No answers here."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from autograder.probes import attempt, is_unwritten, seen
from autograder.probes.networks import changed, fill, statistics


class Staged(nn.Module):
    """Images (N, 3, 8, 8) → (N, 5) in five stages, three of them with batch norm, and a parameter of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.ones(4, 1, 1))
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
        self.layer1 = nn.Sequential(nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(2))
        self.layer2 = nn.Sequential(nn.Flatten(), nn.Linear(16, 6), nn.BatchNorm1d(6), nn.Dropout(0.5))
        self.layer3 = nn.Sequential(nn.Linear(6, 6), nn.LayerNorm(6), nn.ReLU())
        self.fc = nn.Linear(6, 5)

    def forward(self, images: Tensor) -> Tensor:
        """Scores of the five classes."""
        return self.fc(self.layer3(self.layer2(self.layer1(self.stem(images) * self.token))))


class Normed(nn.Module):
    """Vectors (N, 8) → (N, 2): every kind of norm, one of them deep inside, one frozen, one without statistics."""

    def __init__(self) -> None:
        super().__init__()
        self.flat = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.Dropout(0.5))
        self.plane = nn.Sequential(nn.Unflatten(1, (2, 2, 2)), nn.Sequential(nn.Conv2d(2, 4, 1), nn.BatchNorm2d(4)))
        self.volume = nn.Sequential(nn.Unflatten(1, (2, 2)), nn.BatchNorm3d(2), nn.Flatten())
        self.instance = nn.Sequential(nn.Unflatten(1, (4, 4)), nn.InstanceNorm1d(4, track_running_stats=True))
        self.untracked = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(16, track_running_stats=False))
        self.others = nn.Sequential(nn.LayerNorm(16), nn.Unflatten(1, (4, 4)), nn.GroupNorm(2, 4), nn.Flatten())
        self.fc = nn.Linear(16, 2)

    def forward(self, vectors: Tensor) -> Tensor:
        """Two scores."""
        for part in self.children():
            vectors = part(vectors)
        return vectors


def gradient_norms(
    implementation: Any, device: torch.device, seed: int, images: Tensor, what: str, frozen: list[str]
) -> dict[str, Any]:
    """Ask for the norms in a network in the state that `what` names."""
    staged = staged_network(seed, device)
    network: nn.Module = staged
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(not name.startswith(tuple(frozen)))
    if what != "before backward":
        network(images).logsumexp(1).sum().backward()
    if what == "left over":
        staged.layer3.requires_grad_(False)
    if what == "shared":
        network = _sharing(device)
    if what == "half precision":
        network = _in_half(device)
    before = [None if p.grad is None else p.grad.clone() for p in network.parameters()]
    norms = implementation(network)
    after = [p.grad for p in network.parameters()]
    is_dictionary = isinstance(norms, dict)
    return {
        "norms": [_float(value) for value in norms.values()] if is_dictionary else seen(norms),
        "stages, in order": [str(name) for name in norms] if is_dictionary else seen(norms),
        "gradients are left alone": all(map(_same, before, after)),
    }


def freeze_until(
    implementation: Any, device: torch.device, seed: int, images: Tensor, stages: list[str]
) -> dict[str, Any]:
    """Call it with one stage after the other on a network that was just being trained; see what is frozen then."""
    network = staged_network(seed, device)
    for parameter in network.parameters():
        parameter.grad = torch.ones_like(parameter)
    returned = [or_error(partial(implementation, network, stage)) for stage in stages]
    learning = [name for name, parameter in network.named_parameters() if parameter.requires_grad]
    left_over = [n for n, p in network.named_parameters() if p.grad is not None and not p.requires_grad]
    network.train()
    buffers = statistics(network)
    network(images)
    return {
        "it returns the model": [one is network if isinstance(one, nn.Module) else seen(one) for one in returned],
        "parameters that require a gradient": learning,
        "frozen parameters that keep a gradient": left_over,
        "layers in training mode after .train()": layers_in_training(network),
        "statistics that moved in training": changed(buffers, statistics(network)),
    }


def keep_batchnorm_frozen(
    implementation: Any, device: torch.device, seed: int, vectors: Tensor, alone: bool
) -> dict[str, Any]:
    """Use it on a network with many norms, or on a batch norm alone; train, and see what moves."""
    network: nn.Module = nn.BatchNorm1d(vectors.shape[1]) if alone else Normed()
    fill(network, seed)
    network.to(device).train()
    if not alone:
        network.get_submodule("plane.1.1").requires_grad_(False)
    flags = {name: parameter.requires_grad for name, parameter in network.named_parameters()}
    returned = implementation(network)
    at_once = layers_in_training(network)
    buffers = statistics(network)
    nn.Sequential(network).train()
    later = layers_in_training(network)
    torch.manual_seed(0)
    output = network(vectors)
    output.square().sum().backward()
    for layer in network.modules():
        layer.train()
    network(vectors)
    return {
        "it returns the model": returned is network,
        "layers in training mode at once": at_once,
        "layers in training mode after .train()": later,
        "layers in training mode after a .train() of each": layers_in_training(network),
        "output in training mode": seen(output),
        "statistics that moved": changed(buffers, statistics(network)),
        "parameters that require a gradient": [n for n, p in network.named_parameters() if p.requires_grad],
        "flags that changed": [n for n, p in network.named_parameters() if p.requires_grad != flags[n]],
        "parameters that got a gradient": [n for n, p in network.named_parameters() if p.grad is not None],
    }


def plateau_schedule(
    implementation: Any, device: torch.device, losses: list[float], **arguments: float
) -> dict[str, Any]:
    """Ask how many stages are due after each epoch of a run."""
    due, untouched = [], True
    for epochs in range(len(losses) + 1):
        so_far = losses[:epochs]
        due.append(seen(implementation(so_far, **arguments)))
        untouched = untouched and so_far == losses[:epochs]
    return {"stages due after 0, 1, 2, … epochs": due, "losses are left alone": untouched}


# ---- helpers ------------------------------------------------------------------------------------------------------


def staged_network(seed: int, device: torch.device) -> Staged:
    """The network of this seed, in training mode."""
    network = Staged()
    fill(network, seed)
    return network.to(device).train()


def in_parts(marked: dict[str, bool]) -> str:
    """The parts of a network of which something is marked, by dotted names, in a line: "layer3 + fc"."""
    parts: dict[str, list[bool]] = {}
    for name, mark in marked.items():
        parts.setdefault(name.split(".")[0], []).append(mark)
    found = [f"{name}{'' if all(marks) else ' in part'}" for name, marks in parts.items() if any(marks)]
    return " + ".join(found) or "nothing"


def learning_parts(network: nn.Module) -> str:
    """The parts of a network of which parameters require a gradient, in a line."""
    return in_parts({name: parameter.requires_grad for name, parameter in network.named_parameters()})


def layers_in_training(network: nn.Module) -> list[str]:
    """Names of the layers in training mode; containers do not count, for they do nothing by themselves."""
    layers = [(name, layer) for name, layer in network.named_modules() if not list(layer.children())]
    return [name or "itself" for name, layer in layers if layer.training]


def or_error(call: Callable[[], Any]) -> Any:
    """What a call returns, or the name of the error that it raises; not being written yet is no such error."""
    returned, error = attempt(call)
    if is_unwritten(error):
        raise error
    return returned if error is None else type(error).__name__


def _float(value: Any) -> Any:
    return "a tensor" if isinstance(value, Tensor) else seen(value)


def _sharing(device: torch.device) -> nn.Sequential:
    model = nn.Sequential(nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False), nn.Linear(3, 2)).to(device)
    model[1].weight = model[0].weight
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 2.0)
    return model


def _in_half(device: torch.device) -> nn.Sequential:
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 2)).to(device, torch.float16)
    for size, layer in zip((3e4, 1e-6), model, strict=True):
        for parameter in layer.parameters():
            parameter.grad = torch.full_like(parameter, size)
    return model


def _same(before: Tensor | None, after: Tensor | None) -> bool:
    if before is None or after is None:
        return before is after
    return torch.equal(before, after)
