"""What is done with the frames of two comparisons in lesson 12, on a toy network, and what is seen. No answers here."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.probes import seen
from autograder.probes.networks import fill


def three_strategies(
    implementation: Any, device: torch.device, seed: int, frozen: bool, **splits: Tensor
) -> dict[str, Any]:
    """Train a toy by each strategy; see what moved, and what is said of it. All but freezing takes toy seconds."""
    model, stage = _layers(seed, device, splits["x_training"].dtype), _Stage(splits)
    model[:-1].requires_grad_(not frozen)
    vars(model)["copied"] = stage.copied
    before = condition(model)
    found = implementation(model, "training", "validation", "test", fit=stage.fit, score=stage.score, clock=stage.clock)
    outcomes = {str(seen(name)): outcome for name, outcome in items(found)}
    networks = [field(outcome, "network") for outcome in outcomes.values()]
    return {
        "strategies": sorted(outcomes),
        **{f"what learnt in {name}": _moved(model, before, field(one, "network")) for name, one in outcomes.items()},
        **{f"{part} of {name}": seen(field(one, part)) for name, one in outcomes.items() for part in _MEASURED},
        "the given clock is read": stage.read > 0,
        "networks of their own": len({id(one) for one in networks}) == len(networks),
        "the model is left as it is": same(before, condition(model)),
        "how often the test split is scored": stage.scored.count("test"),
        "fitted on": sorted(set(stage.fitted)),
    }


def unfreezing_race(
    implementation: Any,
    device: torch.device,
    seed: int,
    epochs: int,
    goal: float,
    images: Tensor,
    labels: Tensor,
    script: list[list[list[float]]] | None,
) -> dict[str, Any]:
    """Let schedules race: on a toy task, or without training and with scores by a script, two numbers an epoch."""
    model, begun = _layers(seed, device, images.dtype), list[int]()
    before = condition(model)
    schedules = {"every epoch": len, "every five": lambda losses: len(losses) // 5, "plateau": _plateaus}

    def begin(network: nn.Module) -> Callable[[], _Scores]:
        optimiser = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
        rows = iter(script[len(begun) % len(script)] if script else [])
        begun.append(sum(parameter.requires_grad for parameter in network.parameters()))

        def epoch() -> _Scores:
            if script:
                return _Scores(*next(rows))
            _train(network, optimiser, images[::2], labels[::2], steps=2)
            return _scores(network, images[1::2], labels[1::2])

        return epoch

    race = implementation(model, schedules, begin, epochs=epochs, goal=goal)
    scores, learning, reached = (dict(items(field(race, name))) for name in ("scores", "learning", "reached"))
    return {
        **{f"losses of {name}": [seen(field(one, "loss")) for one in listed(run)] for name, run in scores.items()},
        **{f"accuracies of {n}": [seen(field(one, "accuracy")) for one in listed(run)] for n, run in scores.items()},
        **{f"stages that learn in {name}": [seen(one) for one in listed(run)] for name, run in learning.items()},
        **{f"{name} reaches the goal in epoch": seen(epoch) for name, epoch in reached.items()},
        "fastest": seen(field(race, "fastest")),
        "best": seen(field(race, "best")),
        "parameters that learn when a run begins": begun,
        "the model is left as it is": same(before, condition(model)),
    }


# ---- helpers ------------------------------------------------------------------------------------------------------

_MEASURED = ("accuracy", "gap", "share", "seconds")


class _Scores(NamedTuple):
    loss: float
    accuracy: float


class _Stage:
    """Toy splits by name, and a clock that copying, training and scoring move."""

    def __init__(self, splits: dict[str, Tensor]) -> None:
        self.splits, self.time, self.read = splits, 0.0, 0
        self.scored, self.fitted = list[str](), list[str]()
        self.copied = _Copied(self)

    def clock(self) -> float:
        self.read += 1
        return self.time

    def fit(self, network: nn.Module, split: str) -> None:
        learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
        self.fitted.append(split)
        self.time += 1.0 + 0.01 * sum(map(torch.numel, learning))
        optimiser = torch.optim.SGD(learning or [nn.Parameter(torch.zeros(1))], lr=0.2)
        _train(network, optimiser, *self._of(split), steps=4)

    def score(self, network: nn.Module, split: str) -> float:
        self.scored.append(split)
        self.time += 0.5
        return _scores(network, *self._of(split)).accuracy

    def _of(self, split: str) -> tuple[Tensor, Tensor]:
        return self.splits[f"x_{split}"], self.splits[f"y_{split}"]


class _Copied:
    """A part of the model that takes a while to copy."""

    def __init__(self, stage: _Stage) -> None:
        self.stage = stage

    def __deepcopy__(self, _: Any) -> "_Copied":
        self.stage.time += 0.25
        return self


def _layers(seed: int, device: torch.device, dtype: torch.dtype) -> nn.Sequential:
    """Vectors (N, 6) → (N, 3), in four stages."""
    norms = (nn.BatchNorm1d(8, momentum=0.25), nn.BatchNorm1d(5, momentum=0.25))
    first, second = (
        nn.Sequential(nn.Linear(wide, n.num_features), n, nn.Tanh()) for wide, n in zip((6, 8), norms, strict=True)
    )
    model = nn.Sequential(first, second, nn.Sequential(nn.Linear(5, 7), nn.Tanh()), nn.Linear(7, 3))
    fill(model, seed)
    return model.to(device, dtype)


def _train(network: nn.Module, optimiser: torch.optim.Optimizer, x: Tensor, y: Tensor, steps: int) -> None:
    network.train()
    for _ in range(steps):
        optimiser.zero_grad()
        F.cross_entropy(network(x), y).backward()
        optimiser.step()


def _scores(network: nn.Module, x: Tensor, y: Tensor) -> _Scores:
    with torch.no_grad():
        scores = network.eval()(x)
    return _Scores(float(F.cross_entropy(scores, y)), float(right(scores, y)))


def _plateaus(losses: list[float]) -> int:
    return sum(loss > min(losses[:place]) - 0.02 for place, loss in enumerate(losses) if place)


def _moved(model: nn.Module, before: dict[str, Any], network: Any) -> dict[str, Any]:
    """Which parameters and which statistics of a trained copy differ from the model's, by their first name."""
    if not isinstance(network, nn.Module) or network.state_dict().keys() != model.state_dict().keys():
        return {"no network": str(seen(network))}
    after = network.state_dict()
    names = [name for name in after if not torch.equal(before[name], after[name])]
    return {
        "weights": sorted({name[0] for name in names if name.endswith(("weight", "bias"))}),
        "statistics": sorted({name[0] for name in names if "running" in name}),
    }


