"""Misconceptions of gradual unfreezing: the right stages open, and what is said or done beside that is wrong."""

from typing import Any

from autograder.exercises.lesson04.unfreezer_mistakes import Unfreezer


class TrainsInStep(Unfreezer):
    """Puts the model into training mode, since something is about to learn."""

    def open_until(self, due: int) -> list[str]:
        names = super().open_until(due)
        self.model.train()
        return names


class SaysNothing(Unfreezer):
    """Opens, and returns nothing."""

    def step(self, loss: float) -> Any:
        super().step(loss)


class NamesAll(Unfreezer):
    """Names every open stage below the head, from the top down."""

    def step(self, loss: float) -> list[str]:
        super().step(loss)
        return [stage.name for stage in self.below()[: self.open]]


class TrainableFromTheTop(Unfreezer):
    """Names the stages that learn from the head down."""

    @property
    def trainable(self) -> list[str]:
        return super().trainable[::-1]
