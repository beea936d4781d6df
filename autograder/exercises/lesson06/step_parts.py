"""A domain-adversarial step in parts, each of which may be done otherwise."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from lib.adversarial import AdversarialLosses


@dataclass(frozen=True)
class With:
    """A step with one thing done otherwise."""

    domain_weight: Callable[[float], float] = lambda _: 1.0
    passes: str = "joint"
    mean: str = "of the two domains' means"
    swapped: bool = False
    summed: bool = False
    sets_strength: str = "before"
    cleared: bool = True
    steps: str = "by the optimiser"
    task_alone: bool = False
    trains: bool = False
    accuracy: str = "mean of two shares"
    reports: str = "numbers"

    def __call__(
        self, network: Any, optimiser: Any, source: Tensor, labels: Tensor, target: Tensor, strength: float
    ) -> Any:
        """The losses."""
        if self.sets_strength not in ("never", "after"):
            network.reversal.strength = strength
        if self.trains:
            network.train()
        classes, s, t = self._passed(network, source, target)
        if self.sets_strength == "after":
            network.reversal.strength = strength
        task = F.cross_entropy(classes, labels, reduction="sum" if self.summed else "mean")
        domain = self._domain(s, t)
        if self.cleared:
            optimiser.zero_grad()
        if self.steps == "two":
            task.backward()
            optimiser.step()
            _, s, t = self._passed(network, source, target)
            optimiser.zero_grad()
            domain = self._domain(s, t)
            domain.backward()
        else:
            (task if self.task_alone else task + self.domain_weight(strength) * domain).backward()
        self._step(optimiser)
        if self.sets_strength == "and puts it back":
            network.reversal.strength = 1.0
        if self.reports == "afterwards":
            classes, s, t = self._passed(network, source, target)
            task, domain = F.cross_entropy(classes, labels), self._domain(s, t)
        return self._reported(task, domain, self._accuracy(s.detach(), t.detach()))

    def _passed(self, network: Any, source: Tensor, target: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        count, both = len(source), torch.cat([source, target])
        if self.passes == "target first":
            classes, domains = network(torch.cat([target, source]))
            return classes[len(target) :], domains[len(target) :], domains[: len(target)]
        if self.passes == "apart":
            (classes, s), (_, t) = network(source), network(target)
            return classes, s, t
        if self.passes == "detached":
            features = network.features(both)
            classes, domains = network.classifier(features), network.discriminator(network.reversal(features.detach()))
            return classes[:count], domains[:count], domains[count:]
        classes, domains = network(both)
        if self.passes == "joint, twice":
            _, domains = network(both)
        if self.passes == "source alone for the task":
            classes, _ = network(source)
        return classes[:count], domains[:count], domains[count:]

    def _domain(self, s: Tensor, t: Tensor) -> Tensor:
        s, t = (-s, -t) if self.swapped else (s, t)
        if self.mean == "over all images":
            return torch.cat([F.softplus(s), F.softplus(-t)]).mean()
        return (F.softplus(s).mean() + F.softplus(-t).mean()) / (1 if self.mean == "none" else 2)

    def _step(self, optimiser: Any) -> None:
        if self.steps == "by hand":
            with torch.no_grad():
                for group in optimiser.param_groups:
                    for parameter in group["params"]:
                        parameter -= group["lr"] * parameter.grad
        elif self.steps != "none":
            optimiser.step()

    def _accuracy(self, s: Tensor, t: Tensor) -> float:
        right = [(s <= 0).double(), (t > 0).double()]
        if self.accuracy == "over all images":
            return torch.cat(right).mean().item()
        if self.accuracy == "swapped":
            right = [(s > 0).double(), (t <= 0).double()]
        if self.accuracy == "below 0":
            right = [(s < 0).double(), (t > 0).double()]
        if self.accuracy == "from 0 on":
            right = [(s <= 0).double(), (t >= 0).double()]
        total = (right[0].mean() + right[1].mean()).item()
        return total * {"sum": 1, "percent": 50}.get(self.accuracy, 0.5)

    def _reported(self, task: Tensor, domain: Tensor, accuracy: float) -> Any:
        if self.reports == "a tuple":
            return task.item(), domain.item(), accuracy
        losses: tuple[Any, Any] = (task, domain) if self.reports == "tensors" else (task.item(), domain.item())
        as_tensor = self.reports in ("tensors", "a tensor as accuracy")
        last: Any = torch.tensor(accuracy) if as_tensor else accuracy
        return AdversarialLosses(*losses, last)
