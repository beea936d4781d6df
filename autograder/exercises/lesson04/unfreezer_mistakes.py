"""Misconceptions of gradual unfreezing: a right unfreezer in parts, and subclasses that get one part wrong."""

from collections.abc import Mapping
from typing import Any

from torch import nn

from lib.freezing import freeze_stage, pin, unfreeze_stage
from lib.stages import Stage, stages
from lib.unfreezing import Schedule, every_epochs


class Unfreezer:
    """Right, and written to be taken apart: subclasses get one thing wrong."""

    def __init__(self, model: nn.Module, schedule: Schedule | None = None, *, frozen_norms: bool = True) -> None:
        self.model, self.schedule, self.frozen_norms = model, schedule or every_epochs(1), frozen_norms
        self.losses: list[float] = []
        self.open = 0
        for stage in self.below():
            self.close_stage(stage)
        self.pin_norms()

    def below(self) -> list[Stage]:
        """The stages below the head, in the order in which they open."""
        return list(stages(self.model).values())[-2::-1]

    def close_stage(self, stage: Stage) -> None:
        freeze_stage(stage)

    def open_stage(self, stage: Stage) -> None:
        unfreeze_stage(stage)

    def pin_norms(self) -> None:
        for layer in self.model.modules():
            if self.frozen_norms and getattr(layer, "running_mean", None) is not None:
                pin(layer)

    @property
    def trainable(self) -> list[str]:
        opened = {stage.name for stage in self.below()[: self.open]}
        return [name for name in stages(self.model) if name in opened or name == "head"]

    def due(self, loss: float) -> int:
        self.losses.append(loss)
        return self.schedule(self.losses)

    def step(self, loss: float) -> list[str]:
        return self.open_until(self.due(loss))

    def open_until(self, due: int) -> list[str]:
        if due < self.open:
            raise ValueError(f"schedule: {due}")
        fresh = self.below()[self.open : due]
        for stage in fresh:
            self.open_stage(stage)
        self.open += len(fresh)
        self.pin_norms()
        return [stage.name for stage in fresh]

    def state_dict(self) -> dict[str, Any]:
        return {"losses": list(self.losses), "open": self.open}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.open_until(state["open"])
        self.losses = list(state["losses"])


class BottomUp(Unfreezer):
    """Opens from the stem up."""

    def below(self) -> list[Stage]:
        return list(stages(self.model).values())[:-1]


class AllAtOnce(Unfreezer):
    """Opens all as soon as one is due."""

    def open_until(self, due: int) -> list[str]:
        return super().open_until(len(self.below()) if due else self.open)


class OneAtATime(Unfreezer):
    """Opens at most one a step."""

    def open_until(self, due: int) -> list[str]:
        return super().open_until(min(due, self.open + 1))


class AtConstruction(Unfreezer):
    """Opens before the first epoch."""

    def __init__(self, model: nn.Module, schedule: Schedule | None = None, *, frozen_norms: bool = True) -> None:
        super().__init__(model, schedule, frozen_norms=frozen_norms)
        self.open_until(1)


class ForgetsStem(Unfreezer):
    """conv1 and bn1 belong to no group: frozen with everything, opened by nobody."""

    def __init__(self, model: nn.Module, schedule: Schedule | None = None, *, frozen_norms: bool = True) -> None:
        super().__init__(model, schedule, frozen_norms=frozen_norms)
        for stage in list(stages(model).values())[:1]:
            freeze_stage(stage)

    def below(self) -> list[Stage]:
        return super().below()[:-1]


class NeverFreezesStem(Unfreezer):
    """conv1 and bn1 belong to no group: they are never frozen."""

    def below(self) -> list[Stage]:
        return super().below()[:-1]


class LayersOnly(Unfreezer):
    """Forgets parameters that sit outside layers."""

    def close_stage(self, stage: Stage) -> None:
        freeze_stage(Stage(stage.name, stage.modules))


class FlagsOnly(Unfreezer):
    """Freezes by requires_grad alone."""

    def close_stage(self, stage: Stage) -> None:
        for parameter in stage.parameters():
            parameter.requires_grad_(False)
            parameter.grad = None

    def open_stage(self, stage: Stage) -> None:
        for parameter in stage.parameters():
            parameter.requires_grad_(True)


class FreezesAgain(Unfreezer):
    """Only the newest stage learns, with the head."""

    def open_until(self, due: int) -> list[str]:
        for stage in self.below()[: self.open] if due > self.open else []:
            freeze_stage(stage)
        return super().open_until(due)


class NormsLost(Unfreezer):
    """Pins the norms once, and unfreezing takes the pins out again."""

    def open_until(self, due: int) -> list[str]:
        keep, self.frozen_norms = self.frozen_norms, False
        names = super().open_until(due)
        self.frozen_norms = keep
        return names


class NormsAlways(Unfreezer):
    """Pins norms also where that was declined."""

    def pin_norms(self) -> None:
        self.frozen_norms = True
        super().pin_norms()


class LatestLoss(Unfreezer):
    """Shows the schedule the latest loss alone."""

    def due(self, loss: float) -> int:
        self.losses.append(loss)
        return self.schedule([loss])


class AsksFirst(Unfreezer):
    """Asks the schedule before the loss is noted."""

    def due(self, loss: float) -> int:
        due = self.schedule(list(self.losses))
        self.losses.append(loss)
        return due


class CountsOn(Unfreezer):
    """Takes what the schedule says as how many more to open."""

    def open_until(self, due: int) -> list[str]:
        return super().open_until(self.open + due)


class BottomFirstNames(Unfreezer):
    """Names what it opened from the bottom up."""

    def open_until(self, due: int) -> list[str]:
        return super().open_until(due)[::-1]


class Forgiving(Unfreezer):
    """Takes a schedule that goes back for one that waits."""

    def open_until(self, due: int) -> list[str]:
        return super().open_until(max(due, self.open))


class ComesBackFrozen(Unfreezer):
    """Loads the count and opens nothing."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.open, self.losses = state["open"], list(state["losses"])


class ForgetsLosses(Unfreezer):
    """Saves the count alone."""

    def state_dict(self) -> dict[str, Any]:
        return {"open": self.open}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.open_until(state["open"])


class SharesLosses(Unfreezer):
    """Hands out its own list."""

    def state_dict(self) -> dict[str, Any]:
        return {"losses": self.losses, "open": self.open}


class SharesLoaded(Unfreezer):
    """Keeps the list that it was given."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.open_until(state["open"])
        self.losses = state["losses"]


class NewParameters(Unfreezer):
    """Opens a stage by putting fresh parameters in place of the frozen ones."""

    def open_stage(self, stage: Stage) -> None:
        super().open_stage(stage)
        for layer in (inner for module in stage.modules for inner in module.modules()):
            for name, parameter in list(layer.named_parameters(recurse=False)):
                setattr(layer, name, nn.Parameter(parameter.detach().clone()))
