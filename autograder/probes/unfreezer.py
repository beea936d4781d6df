"""What is done with a gradual unfreezer, and what is seen. No answers here."""

import json
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from autograder.probes import seen
from autograder.probes.lesson04 import Staged, in_parts, layers_in_training, learning_parts, or_error, staged_network
from autograder.probes.networks import changed, statistics


def gradual_unfreezer(
    implementation: Any, device: torch.device, what: str, seed: int, images: Tensor, due: list[int], **options: Any
) -> dict[str, Any]:
    """Make an unfreezer whose schedule asks for `due` stages after 1, 2, 3, … epochs; do with it what `what` says."""
    return _TRIALS[what](implementation, staged_network(seed, device), images, due, options)


def _opening(make: Any, network: Staged, images: Tensor, due: list[int], options: dict[str, Any]) -> dict[str, Any]:
    """Epoch after epoch, what learns and what is reported."""
    for parameter in network.parameters():
        parameter.grad = torch.ones_like(parameter)
    schedule = _Schedule(due)
    unfreezer = make(network, schedule, **options)
    learning, returned, names = [learning_parts(network)], [], [seen(unfreezer.trainable)]
    left_over = [n for n, p in network.named_parameters() if p.grad is not None and not p.requires_grad]
    frozen_in_training = layers_in_training(network.train())
    asked_early = len(schedule.asked)
    for epoch in range(len(due)):
        returned.append(seen(unfreezer.step(1.0 / (epoch + 1))))
        learning.append(learning_parts(network))
        names.append(seen(unfreezer.trainable))
    return {
        "what learns at first": learning[0],
        "frozen parameters that keep a gradient": left_over,
        "layers that follow .train() at first": frozen_in_training,
        "what learns after each epoch": learning[1:],
        "what step returns": returned,
        "what .trainable says": names,
        "how often the schedule was asked before the first epoch": asked_early,
        "losses that the schedule was asked with": schedule.asked,
    }


def _by_default(make: Any, network: Staged, images: Tensor, due: list[int], options: dict[str, Any]) -> dict[str, Any]:
    """Without a schedule; and what becomes of one that asks for fewer than learn."""
    unfreezer = make(network)
    learning = []
    for _ in due:
        unfreezer.step(1.0)
        learning.append(learning_parts(network))
    falling = make(staged_network(0, images.device), _Schedule([2, 1]))
    falling.step(1.0)
    return {"what learns after each epoch": learning, "asked for fewer": or_error(lambda: falling.step(1.0))}


def _modes(make: Any, network: Staged, images: Tensor, due: list[int], options: dict[str, Any]) -> dict[str, Any]:
    """Which norms and which other layers follow .train() in each epoch, and whose statistics move in all of them."""
    unfreezer = make(network, _Schedule(due), **options)
    buffers = statistics(network)
    norms, others = [_following(network, norms=True)], [_following(network, norms=False)]
    for _ in due:
        network(images)
        unfreezer.step(1.0)
        norms.append(_following(network, norms=True))
        others.append(_following(network, norms=False))
    network(images)
    return {
        "norms that follow .train() in each epoch": norms,
        "other layers that follow .train() in each epoch": others,
        "statistics that moved": changed(buffers, statistics(network)),
    }


def _following(network: nn.Module, *, norms: bool) -> str:
    """The parts whose layers, with running statistics or without, are in training mode after a .train()."""
    network.train()
    layers = [(name, layer) for name, layer in network.named_modules() if not list(layer.children())]
    return in_parts({name: layer.training for name, layer in layers if hasattr(layer, "running_mean") == norms})


def _training_run(
    make: Any, network: Staged, images: Tensor, due: list[int], options: dict[str, Any]
) -> dict[str, Any]:
    """A training loop with one optimiser, made before the unfreezer; what its steps move in each epoch."""
    objects = [*map(id, network.parameters())]
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.01, weight_decay=0.1)
    unfreezer, moved, roused = make(network, _Schedule(due), **options), [], []
    for _ in due:
        values = {name: parameter.detach().clone() for name, parameter in network.named_parameters()}
        network.train()
        optimiser.zero_grad()
        network(images).square().sum().backward()
        optimiser.step()
        moved.append(in_parts({name: not torch.equal(values[name], p) for name, p in network.named_parameters()}))
        network.eval()
        unfreezer.step(1.0)
        roused.append([name for name, layer in network.named_modules() if layer.training])
    steps = {n: int(optimiser.state[p]["step"]) for n, p in network.named_parameters() if p in optimiser.state}
    return {
        "what each epoch moved": moved,
        "steps that the optimiser counts": steps,
        "parameters are the same objects": [*map(id, network.parameters())] == objects,
        "layers in training mode after a step in evaluation mode": roused,
    }


def _resuming(make: Any, network: Staged, images: Tensor, due: list[int], options: dict[str, Any]) -> dict[str, Any]:
    """Stop after two epochs, go on with a new network and a new unfreezer, beside the old one."""
    old = make(network, _Schedule(due), **options)
    for loss in (1.0, 0.5):
        old.step(loss)
    state = old.state_dict()
    written = _as_json(state)
    old.step(0.25)
    later = _as_json(state)
    other, schedule = staged_network(1, images.device), _Schedule(due)
    new = make(other, schedule, **options)
    saved = state if written is None else json.loads(written)
    new.load_state_dict(saved)
    found = learning_parts(other)
    after_loading = layers_in_training(other.train())
    schedule.asked.clear()
    returned = [seen(new.step(0.25)), seen(new.step(0.125))]
    return {
        "the state holds plain values": written is not None,
        "the state stays as it was while the old one goes on": written == later,
        "the state stays as it was while the new one goes on": written is None or _as_json(saved) == written,
        "what learns after loading": found,
        "layers that follow .train() after loading": after_loading,
        "what the next steps return": returned,
        "losses that the schedule is asked with": schedule.asked,
        "what learns at the end": learning_parts(other),
    }


_Trial = Callable[[Any, Staged, Tensor, list[int], dict[str, Any]], dict[str, Any]]
_TRIALS: dict[str, _Trial] = {
    "opening": _opening,
    "by default": _by_default,
    "modes": _modes,
    "training": _training_run,
    "resuming": _resuming,
}


class _Schedule:
    """Asks for due[n - 1] stages after n epochs, and remembers the losses that it was asked with."""

    def __init__(self, due: list[int]) -> None:
        self.due, self.asked = due, list[Any]()

    def __call__(self, losses: Any) -> int:
        given = seen(list(losses))
        self.asked.append(given)
        return self.due[min(len(given), len(self.due)) - 1] if given else 0


def _as_json(state: Any) -> str | None:
    try:
        return json.dumps(state)
    except (TypeError, ValueError):
        return None