def condition(network: nn.Module) -> dict[str, Any]:
    """Weights and statistics, what may learn, and the modes."""
    state: dict[str, Any] = {name: value.detach().clone() for name, value in network.state_dict().items()}
    learns = {f"{name} learns": parameter.requires_grad for name, parameter in network.named_parameters()}
    modes = {f"{name} trains": layer.training for name, layer in network.named_modules()}
    return state | learns | modes


def same(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether two conditions are equal."""
    equal = (torch.equal(a, after[n]) if isinstance(a, Tensor) else a == after[n] for n, a in before.items())
    return before.keys() == after.keys() and all(equal)


def right(scores: Tensor, labels: Tensor) -> Tensor:
    """The mean probability of the right class: an accuracy that moves with every weight."""
    return scores.detach().softmax(1)[torch.arange(len(labels)), labels].mean()


def field(value: Any, name: str) -> Any:
    """A named attribute, or words that it is missing."""
    return getattr(value, name, f"no field {name}")


def items(value: Any) -> list[tuple[Any, Any]]:
    """The pairs of a mapping; none of anything else."""
    return list(value.items()) if isinstance(value, Mapping) else []


def listed(value: Any) -> list[Any]:
    """The entries of a list or tuple, or the one thing there is."""
    return list(value) if isinstance(value, list | tuple) else [value]
