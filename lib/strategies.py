"""The strategies of fine-tuning by name, and a rule of thumb for choosing among them.

A strategy says what learns when: the new head alone, the last stages, one stage after the other, everything. All of
them get the same number of epochs, so that what differs in a comparison is the strategy and not the time it was given.
Each has the one rate that validated best among three, on 160 blood cells of one seed, where most differences were
within chance: `python -m benchmarks.strategies --rates` tries them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from torch import nn

from lib.plan import Phase, Plan, gradual
from lib.stages import stages


class Run(NamedTuple):
    """What a strategy has to divide: the stages of the network, the epochs in all, the head's highest rate."""

    depth: int
    epochs: int
    rate: float


Phases = Callable[[Run], tuple[Phase, ...]]


@dataclass(frozen=True)
class Strategy:
    """What learns when, and how fast.

    phases(run): the phases that it divides a run into. rate: the head's highest learning rate, above 0. pretrained:
    begin at the source's weights and keep its norms' statistics; otherwise at random weights, and the norms measure
    their own.
    """

    phases: Phases
    rate: float
    pretrained: bool = True

    def plan(self, depth: int, epochs: int, **options: Any) -> Plan:
        """The plan of a run of `epochs` epochs in all; `options` are the plan's other fields.

        Raises ValueError for fewer epochs than phases, and what `Plan` raises.

        Example:
            >>> [(phase.epochs, phase.stages) for phase in STRATEGIES["LP-FT"].plan(depth=6, epochs=12).phases]
            [(6, 1), (6, None)]
        """
        return Plan(self.phases(Run(depth, epochs, self.rate)), frozen_norms=self.pretrained, **options)


# ---- what learns when ---------------------------------------------------------------------------------------------


def head_alone(run: Run) -> tuple[Phase, ...]:
    """The head on a frozen backbone: feature extraction."""
    return (Phase(run.epochs, run.rate, stages=1),)


def last_stages(run: Run) -> tuple[Phase, ...]:
    """The last third of the stages, at least two, the head among them; early stages stay frozen."""
    return (Phase(run.epochs, run.rate, stages=min(run.depth, max(2, round(run.depth / 3)))),)


