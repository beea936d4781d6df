"""Misconceptions of early stopping: a right one in parts, of which one is done otherwise."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class With:
    """Makes an early stopping with one thing done otherwise."""

    late: int = 0
    over: str = "best + threshold"
    keeps: str = "what has risen"
    counts: str = "since the best"
    first_epoch: int = 0
    start: float | None = -math.inf
    unset: int | None = -1
    stops_at: str = ">="
    latches: bool = False
    answers: str = "whether"
    state: str = "copy"
    lowest_patience: int = 1
    lowest_threshold: float = 0.0

    def __call__(self, patience: int, threshold: float = 0.0) -> "_Stopping":
        """The object."""
        if patience < self.lowest_patience or threshold < self.lowest_threshold:
            raise ValueError("patience")
        return _Stopping(self, patience, threshold)


class _Stopping:
    """As the contract has it, but for what `how` says."""

    def __init__(self, how: With, patience: int, threshold: float) -> None:
        self.patience, self.threshold = patience, threshold
        self.__how = how
        self.__memory: dict[str, Any] = {
            "best": how.start,
            "best_epoch": how.unset,
            "epochs": 0,
            "last": -math.inf,
            "bad": 0,
        }

    @property
    def best(self) -> float | None:
        return self.__memory["best"]

    @property
    def best_epoch(self) -> int | None:
        return self.__memory["best_epoch"]

    @property
    def epochs(self) -> int:
        return self.__memory["epochs"]

    def step(self, score: float) -> bool | int | None:
        now, how = self.__memory, self.__how
        if how.over == "nothing if NaN" and math.isnan(score):
            return False
        if self._rises(score):
            now["best"], now["best_epoch"] = score, now["epochs"] + how.first_epoch
            now["bad"] = now["bad"] if how.counts == "all that fell" else 0
        else:
            now["bad"] += 1
            now["best"] = max(now["best"], score) if how.keeps == "the highest" else now["best"]
        now["epochs"], now["last"] = now["epochs"] + 1, score
        reached = self.patience + how.late
        stops = (now["bad"] == reached if how.stops_at == "==" else now["bad"] >= reached) or (
            how.latches and now.get("stopped", False)
        )
        now["stopped"] = stops
        return {"whether": stops, "count": now["bad"], "nothing": None}[how.answers]

    def _rises(self, score: float) -> bool:
        best, over = self.__memory["best"], self.__how.over
        if over == "best, or equal":
            return score >= best + self.threshold
        if over == "best alone":
            return score > best
        if over == "best times":
            return score > best * (1 + math.copysign(self.threshold, best) if math.isfinite(best) else 1)
        if over == "the last":
            return score > self.__memory["last"] + self.threshold
        if over == "below":
            return self.epochs == 0 or score < best - self.threshold
        if over == "best, or the first":
            return self.epochs == 0 or score > best + self.threshold
        if over == "not below":
            return not score <= best + self.threshold
        return score > best + self.threshold

    def state_dict(self) -> dict[str, Any]:
        how = self.__how.state
        if how == "best alone":
            return {"best": self.best, "best_epoch": self.best_epoch}
        if how == "without the counter":
            return {name: value for name, value in self.__memory.items() if name != "bad"}
        if how == "with patience":
            return self.__memory | {"patience": self.patience, "threshold": self.threshold}
        return self.__memory if how == "shared" else dict(self.__memory)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        if self.__how.state == "loaded shared" and isinstance(state, dict):
            self.__memory = state
        elif self.__how.state == "with patience":
            state = dict(state)
            self.patience, self.threshold = state.pop("patience"), state.pop("threshold")
            self.__memory |= state
        elif self.__how.state != "not loaded":
            self.__memory |= state
