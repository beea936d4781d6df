"""A comparison: two ways to do the same thing, how their times are compared, and how their memory is.

Times are those of alternating repetitions in one run, so that what else the machine does falls on both; of each side
the median counts. Where both give an accuracy, the seeds make pairs.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import torch
from torch.profiler import ProfilerActivity, profile

from lib.results import mean_and_interval

Run = Callable[[int], object]  # given the number of the repetition, which serves as a seed

HEADER = (
    "| ours / otherwise | times as fast | asked | peak memory, MB | accuracy, % | what is compared |\n"
    "|---|--:|--:|--:|--:|---|"
)


@dataclass(frozen=True)
class Sides:
    """Ours and the other way. Where both return a number, it is an accuracy.

    short: each side with the same peak of memory in less time; itself if None.
    """

    ours: Run
    other: Run
    short: tuple[Run, Run] | None = None


@dataclass(frozen=True)
class Row:
    """A line of the table. make: prepares the two sides; asked: the ratio that is asked for, None for none.

    times: how often each side runs. needs: the module without which there is nothing to compare with. cuda: only on a
    CUDA device.
    """

    name: str
    make: Callable[[], Sides]
    asked: float | None = None
    times: int = 5
    remark: str = ""
    needs: str = ""
    cuda: bool = False

    def missing(self) -> str:
        """Why the row cannot be measured here; empty where it can."""
        if self.cuda and not torch.cuda.is_available():
            return "not run (no CUDA device)"
        if self.needs and find_spec(self.needs.split(".")[0]) is None:
            return f"not run ({self.needs.split('.')[0]} is not installed)"
        return ""


@dataclass(frozen=True)
class Measured:
    """How many times as fast ours is; peaks of new memory in bytes, and mean accuracies, of ours and of the other.

    gain: the mean over the seeds of our accuracy less the other's, and the half-width of its 95 % interval.
    """

    ratio: float
    memory: tuple[float, float]
    accuracy: tuple[float, float] | None
    gain: tuple[float, float] | None = None


def line(row: Row) -> str:
    """The row measured, as a line of the table."""
    asked = "–" if row.asked is None else f"{row.asked:g}"
    if why := row.missing():
        return f"| {row.name} | – | {asked} | – | – | {why} |"
    found = measure(row.make(), row.times)
    ours, other = (f"{bytes_ / 1e6:.1f}" for bytes_ in found.memory)
    return f"| {row.name} | {found.ratio:.1f} | {asked} | {ours} / {other} | {_right(found)} | {row.remark} |"


def _right(found: Measured) -> str:
    """Both mean accuracies in percent, and ours less the other's with its interval where there is one."""
    if found.accuracy is None:
        return "–"
    both = " / ".join(f"{100 * share:.1f}" for share in found.accuracy)
    return both if found.gain is None else "{} ({:+.1f} ± {:.1f})".format(both, *(100 * part for part in found.gain))


def measure(sides: Sides, times: int) -> Measured:
    """Both sides `times` times, by turns, after a look at their memory, which warms them up as well."""
    memory = tuple(peak(run) for run in sides.short or (sides.ours, sides.other))
    pairs = [(timed(sides.ours, seed), timed(sides.other, seed)) for seed in range(times)]
    ours, other = ([pair[side] for pair in pairs] for side in (0, 1))
    seconds = [statistics.median(took for took, _ in side) for side in (ours, other)]
    given = [[result for _, result in side if isinstance(result, float)] for side in (ours, other)]
    if not all(given):
        return Measured(seconds[1] / seconds[0], memory, None)
    gains = [mine - theirs for mine, theirs in zip(*given, strict=True)]
    gain = mean_and_interval(gains) if times > 1 else None
    return Measured(seconds[1] / seconds[0], memory, tuple(map(statistics.mean, given)), gain)


def timed(run: Run, seed: int) -> tuple[float, object]:
    """How many seconds one run takes, and what it gives."""
    begun = time.perf_counter()
    result = run(seed)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - begun, result


def peak(run: Run) -> float:
    """The most memory, in bytes, that `run` held at once in tensors on top of what there was."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as watched:
        run(0)
    held = most = 0
    for event in watched.profiler.kineto_results.events():
        if event.name() == "[memory]":
            held += event.nbytes()
            most = max(most, held)
    return most