def one_by_one(run: Run) -> tuple[Phase, ...]:
    """The head, then a stage more in each phase, until everything learns (Howard & Ruder, 2018, §3.3).

    Phases are equally long; what does not divide evenly goes to the last. Raises ValueError for epochs < depth.

    Example:
        >>> [(phase.epochs, phase.stages) for phase in one_by_one(Run(depth=3, epochs=8, rate=1e-3))]
        [(2, 1), (2, 2), (4, 3)]
    """
    _check_epochs(run.epochs, run.depth)
    *first, last = gradual(run.depth, run.epochs // run.depth, run.rate)
    return *first, replace(last, epochs=run.epochs - sum(phase.epochs for phase in first))


def probe_then_all(run: Run) -> tuple[Phase, ...]:
    """The head alone at ten times the rate for half the epochs, then everything: LP-FT (Kumar et al., 2022).

    A head that knows the task sends small gradients back, and so the features are not distorted while it learns.
    Raises ValueError for epochs < 2.
    """
    _check_epochs(run.epochs, 2)
    return Phase(run.epochs // 2, 10 * run.rate, stages=1), Phase(run.epochs - run.epochs // 2, run.rate)


def everything(run: Run) -> tuple[Phase, ...]:
    """Every stage from the first step on, earlier ones more slowly: full fine-tuning."""
    return (Phase(run.epochs, run.rate),)


def everything_alike(run: Run) -> tuple[Phase, ...]:
    """Every stage at the same rate, since none has learnt anything: for training from scratch."""
    return (Phase(run.epochs, run.rate, decay=1.0),)


STRATEGIES = {
    "extraction": Strategy(head_alone, 1e-2),
    "partial": Strategy(last_stages, 3e-4),
    "gradual": Strategy(one_by_one, 3e-4),
    "LP-FT": Strategy(probe_then_all, 1e-3),
    "full": Strategy(everything, 3e-3),
    "scratch": Strategy(everything_alike, 1e-3, pretrained=False),
}


def trainable_shares(model: nn.Module, phases: tuple[Phase, ...]) -> list[float]:
    """Share of the model's parameters that learns in each phase, in (0, 1]: numbers are counted, not tensors.

    What a phase opens learns from the head down, norms' scales and shifts as well. Nothing is changed. Raises
    ValueError for a phase with more stages than the model has.

    Example:
        >>> model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
        >>> [round(share, 3) for share in trainable_shares(model, (Phase(1, 0.1, stages=1), Phase(1, 0.1)))]
        [0.348, 1.0]
    """
    counts = [sum(parameter.numel() for parameter in stage.parameters()) for stage in stages(model).values()]
    if wrong := [phase.stages for phase in phases if phase.stages is not None and phase.stages > len(counts)]:
        raise ValueError(f"phases: expected at most the {len(counts)} stages that the model has, got {wrong[0]}")
    return [sum(counts[-(phase.stages or len(counts)) :]) / sum(counts) for phase in phases]


# ---- which to choose ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recommendation:
    """A strategy's name in STRATEGIES, and why, in a sentence."""

    strategy: str
    reason: str


def recommend_strategy(
    images: int, domain: Literal["similar", "distant"] = "similar", compute: Literal["little", "plenty"] = "plenty"
) -> Recommendation:
    """A rule of thumb: which strategy to try first. It is a starting point, and no substitute for measuring.

    | images for training | similar domain | distant domain | either, with little compute |
    |---|---|---|---|
    | fewer than 1,000 | extraction | gradual | extraction |
    | 1,000 to 9,999 | partial | gradual | partial |
    | 10,000 to 99,999 | full | full | partial |
    | 100,000 or more | full | scratch | partial |

    images: for training, of all classes together, at least 1. domain: how the target's images compare with those that
    the backbone learnt from. compute: "little" where every epoch counts, as on a laptop without a GPU. What a
    comparison on your own data recommends is `lib.comparison_summary.measured_strategy`. Raises ValueError otherwise.

    Example:
        >>> recommend_strategy(800, "similar")
        Recommendation(strategy='extraction', reason='Few images from a similar domain: a head has little to overfit.')
    """
    _check_case(images, domain, compute)
    row = sum(images >= threshold for threshold in (1_000, 10_000, 100_000))
    column = "little" if compute == "little" else domain
    strategy = _GUIDE[column][row]
    return Recommendation(strategy, _REASONS[strategy, column])


_GUIDE = {
    "similar": ("extraction", "partial", "full", "full"),
    "distant": ("gradual", "gradual", "full", "scratch"),
    "little": ("extraction", "partial", "partial", "partial"),
}
_REASONS = {
    ("extraction", "similar"): "Few images from a similar domain: a head has little to overfit.",
    ("extraction", "little"): "Few images and little compute: features are computed once and only a head learns.",
    ("partial", "similar"): "Early stages are general and may stay; there are images enough for the last ones.",
    ("partial", "little"): "The last stages cost a part of what all of them cost, and early ones are general.",
    ("gradual", "distant"): "Features must change, but few images would distort them if all changed at once.",
    ("full", "similar"): "Images enough for every stage, and a good start is worth keeping.",
    ("full", "distant"): "Images enough for every stage, and the first features must change too.",
    ("scratch", "distant"): "Images enough to learn all features anew, and the source's are of little use.",
}


def _check_case(images: int, domain: str, compute: str) -> None:
    if not isinstance(images, int) or isinstance(images, bool) or images < 1:
        raise ValueError(f"images: expected an integer of at least 1, got {images!r}")
    if domain not in ("similar", "distant"):
        raise ValueError(f"domain: expected 'similar' or 'distant', got {domain!r}")
    if compute not in ("little", "plenty"):
        raise ValueError(f"compute: expected 'little' or 'plenty', got {compute!r}")


def _check_epochs(epochs: int, phases: int) -> None:
    if epochs < phases:
        raise ValueError(f"epochs: expected at least one for each of {phases} phases, got {epochs}")
