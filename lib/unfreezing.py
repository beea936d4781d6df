"""Gradual unfreezing: the head learns first, then the deepest stage with it, then the next, down to the stem.

A new head begins with random weights, and its first gradients would tear at features that are good already (Howard &
Ruder, 2018, §3.3). When the next stage is due is a schedule: a function from the validation losses so far to the number
of stages that may learn below the head. It looks at nothing else, so a run that is stopped and resumed unfreezes as it
would have.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import nn

from lib.batchnorm import norms_with_buffers
from lib.freezing import freeze_stage, pin, unfreeze_stage
from lib.stages import stages

Schedule = Callable[[Sequence[float]], int]


class GradualUnfreezer:
    """Freezes all stages of `model` but the head, and unfreezes them from the top to the bottom as `schedule` says.

    model: a network with its new head, divided by `lib.stages.stages`. When the unfreezer has been made, every stage
    but the last, the head, is frozen, as `freeze_stage` does; the head is left as it is.
    schedule: a function from the validation losses so far, oldest first, to how many stages are to learn besides the
    head; `every_epochs(1)` unless given. More than there are means all. A stage that learns is never frozen again.
    frozen_norms: layers with running statistics keep them through any `.train()`, also in stages that learn, as
    `keep_batchnorm_frozen` does; if False, they follow `.train()` once their stage learns.

    Make the optimiser once, with every parameter, frozen or not: nothing need be added when a stage is unfrozen, and
    the state of what learnt before is kept. Parameters stay the same objects.

    Example:
        >>> unfreezer = GradualUnfreezer(models.resnet18())
        >>> unfreezer.step(0.7), unfreezer.step(0.5), unfreezer.trainable
        (['layer4'], ['layer3'], ['layer3', 'layer4', 'head'])
    """

    def __init__(self, model: nn.Module, schedule: Schedule | None = None, *, frozen_norms: bool = True) -> None:
        self.model, self.schedule, self.frozen_norms = model, schedule or every_epochs(1), frozen_norms
        self.losses: list[float] = []
        self._open = 0
        for stage in list(stages(model).values())[:-1]:
            freeze_stage(stage)
        self._pin_norms()

    @property
    def trainable(self) -> list[str]:
        """Names of the stages that learn, from the input to the head."""
        return list(stages(self.model))[-1 - self._open :]

    def step(self, loss: float) -> list[str]:
        """Take note of an epoch's validation loss, and ask the schedule, once, how many stages are due.

        If they are more than learn already, unfreeze the deepest frozen one, then the next, until so many learn.
        Returns the names of those that were unfrozen just now, in that order, from the top down; [] if none was. The
        model is left in the mode it is in: call `.train()` before the next epoch. Raises ValueError where the schedule
        asks for fewer than learn.
        """
        self.losses.append(float(loss))
        return self._unfreeze(self.schedule(self.losses))

    def state_dict(self) -> dict[str, Any]:
        """All that a resumed run needs, the losses so far and the number of open stages, in a dictionary.

        It holds plain values, as JSON does, and what happens later does not change it.
        """
        return {"losses": list(self.losses), "open": self._open}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken: unfreeze what was open then, and remember the losses that were known.

        Meant for an unfreezer that has just been made, of a network of the same stages, with the same schedule. `state`
        is not changed, now or later. Raises ValueError where fewer stages were open then than are now.
        """
        if state["open"] < self._open:
            raise ValueError(f"state: expected at least the {self._open} open stages of now, got {state['open']}")
        self._unfreeze(state["open"])
        self.losses = list(state["losses"])

    def _unfreeze(self, due: int) -> list[str]:
        """Open stages until `due` are open below the head; return the names of the new ones, from the top down."""
        below = list(stages(self.model).items())[-2::-1]  # from the deepest stage to the stem
        if due < self._open:
            raise ValueError(f"schedule: expected at least the {self._open} stages that are open, got {due}")
        opened = dict(below[self._open : due])
        for stage in opened.values():
            unfreeze_stage(stage)
        self._open += len(opened)
        self._pin_norms()
        return list(opened)

    def _pin_norms(self) -> None:
        if self.frozen_norms:
            for norm in norms_with_buffers(self.model).values():
                pin(norm)


def every_epochs(count: int) -> Schedule:
    """A schedule that opens one more stage every `count` epochs. Raises ValueError for count < 1.

    Example:
        >>> [every_epochs(2)([0.9] * epochs) for epochs in range(1, 6)]
        [0, 1, 1, 2, 2]
    """
    if not isinstance(count, int) or count < 1:
        raise ValueError(f"count: expected an integer of at least 1, got {count!r}")
    return lambda losses: len(losses) // count


def plateau_schedule(losses: Sequence[float], patience: int = 2, threshold: float = 1e-3) -> int:
    """How many stages are due when one more opens at every plateau of the validation loss.

    losses: one finite number an epoch, oldest first; there may be none. The first epoch improves, and its loss is the
    mark. A later one improves if its loss is below the mark by more than `threshold`, and then its loss is the new
    mark. After `patience` epochs in a row that do not improve there is a plateau: it is counted, and the counting of
    epochs begins again at zero; the mark stays. Returns the number of plateaus, and leaves `losses` alone.
    Raises ValueError for patience < 1 or threshold < 0.

    Example:
        >>> plateau_schedule([1.0, 0.5, 0.5, 0.6, 0.4, 0.4, 0.4], patience=2)
        2
    """
    if not isinstance(patience, int) or patience < 1:
        raise ValueError(f"patience: expected an integer of at least 1, got {patience!r}")
    if not threshold >= 0:
        raise ValueError(f"threshold: expected a number of at least 0, got {threshold!r}")
    best, waited, plateaus = float("inf"), 0, 0
    for loss in losses:
        if loss < best - threshold:
            best, waited = loss, 0
        else:
            waited += 1
        if waited == patience:
            plateaus, waited = plateaus + 1, 0
    return plateaus
