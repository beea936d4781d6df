"""Learning rates: one for each stage, and a schedule that scales them all.

Early stages hold what is general and need small steps; the head is new and needs large ones. The rates are written into
the optimiser's parameter groups once, before the first step, for every parameter, frozen or not: then every scheduler
of torch scales them together, and a stage that is unfrozen later already has its rate.

A schedule here is a function from the step to a factor between 0 and 1, for `torch.optim.lr_scheduler.LambdaLR`:

    LambdaLR(optimiser, lambda step: cosine_with_warmup(step, steps=1000, warmup=100))
"""

import math
from collections.abc import Sequence
from typing import Any

from torch import nn

from lib.stages import stages

# ---- a rate for each stage ----------------------------------------------------------------------------------------


def layer_learning_rates(names: Sequence[str], base: float, decay: float) -> dict[str, float]:
    """Discriminative learning rates: the last stage gets `base`, every earlier one `decay` times the next one's.

        η_l = η_base · α^(L − l),  l = 1 … L          (Howard & Ruder, 2018, §3.2, where α = 1/2.6)

    names: the stages from the input to the output, at least one, none twice. base: the rate of the last, above 0.
    decay: α in (0, 1]; 1 gives every stage the same rate. Returns name → rate, in the order of `names`.
    Raises ValueError for values outside these ranges.

    Example:
        >>> layer_learning_rates(["stem", "layer1", "head"], base=1e-2, decay=0.5)
        {'stem': 0.0025, 'layer1': 0.005, 'head': 0.01}
    """
    if not names or len(set(names)) < len(names):
        raise ValueError(f"names: expected at least one stage and none twice, got {list(names)}")
    _check_rate("base", base)
    if not 0 < decay <= 1:
        raise ValueError(f"decay: expected a factor in (0, 1], got {decay!r}")
    top = len(names) - 1
    return {name: base * decay ** (top - position) for position, name in enumerate(names)}


def parameter_groups(
    model: nn.Module, base: float, decay: float = 1.0, *, weight_decay: float = 0.01
) -> list[dict[str, Any]]:
    """An optimiser's groups for every stage of `lib.stages.stages(model)`, with `layer_learning_rates`.

    Every parameter of the model, frozen or not, is in exactly one group; one that two stages share belongs to the
    first of them. Stages come from the input to the head, each with up to two groups, in this order, none empty:

    - {"params": [...], "lr": ..., "weight_decay": weight_decay, "name": "layer1"}: weights, which decay;
    - {"params": [...], "lr": ..., "weight_decay": 0.0, "name": "layer1, no decay"}: biases, and all parameters of one
      axis (such as the scales of norms): pulling them to zero regularises nothing (He et al., 2019, "Bag of Tricks",
      §3.1).

    Schedulers that set rates instead of scaling them, such as OneCycleLR, are given the list of each group's "lr".
    Raises ValueError for weight_decay < 0, and what `layer_learning_rates` raises.

    Example:
        >>> groups = parameter_groups(nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2)), base=1e-2, decay=0.5)
        >>> [(group["name"], group["lr"], group["weight_decay"]) for group in groups][:3]
        [('0', 0.005, 0.01), ('0, no decay', 0.005, 0.0), ('head', 0.01, 0.01)]
    """
    if not 0 <= weight_decay < math.inf:
        raise ValueError(f"weight_decay: expected a number of at least 0, got {weight_decay!r}")
    parts = stages(model)
    rates = layer_learning_rates(list(parts), base, decay)
    plain = {id(parameter) for name, parameter in model.named_parameters() if _decays_not(name, parameter)}
    groups, placed = [], set[int]()
    for name, stage in parts.items():
        fresh = [parameter for parameter in stage.parameters() if id(parameter) not in placed]
        placed |= {id(parameter) for parameter in fresh}
        weights, others = ([p for p in fresh if (id(p) in plain) == kind] for kind in (False, True))
        groups.append({"params": weights, "lr": rates[name], "weight_decay": weight_decay, "name": name})
        groups.append({"params": others, "lr": rates[name], "weight_decay": 0.0, "name": f"{name}, no decay"})
    return [group for group in groups if group["params"]]


def _decays_not(name: str, parameter: nn.Parameter) -> bool:
    return parameter.ndim <= 1 or name.endswith("bias")


# ---- schedules: the step → a factor in [0, 1] ---------------------------------------------------------------------


