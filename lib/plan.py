"""What a fine-tuning run is to do, and what it did: plans of phases, and a history of epochs.

Unless another is given, the plan is the classic one: first the new head and the last stage, at a rate that a new head
needs; then everything, at a tenth of it. Earlier stages always learn more slowly than later ones.
"""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor

Augment = Callable[[Tensor, torch.Generator], Tensor]
Mix = Callable[[Tensor, Tensor, torch.Generator], tuple[Tensor, Tensor]]
SCHEDULES = ("cosine", "constant", "one-cycle", "slanted-triangular")


@dataclass(frozen=True)
class Phase:
    """Which stages learn, for how long, and how fast.

    epochs: at most. rate: the highest learning rate of the head; every earlier stage's is `decay` times the next one's.
    stages: how many learn, counted from the head; None for all. Raises ValueError for values outside their ranges.

    Example:
        >>> Phase(epochs=5, rate=1e-3, stages=2)
        Phase(epochs=5, rate=0.001, stages=2, decay=0.5)
    """

    epochs: int
    rate: float
    stages: int | None = None
    decay: float = 0.5

    def __post_init__(self) -> None:
        _check("epochs", self.epochs, self.epochs >= 1, "at least 1")
        _check("rate", self.rate, 0 < self.rate < math.inf, "above 0")
        _check("stages", self.stages, self.stages is None or self.stages >= 1, "None or at least 1")
        _check("decay", self.decay, 0 < self.decay <= 1, "in (0, 1]")


def two_phases(first: int = 5, second: int = 10, rate: float = 1e-3, decay: float = 0.5) -> tuple[Phase, ...]:
    """The classic two phases: head and last stage for `first` epochs; then everything for `second`, at a tenth of it.

    Example:
        >>> [(phase.stages, phase.epochs) for phase in two_phases()]
        [(2, 5), (None, 10)]
    """
    return Phase(first, rate, 2, decay), Phase(second, rate / 10, None, decay)


def gradual(depth: int, epochs: int, rate: float, decay: float = 0.5) -> tuple[Phase, ...]:
    """Phases of gradual unfreezing: the head for `epochs`, then one stage more, until `depth` stages learn.

    Raises ValueError for depth < 1, and what `Phase` raises.

    Example:
        >>> [phase.stages for phase in gradual(depth=3, epochs=1, rate=1e-3)]
        [1, 2, 3]
    """
    _check("depth", depth, depth >= 1, "at least 1")
    return tuple(Phase(epochs, rate, stages, decay) for stages in range(1, depth + 1))


@dataclass(frozen=True)
class Plan:
    """Everything that decides a run; with the same data and the same model, the same plan ends with the same weights.

    phases: one after the other; each begins at the best weights so far; `two_phases()` unless given.
    batch_size: images a step. weight_decay: AdamW's, for weights alone. label_smoothing: share of the target that is
    spread over all classes, in [0, 1). clip_norm: what the gradient's norm is clipped to. schedule: how the rate goes
    in each phase: one of SCHEDULES. warmup: share of a phase's steps in which it rises first, if the schedule is
    "cosine" or "constant"; the others have a rise of their own. patience: end a phase after so many epochs without a
    better validation accuracy; None for never. frozen_norms: norms keep their source statistics, also where γ and β
    learn. average: decay of an exponential moving average of the weights, such as 0.99, which is then what is validated
    and kept; None for none. precision: torch.bfloat16 or float16 for mixed precision; on processors with bfloat16
    instructions, PyTorch 2.14's gradients are wrong where a convolution strides over a single pixel, so give images
    that are large enough. channels_last: the memory layout that convolutions like. compile: with torch.compile, anew in
    each phase. augment(images, generator): a new view of a batch, float in [0, 1], in each epoch. mix(images, labels,
    generator): images and soft targets, as Mixup and CutMix give them; label smoothing comes on top of theirs.
    cache_bytes: how much memory the output of a frozen prefix may take; more is not kept. seed: of the order, the
    augmentation and dropout. Raises ValueError for values outside their ranges.

    Example:
        >>> plan = Plan(two_phases(first=2, second=3), batch_size=16, seed=1)
        >>> sum(phase.epochs for phase in plan.phases)
        5
    """

    phases: tuple[Phase, ...] = field(default_factory=two_phases)
    batch_size: int = 32
    weight_decay: float = 0.01
    label_smoothing: float = 0.1
    clip_norm: float = 1.0
    schedule: str = "cosine"
    warmup: float = 0.1
    patience: int | None = None
    frozen_norms: bool = True
    average: float | None = None
    precision: torch.dtype | None = None
    channels_last: bool = False
    compile: bool = False
    augment: Augment | None = None
    mix: Mix | None = None
    cache_bytes: int = 2**31
    seed: int = 0

    def __post_init__(self) -> None:
        _check("phases", self.phases, len(self.phases) >= 1, "at least one")
        _check("batch_size", self.batch_size, self.batch_size >= 1, "at least 1")
        _check("weight_decay", self.weight_decay, 0 <= self.weight_decay < math.inf, "at least 0")
        _check("label_smoothing", self.label_smoothing, 0 <= self.label_smoothing < 1, "in [0, 1)")
        _check("clip_norm", self.clip_norm, self.clip_norm > 0, "above 0")
        _check("schedule", self.schedule, self.schedule in SCHEDULES, f"one of {', '.join(SCHEDULES)}")
        _check("warmup", self.warmup, 0 <= self.warmup < 1, "a share in [0, 1)")
        _check("patience", self.patience, self.patience is None or self.patience >= 1, "None or at least 1")
        _check("average", self.average, self.average is None or 0 < self.average < 1, "None or in (0, 1)")
        known = (None, torch.float16, torch.bfloat16)
        _check("precision", self.precision, self.precision in known, "None, torch.float16 or torch.bfloat16")
        _check("cache_bytes", self.cache_bytes, self.cache_bytes >= 0, "at least 0")
        _check("seed", self.seed, 0 <= self.seed < 2**31, "0 to 2³¹ − 1")


@dataclass(frozen=True)
class Epoch:
    """One epoch. phase: from 0. losses: means over images. rate: the head's, at the end. cached: images went in as the
    output of a frozen prefix, computed once.
    """

    phase: int
    epoch: int
    train_loss: float
    validation_loss: float
    validation_accuracy: float
    rate: float
    seconds: float
    cached: bool


@dataclass
class History:
    """All epochs of a run in order, the best of them, and notes on what was done another way than one might think.

    Example:
        >>> first, second = (Epoch(0, n, 1.0, 0.9, 0.5 + 0.1 * n, 1e-3, 2.0, cached=True) for n in (0, 1))
        >>> History([first, second]).best.epoch
        1
    """

    epochs: list[Epoch] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def best(self) -> Epoch:
        """The epoch whose weights were kept: the first with the highest validation accuracy."""
        return max(self.epochs, key=lambda epoch: epoch.validation_accuracy)

    def state_dict(self) -> dict[str, Any]:
        """Plain values, as a checkpoint holds them."""
        return {"epochs": [asdict(epoch) for epoch in self.epochs], "notes": list(self.notes)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The history that `state` was taken of."""
        self.epochs, self.notes = [Epoch(**row) for row in state["epochs"]], list(state["notes"])


def _check(name: str, value: object, right: bool, expected: str) -> None:
    if not right:
        raise ValueError(f"{name}: expected {expected}, got {value!r}")
