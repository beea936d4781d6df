"""The optimiser of one phase of fine-tuning, and all that steps with it.

AdamW, the schedule of its rates, mixed precision with its scaler, an average of the weights, several processes: each is
PyTorch's own, and this page is where they are put together in the right order.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from lib import distributed
from lib.epochs import mean_over_samples, train_one_epoch
from lib.learning_rates import cosine_with_warmup, one_cycle, slanted_triangular
from lib.plan import SCHEDULES, Plan

AUXILIARY = 0.3  # weight of an auxiliary head's loss (Szegedy et al., 2015, §5)


class Optimisation:
    """Trains `network` with the parameter groups given, for `steps` steps in all, as `plan` says.

    Made for one phase: what is frozen then gets no gradient, no moments and no average of its own, and is left out of
    what processes exchange and what torch.compile compiles. All of it is made anew for the next phase.
    """

    def __init__(self, network: nn.Module, groups: list[dict[str, Any]], plan: Plan, steps: int) -> None:
        self.network, self.plan = network, plan
        # one kernel for all tensors; but where the scaler skips a step, the fused one still calls what follows steps
        self.optimiser = torch.optim.AdamW(groups, fused=None if plan.precision is torch.float16 else True)
        factor = schedule_of(plan.schedule, steps, plan.warmup)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimiser, factor)
        device = next(network.parameters()).device.type
        self.scaler = torch.amp.GradScaler(device, enabled=plan.precision is torch.float16)
        self.average = self._average()
        if plan.compile:
            network = cast(nn.Module, torch.compile(network))
        self._trained = distributed.parallel(network)

    @property
    def validated(self) -> nn.Module:
        """The network whose weights are validated and kept: the average where there is one."""
        return self.network if self.average is None else self.average.module

    @property
    def rate(self) -> float:
        """The head's learning rate at the next step."""
        return self.optimiser.param_groups[-1]["lr"]

    def epoch(self, batches: Iterable[tuple[Tensor, Tensor, float]]) -> float:
        """Train on every batch once; the mean loss over all samples of all processes.

        batches: images and targets of this process, and their weight in the mean over all (`lib.distributed.weight`).
        """
        objective = _Objective(self.plan.label_smoothing)
        train_one_epoch(
            self._trained,
            objective.watching(batches),
            self.optimiser,
            criterion=objective,
            clip_norm=self.plan.clip_norm,
            schedule=self.schedule,
            precision=self.plan.precision,
            scaler=self.scaler,
        )
        return objective.mean()

    def state_dict(self) -> dict[str, Any]:
        """The states of all parts."""
        return {name: part.state_dict() for name, part in self._parts().items()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])

    def _parts(self) -> dict[str, Any]:
        parts = {"optimiser": self.optimiser, "schedule": self.schedule, "scaler": self.scaler, "average": self.average}
        return {name: part for name, part in parts.items() if part is not None}

    def _average(self) -> AveragedModel | None:
        """An exponential moving average of weights and statistics, which follows every step that is really made."""
        if self.plan.average is None:
            return None
        average = AveragedModel(self.network, multi_avg_fn=get_ema_multi_avg_fn(self.plan.average), use_buffers=True)
        self.optimiser.register_step_post_hook(lambda *_: average.update_parameters(self.network))
        return average


def schedule_of(name: str, steps: int, warmup: float = 0.1) -> Callable[[int], float]:
    """The step, counted from 0, → what every rate is multiplied by, for a phase of `steps` steps.

    name: one of lib.plan.SCHEDULES: "cosine" falls along half a cosine to 0, "constant" stays at 1, both after a rise
    in a straight line over the share `warmup` of the steps; "one-cycle" rises over 30 % of them and falls to almost
    nothing, "slanted-triangular" rises over 10 % and falls to 1/32 (`lib.learning_rates` has the formulas).
    Raises ValueError for another name, and for "one-cycle" with fewer than 4 steps: they have no room for a rise.

    Example:
        >>> factor = schedule_of("constant", steps=30, warmup=0.1)
        >>> [factor(step) for step in range(5)]
        [0.25, 0.5, 0.75, 1.0, 1.0]
    """
    rising = int(warmup * steps)
    match name:
        case "cosine":
            return partial(cosine_with_warmup, steps=steps, warmup=rising)
        case "constant":
            return partial(cosine_with_warmup, steps=steps, warmup=rising, floor=1.0)
        case "one-cycle" if steps >= 4:
            return partial(one_cycle, steps=steps)
        case "one-cycle":
            raise ValueError(f"schedule: one-cycle needs at least 4 steps in a phase, got {steps}")
        case "slanted-triangular":
            return partial(slanted_triangular, steps=steps)
    raise ValueError(f"schedule: expected one of {', '.join(SCHEDULES)}, got {name!r}")


class _Objective:
    """Cross-entropy with label smoothing, and its mean over the samples seen."""

    def __init__(self, smoothing: float) -> None:
        self.smoothing, self.weight = smoothing, 1.0
        self.losses, self.counts = list[Tensor](), list[int]()

    def watching(self, batches: Iterable[tuple[Tensor, Tensor, float]]) -> Iterable[tuple[Tensor, Tensor]]:
        """The batches, each with its weight set before it is used."""
        for images, targets, self.weight in batches:
            yield images, targets

    def __call__(self, scores: Tensor | tuple[Tensor, ...], targets: Tensor) -> Tensor:
        """The mean over the batch, weighted by this process's share of it. Auxiliary heads count 0.3."""
        main, *auxiliary = scores if isinstance(scores, tuple) else (scores,)
        loss = F.cross_entropy(main, targets, label_smoothing=self.smoothing)
        self.losses.append(loss.detach())
        self.counts.append(len(targets) if self.weight > 0 else 0)
        for others in auxiliary:
            loss = loss + AUXILIARY * F.cross_entropy(others, targets, label_smoothing=self.smoothing)
        return loss * self.weight

    def mean(self) -> float:
        """The mean loss over the samples of all processes, without the auxiliary heads."""
        count = sum(self.counts)
        sums = torch.tensor([mean_over_samples(self.losses, self.counts) * count, count], dtype=torch.float64)
        total, count = distributed.summed(sums).tolist()
        return total / count
