"""What is done with the parts of domain-adversarial training in lesson 6, and what is seen. No answers here."""

import copy
from collections.abc import Iterable
from numbers import Real
from typing import Any, cast

import torch
from torch import Tensor, nn

from autograder.probes import attempt, seen, unchanged
from autograder.probes.lesson06 import gradients, number
from autograder.probes.networks import build, fill


def domain_adversarial_network(
    implementation: Any,
    device: torch.device,
    kind: str,
    seed: int,
    images: Tensor,
    classes: int,
    hidden: int | None,
    training: bool,
) -> dict[str, Any]:
    """Make a network of a small backbone; see its parts, what it puts out, and what backward brings to each part."""
    backbone = build(kind, seed, device, images.dtype).train(training)
    options = {} if hidden is None else {"hidden": hidden}
    network = implementation(backbone, classes, **options)
    parts = {name: getattr(network, name) for name in ("features", "classifier", "reversal", "discriminator")}
    new = [*parts["classifier"].parameters(), *parts["discriminator"].parameters()]
    layers = [network, parts["reversal"], *parts["classifier"].modules(), *parts["discriminator"].modules()]
    return {
        "features is the backbone itself": parts["features"] is backbone,
        "linear layers": {name: _linears(parts[name]) for name in ("classifier", "discriminator")},
        "dtypes of the new layers": sorted({str(parameter.dtype) for parameter in new}),
        "new layers on the backbone's device": all(parameter.device.type == device.type for parameter in new),
        "modes of the network and its new layers": _modes(layers),
        "strength at first": seen(getattr(parts["reversal"], "strength", "none")),
        **_played(network, parts, images, seed),
    }


def adversarial_step(
    implementation: Any,
    device: torch.device,
    seed: int,
    source_images: Tensor,
    source_labels: Tensor,
    target_images: Tensor,
    strength: float,
    training: bool,
    momentum: float = 0.0,
    undecided: bool = False,
    balanced: bool = False,
) -> dict[str, Any]:
    """Take a step with a network whose reversal only notes its strength; see what moved, and what is reported.

    momentum: of the optimiser, which has then taken a step before. undecided: whether all domain logits are exactly 0.
    balanced: whether half of the images have a domain logit above 0; for an even number of them.
    """
    network = _Game()
    fill(network, seed)
    if undecided:
        _zero(network.discriminator[-1])
    network.to(device, source_images.dtype).train(training)
    for parameter in network.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimiser = torch.optim.SGD(network.parameters(), lr=0.1, momentum=momentum)
    if momentum:
        optimiser.step()
    if balanced:
        _balance(network, torch.cat([source_images, target_images]))
    batches = _Batches(source_images, target_images)
    network.features.register_forward_pre_hook(lambda _, inputs: batches.note(inputs[0]))
    found = implementation(network, optimiser, source_images, source_labels, target_images, strength)
    parts = [getattr(found, name, None) for name in ("task", "domain", "domain_accuracy")]
    task, domain, accuracy = (number(part.detach() if isinstance(part, Tensor) else part) for part in parts)
    norm = cast(nn.BatchNorm1d, network.features[1])
    return {
        "loss on the task": task,
        "loss on the domains": domain,
        "domain accuracy": accuracy,
        "what the losses and the accuracy are": [_kind(part) for part in parts],
        "batches that pass through the features": batches.noted,
        "strength at each forward pass": network.reversal.used,
        "strength afterwards": seen(network.reversal.strength),
        "classifier after the step": _values(network.classifier),
        "discriminator after the step": _values(network.discriminator),
        "features' layers after the step": _values(network.features[0]),
        "running statistics": [seen(norm.running_mean), seen(norm.running_var)],
        "mode": network.training,
    }


class _Batches:
    """Notes, in words, what each batch is made of."""

    def __init__(self, source: Tensor, target: Tensor) -> None:
        self.known = {
            "the source, then the target": torch.cat([source, target]),
            "the target, then the source": torch.cat([target, source]),
            "the source": source.clone(),
            "the target": target.clone(),
        }
        self.noted: list[str] = []

    def note(self, batch: Any) -> None:
        """Add one."""
        names = [name for name, known in self.known.items() if isinstance(batch, Tensor) and unchanged(known, batch)]
        self.noted.append(names[0] if names else "something else")


def _kind(value: Any) -> str:
    """A number for Python's and NumPy's; the rest by name."""
    if isinstance(value, Real) and not isinstance(value, bool):
        return "a plain number"
    return "a tensor" if isinstance(value, Tensor) else type(value).__name__


