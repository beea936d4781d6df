"""What is done with a fine-tuning run of two phases in lesson 8, and what is seen. No answers here."""

from collections import OrderedDict
from functools import partial
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from autograder.probes import networks, seen
from autograder.probes.lesson04 import in_parts, learning_parts, or_error
from autograder.probes.lesson06 import number


def two_phases(
    implementation: Any,
    device: torch.device,
    seed: int,
    scores: list[float],
    steps: int,
    first: int = 5,
    refused: bool = False,
    rows_alone: bool = False,
    **options: Any,
) -> dict[str, Any]:
    """Fine-tune a network whose validations give `scores`, and look at it at the beginning of every epoch.

    rows_alone: nothing is trained, and what is returned is seen. refused: instead, whether a phase without epochs is.
    """
    if refused:
        return {f"{name}=0": or_error(partial(_idle_run, implementation, _network(seed), name)) for name in _PHASES}
    options |= {} if first == 5 else {"first": first}
    if rows_alone:
        idle = _Idle(scores, steps)
        rows = implementation(_network(seed).to(device), idle.train, idle.validate, steps, **options)
        return {_ROWS: seen(rows), "calls": "".join(idle.calls)}
    run = _Run(seed, device, scores, steps)
    rows = implementation(run.model, run.train, run.validate, steps, **options)
    return {
        _ROWS: seen(rows),
        "calls": "".join(run.calls),
        "what learns in each epoch": run.learning,
        "norms that follow .train() in each epoch": run.norms,
        "the head's rate at the beginning of each epoch": run.heads,
        "the head's rate at the beginning of each phase": run.heads[: first + 1 : first],
        "rates as shares of the next stage's": sorted(run.shares),
        "kind of optimiser": sorted({type(optimiser).__name__ for optimiser in run.optimisers}),
        "weight decay": run.decays,
        "epochs in which the optimiser is another than before": run.fresh,
        "steps that the optimiser remembers at the beginning of each epoch": run.remembered,
        "weights and statistics at the beginning of each epoch": run.begins,
        "weights and statistics at the end": run.weights_of(),
        "layers in training mode at the end": sum(layer.training for layer in run.model.modules()),
    }


_ROWS = "rows (phase, training loss, accuracy)"
_PHASES = ("first", "second")


def _idle_run(implementation: Any, model: nn.Module, name: str) -> Any:
    epochs = dict.fromkeys(_PHASES, 1) | {name: 0}
    return seen(implementation(model, lambda *_: 1.0, lambda: 0.5, 1, **epochs))


class _Idle:
    """Steps as an epoch does, without a gradient, and validates at `scores`."""

    def __init__(self, scores: list[float], steps: int) -> None:
        self.scores, self.steps, self.calls = scores, steps, list[str]()

    def train(self, optimiser: Any, schedule: Any) -> float:
        """The loss of an epoch."""
        self.calls.append("t")
        for _ in range(self.steps):
            optimiser.step()
            schedule.step()
        return 2.0 - len(self.calls) / 8

    def validate(self) -> float:
        """The next score; the last again where there are no more."""
        self.calls.append("v")
        return self.scores[min(self.calls.count("v"), len(self.scores)) - 1]


class _Run(_Idle):
    """A network, what trains and validates it, and a record of what was found at the beginning of every epoch."""

    def __init__(self, seed: int, device: torch.device, scores: list[float], steps: int) -> None:
        super().__init__(scores, steps)
        self.model = _network(seed).to(device).requires_grad_(False)
        self.learning, self.norms, self.begins = list[str](), list[str](), list[str]()
        self.heads, self.decays, self.fresh, self.remembered = list[Any](), list[Any](), list[int](), list[int]()
        self.optimisers, self.shares = list[Any](), set[float]()
        self.moved = [next(stage.parameters()) for stage in self.model.children()]
        self.statistics = list(self.model.buffers())
        self.weights = list(self.model.parameters())
        self.marks = {"the start": self._mark()}

    def train(self, optimiser: Any, schedule: Any) -> float:
        """Step as often as an epoch does, with a gradient for one weight of each stage: more would take longer."""
        self.model.train()
        self._look(optimiser)
        for parameter in self.moved:
            parameter.grad = torch.ones_like(parameter) if parameter.requires_grad else None
        loss = super().train(optimiser, schedule)
        with torch.no_grad():
            self.model.get_buffer("stem.1.running_mean").add_(0.5 ** len(self.begins))  # no two sums are alike
        self.marks[f"epoch {len(self.begins) - 1}"] = self._mark()
        return loss

    def weights_of(self) -> str:
        """After which epoch the weights were what they are now, and after which the statistics were."""
        now = self._mark()
        weights, statistics = (self._first_like(now, part) for part in (0, 1))
        return weights if weights == statistics else f"weights: {weights}, statistics: {statistics}"

    def _look(self, optimiser: Any) -> None:
        groups = {id(p): group for group in optimiser.param_groups for p in group["params"]}
        parts = {name.split(".")[0]: groups.get(id(p)) for name, p in self.model.named_parameters() if p.requires_grad}
        rates = [float(group["lr"]) for group in parts.values() if group is not None]
        if not any(optimiser is known for known in self.optimisers):
            self.optimisers.append(optimiser)
            self.fresh.append(len(self.begins))
        self.begins.append(self.weights_of())
        self.learning.append(learning_parts(self.model))
        self.norms.append(
            in_parts({n: m.training for n, m in self.model.named_modules() if hasattr(m, "running_mean")})
        )
        self.heads.append(number(head["lr"]) if (head := parts.get("fc")) else "none")
        self.shares |= {round(one / following, 4) for one, following in pairwise(rates) if following}
        self.remembered.append(max([int(s["step"]) for s in optimiser.state.values() if "step" in s], default=0))
        if len(self.decays) < len(self.fresh):
            self.decays.append(self._decays(groups))

    def _decays(self, groups: dict[int, Any]) -> dict[str, Any]:
        named = [(n, p) for n, p in self.model.named_parameters() if p.requires_grad and id(p) in groups]
        found = {kind: [groups[id(p)]["weight_decay"] for _, p in named if (p.ndim > 1) == of] for kind, of in _KINDS}
        return {kind: sorted(set(values)) for kind, values in found.items()}

    def _mark(self) -> tuple[Tensor, Tensor]:
        weights, statistics = (
            torch.cat([value.detach().flatten() for value in part]) for part in (self.weights, self.statistics)
        )
        return weights, statistics

    def _first_like(self, now: tuple[Tensor, Tensor], part: int) -> str:
        return next((name for name, mark in self.marks.items() if torch.equal(mark[part], now[part])), "others")


_KINDS = (("of weights", True), ("of biases and norms", False))


def _network(seed: int) -> nn.Sequential:
    """Vectors of 3 numbers → 2 scores, in four stages: stem, layer1, layer2 and fc."""
    parts = OrderedDict[str, nn.Module](
        stem=nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)),
        layer1=nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)),
        layer2=nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 3)),
        fc=nn.Linear(3, 2),
    )
    model = nn.Sequential(parts)
    networks.fill(model, seed)
    return model
