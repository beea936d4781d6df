"""Right answers in other styles than the reference's."""

import math
from dataclasses import dataclass, field


class EarlyStopping_with_a_counter:
    """As tutorials write it: a count of bad epochs, which a rise sets back to 0."""

    def __init__(self, patience, threshold=0.0):
        if patience < 1:
            raise ValueError("patience must be at least 1")
        if threshold < 0:
            raise ValueError("threshold must not be negative")
        self.patience = patience
        self.threshold = threshold
        self.best = -math.inf
        self.best_epoch = -1
        self.epochs = 0
        self.counter = 0

    def step(self, score):
        if score > self.best + self.threshold:
            self.best = score
            self.best_epoch = self.epochs
            self.counter = 0
        else:
            self.counter += 1
        self.epochs += 1
        return self.counter >= self.patience

    def state_dict(self):
        return dict(self.__dict__)

    def load_state_dict(self, state):
        own = {"patience": self.patience, "threshold": self.threshold}
        self.__dict__.update(state | own)


class EarlyStopping_that_keeps_all_scores:
    """Everything is worked out from the list of scores, each time it is asked for."""

    def __init__(self, patience, threshold=0.0):
        if not (patience >= 1 and threshold >= 0):
            raise ValueError
        self.patience, self.threshold, self.scores = patience, threshold, []

    def _best(self):
        best, where = float("-inf"), -1
        for epoch, score in enumerate(self.scores):
            if score > best + self.threshold:
                best, where = score, epoch
        return best, where

    @property
    def best(self):
        return self._best()[0]

    @property
    def best_epoch(self):
        return self._best()[1]

    @property
    def epochs(self):
        return len(self.scores)

    def step(self, score):
        self.scores.append(score)
        return len(self.scores) - self.best_epoch > self.patience

    def state_dict(self):
        return {"scores": list(self.scores)}

    def load_state_dict(self, state):
        self.scores = list(state["scores"])


@dataclass
class EarlyStopping_as_a_dataclass:
    patience: int
    threshold: float = 0.0
    best: float = field(default=float("-inf"), init=False)
    best_epoch: int = field(default=-1, init=False)
    epochs: int = field(default=0, init=False)

    def __post_init__(self):
        if self.patience < 1 or self.threshold < 0:
            raise ValueError(f"{self.patience=}, {self.threshold=}")

    def step(self, score):
        risen = score - self.best > self.threshold
        if risen:
            self.best, self.best_epoch = score, self.epochs
        self.epochs += 1
        return not risen and self.epochs - self.best_epoch >= self.patience + 1

    def state_dict(self):
        return {"values": [self.best, self.best_epoch, self.epochs]}

    def load_state_dict(self, state):
        self.best, self.best_epoch, self.epochs = state["values"]