class _Noting(nn.Module):
    """Passes features and gradients on as they are, and notes its strength."""

    def __init__(self) -> None:
        super().__init__()
        self.strength: Any = 1.0
        self.used: list[Any] = []

    def forward(self, features: Tensor) -> Tensor:
        self.used.append(seen(self.strength))
        return features.clone()


class _Game(nn.Module):
    """Vectors (N, 4) → class logits (N, 3) and domain logits (N,)."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5, momentum=0.25), nn.Tanh())
        self.classifier = nn.Linear(5, 3)
        self.reversal = _Noting()
        self.discriminator = nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 1))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        features = self.features(images)
        return self.classifier(features), self.discriminator(self.reversal(features)).squeeze(1)


def _played(network: Any, parts: dict[str, Any], images: Tensor, seed: int) -> dict[str, Any]:
    """What a network in evaluation mode puts out with known weights, and the gradients of its domain logits."""
    for offset, name in enumerate(("features", "classifier", "discriminator")):
        fill(parts[name], seed + offset)
    network.eval()
    passes: list[bool] = []
    noting = parts["features"].register_forward_hook(lambda *_: passes.append(True))
    outputs, error = attempt(lambda: network(images))
    noting.remove()
    if error or not isinstance(outputs, tuple | list) or len(outputs) != 2:
        words = f"it raised {type(error).__name__}: {str(error)[:120]}" if error else "no two outputs"
        return dict.fromkeys(_PLAYED, words)
    of_one, error_of_one = attempt(lambda: network(images[:1]))
    predictor, _ = attempt(network.predictor)
    prediction, _ = attempt(lambda: predictor(images))
    shared = isinstance(predictor, nn.Module) and {id(p) for p in predictor.parameters()} == {
        id(p) for name in ("features", "classifier") for p in parts[name].parameters()
    }
    first = next(parts["features"].parameters())
    own = next(parts["discriminator"].parameters())
    at_one = gradients(outputs[1], [first, own])
    parts["reversal"].strength = 0.25
    at_a_quarter = gradients(network(images)[1], [first, own])
    class_gradient = gradients(network(images)[0], [first])["gradient in x"]
    return {
        "class logits": seen(outputs[0]),
        "domain logits": seen(outputs[1]),
        "shapes of the logits of one image": f"it raised {type(error_of_one).__name__}"
        if error_of_one
        else _shapes(of_one),
        "passes of the backbone": len(passes),
        "gradient of the class logits in the features": class_gradient,
        "gradients of the domain logits in the features": [at_one["gradient in x"], at_a_quarter["gradient in x"]],
        "gradients of the domain logits in the discriminator": [at_one["gradient in y"], at_a_quarter["gradient in y"]],
        "what the predictor puts out": seen(prediction),
        "the predictor shares the weights": shared,
        **_in_training_mode(network, parts, images),
    }


def _in_training_mode(network: Any, parts: dict[str, Any], images: Tensor) -> dict[str, Any]:
    """What a forward pass does to the mode, and whether the branches give the same for the same features."""
    features = parts["features"](images).detach()
    network.train()
    network(images)
    modes = _modes(network.modules())
    network.train()
    twice = [[seen(parts[name](features)) for name in ("classifier", "discriminator")] for _ in range(2)]
    same = all(torch.equal(one, other) for one, other in zip(*twice, strict=True))
    return {"modes after a forward pass in training mode": modes, "the branches draw nothing": same}


_PLAYED = (
    "class logits",
    "domain logits",
    "shapes of the logits of one image",
    "passes of the backbone",
    "gradient of the class logits in the features",
    "gradients of the domain logits in the features",
    "gradients of the domain logits in the discriminator",
    "what the predictor puts out",
    "the predictor shares the weights",
    "modes after a forward pass in training mode",
    "the branches draw nothing",
)


def _modes(modules: Iterable[nn.Module]) -> list[str]:
    return sorted({"in training mode" if module.training else "in evaluation mode" for module in modules})


def _shapes(outputs: Any) -> Any:
    return [str(tuple(output.shape)) if isinstance(output, Tensor) else seen(output) for output in outputs]


def _linears(module: nn.Module) -> list[str]:
    return [f"{one.in_features} to {one.out_features}" for one in module.modules() if isinstance(one, nn.Linear)]


def _balance(network: _Game, images: Tensor) -> None:
    with torch.no_grad():
        logits = copy.deepcopy(network)(images)[1]
        network.discriminator[-1].get_parameter("bias").sub_(logits.quantile(0.5))


def _zero(module: nn.Module) -> None:
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()


def _values(module: nn.Module) -> Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in module.parameters()]).cpu()