def cosine_with_warmup(step: int, *, steps: int, warmup: int = 0, floor: float = 0.0) -> float:
    """Up in a straight line, then down along half a cosine (Loshchilov & Hutter, 2017, eq. 5; Goyal et al., 2017).

        step < warmup:   (step + 1) / (warmup + 1)
        after that:      floor + (1 − floor) · ½ (1 + cos(π · (step − warmup) / (steps − warmup)))

    step: counted from 0; the factor is 1 at step = warmup, and `floor` at step = steps and beyond.
    Raises ValueError unless 0 ≤ warmup < steps, step ≥ 0 and 0 ≤ floor ≤ 1.

    Example:
        >>> [round(cosine_with_warmup(step, steps=6, warmup=2), 3) for step in range(7)]
        [0.333, 0.667, 1.0, 0.854, 0.5, 0.146, 0.0]
    """
    _check_schedule(step, steps, floor)
    if not 0 <= warmup < steps:
        raise ValueError(f"warmup: expected 0 to {steps - 1} of {steps} steps, got {warmup!r}")
    if step < warmup:
        return (step + 1) / (warmup + 1)
    progress = min(1.0, (step - warmup) / (steps - warmup))
    return floor + (1 - floor) * (1 + math.cos(math.pi * progress)) / 2


def slanted_triangular(step: int, *, steps: int, cut: float = 0.1, ratio: float = 32.0) -> float:
    """A short rise and a long fall, both in straight lines (Howard & Ruder, 2018, eq. 3).

        c = max(1, ⌊steps · cut⌋)
        p = t / c                                      for t < c
        p = 1 − (t − c) / (c · (1/cut − 1))            after, and never below 0
        factor = (1 + p · (ratio − 1)) / ratio

    step: t, counted from 0. cut: share of the steps that rise, in (0, 1). ratio: highest rate over lowest, ≥ 1.
    The factor is 1 at t = c and 1/ratio at t = 0. With `steps` not a multiple of 1/cut, the paper's formula ends a
    little before or after `steps`; the clamp at 0 is ours. Raises ValueError for values outside these ranges.

    Example:
        >>> [round(slanted_triangular(step, steps=10, cut=0.2, ratio=4), 3) for step in (0, 1, 2, 6, 10)]
        [0.25, 0.625, 1.0, 0.625, 0.25]
    """
    _check_schedule(step, steps, 0.0)
    if not 0 < cut < 1:
        raise ValueError(f"cut: expected a share in (0, 1), got {cut!r}")
    if not 1 <= ratio < math.inf:
        raise ValueError(f"ratio: expected a number of at least 1, got {ratio!r}")
    peak = max(1, math.floor(steps * cut))
    rising = step / peak
    falling = 1 - (step - peak) / (peak * (1 / cut - 1))
    return (1 + max(0.0, min(rising, falling)) * (ratio - 1)) / ratio


def one_cycle(step: int, *, steps: int, rise: float = 0.3, start: float = 1 / 25, end: float = 1 / 250_000) -> float:
    """Half a cosine up, half a cosine down to almost nothing (Smith & Topin, 2018; annealed as torch's OneCycleLR is).

    step: counted from 0; the factor is `start` at 0, 1 after `rise` · steps − 1 steps, and `end` at steps − 1 and
    beyond. rise: share of the steps that rise, in (0, 1), at least one and less than all but one of them.
    Raises ValueError for values outside these ranges.

    Example:
        >>> [round(one_cycle(step, steps=11, rise=0.4), 2) for step in (0, 3, 10)]
        [0.04, 0.97, 0.0]
    """
    _check_schedule(step, steps, 0.0)
    peak = rise * steps - 1
    if not 0 < peak < steps - 1:
        raise ValueError(f"rise: expected a share of {steps} steps above one step and below all, got {rise!r}")
    if step <= peak:
        return _half_cosine(start, 1.0, step / peak)
    return _half_cosine(1.0, end, min(1.0, (step - peak) / (steps - 1 - peak)))


def warm_restarts(step: int, *, period: int, growth: int = 1, floor: float = 0.0) -> float:
    """Half a cosine down, again and again, each `growth` times as long as the one before (Loshchilov & Hutter, 2017).

    step: counted from 0. period: steps of the first descent, ≥ 1. growth: an integer ≥ 1. Raises ValueError otherwise.

    Example:
        >>> [warm_restarts(step, period=2) for step in range(5)]
        [1.0, 0.5, 1.0, 0.5, 1.0]
    """
    _check_schedule(step, period, floor, "period")
    if not isinstance(growth, int) or growth < 1:
        raise ValueError(f"growth: expected an integer of at least 1, got {growth!r}")
    while step >= period:
        step, period = step - period, period * growth
    return _half_cosine(1.0, floor, step / period)


def _half_cosine(start: float, end: float, progress: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * progress)) / 2


def _check_schedule(step: int, steps: int, floor: float, name: str = "steps") -> None:
    if steps < 1:
        raise ValueError(f"{name}: expected at least 1, got {steps!r}")
    if step < 0:
        raise ValueError(f"step: expected a count from 0, got {step!r}")
    if not 0 <= floor <= 1:
        raise ValueError(f"floor: expected a factor in [0, 1], got {floor!r}")


def _check_rate(name: str, rate: float) -> None:
    if not 0 < rate < math.inf:
        raise ValueError(f"{name}: expected a learning rate above 0, got {rate!r}")
