"""What a guide costs: its recommendations judged by runs that it was not made from, and the runs that the course has.

A guide names a strategy before anything is trained. What it costs is the accuracy that somebody else would have had who
tried every strategy first. That rival has to be chosen without the run that judges, or luck makes every guide look bad.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from lib.results import Recorded, Value, recorded


def decision_regret(table: Mapping[str, Mapping[str, Sequence[float]]], guide: Mapping[str, str]) -> float:
    """Mean regret of a guide over unseen cases, in percentage points, against the best strategy found on other seeds.

        regret = 100 · mean over cases of [ mean over seeds s of ( a[rival(s)][s] − a[recommended][s] ) ]
        rival(s) = the strategy of the case with the highest mean accuracy over all seeds but s

    table: case → strategy → accuracies in [0, 1], one a seed; within a case all strategies have the same two or more
    seeds, in the same order, but one case may have more seeds, and other strategies, than another. guide: case → the
    strategy recommended there, one of that case's. It may name more cases than the table has; these do not count.

    The recommended strategy may be the rival as well; the regret of that seed is then 0. Every case counts alike,
    however many seeds it has. A guide that beats what others would have chosen has a negative regret. No two strategies
    are level when the rival is chosen. The arguments are left alone.

    Example:
        >>> runs = {"blood cells": {"extraction": [0.5, 0.6, 0.5], "full": [0.7, 0.5, 0.8]}}
        >>> round(decision_regret(runs, {"blood cells": "extraction"}), 1)
        13.3
    """
    by_case = []
    for case, runs in table.items():
        regrets = []
        for seed, reached in enumerate(runs[guide[case]]):
            elsewhere = {name: fmean([*values[:seed], *values[seed + 1 :]]) for name, values in runs.items()}
            rival = max(elsewhere, key=elsewhere.__getitem__)
            regrets.append(runs[rival][seed] - reached)
        by_case.append(fmean(regrets))
    return 100 * fmean(by_case)


# ---- what was recorded --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Evidence:
    """The strategies that were recorded on one target at one size.

    domain: how the target's images compare with what the backbone learnt from. lesson: where the recording is read.
    accuracies: strategy → accuracies in [0, 1], a seed each. seconds: strategy → mean seconds of one run, where they
    were taken.
    """

    target: str
    images_per_class: int
    classes: int
    domain: Literal["similar", "distant"]
    lesson: int
    accuracies: Mapping[str, Sequence[float]]
    seconds: Mapping[str, float]

    @property
    def case(self) -> str:
        """The target and the size, in words."""
        return f"{self.target}, {self.images_per_class} a class"

    @property
    def images(self) -> int:
        """For training, of all classes together."""
        return self.images_per_class * self.classes


def recorded_evidence() -> list[Evidence]:
    """Everything that lessons 1 to 9 recorded of two or more strategies on one target, from few images to many.

    Where lessons use other names for the same thing, the names are those of `lib.strategies`: a frozen backbone with
    its head is "extraction", all of it fine-tuned is "full", the last two of six stages are "partial".

    Example:
        >>> [one.case for one in recorded_evidence() if one.target == "blood cells"]
        ['blood cells, 5 a class', 'blood cells, 20 a class', 'blood cells, 50 a class']
    """
    return [
        _evidence(target, size, names, column, recorded(table), lesson)
        for target, lesson, table, column, names, sizes in _RECORDINGS
        for size in sizes
    ]


def nearest(evidence: Sequence[Evidence], target: str, images_per_class: int) -> Evidence:
    """Of what was recorded of `target`, the size with the least ratio to `images_per_class`.

    Raises ValueError for a target of which nothing is there.
    """
    found = [one for one in evidence if one.target == target]
    if not found:
        known = ", ".join(dict.fromkeys(one.target for one in evidence))
        raise ValueError(f"target: expected one of {known}, got {target!r}")
    return min(
        found, key=lambda one: max(one.images_per_class, images_per_class) / min(one.images_per_class, images_per_class)
    )


def recommended(evidence: Sequence[Evidence], guide: Callable[[Evidence], str]) -> dict[str, str]:
    """Case → what `guide` names there, of the cases in which that was recorded.

    Example:
        >>> few = [one for one in recorded_evidence() if one.target == "granites"]
        >>> recommended(few, lambda one: "gradual")  # of which nothing was recorded there
        {}
    """
    named = {one.case: guide(one) for one in evidence}
    return {one.case: named[one.case] for one in evidence if named[one.case] in one.accuracies}


_TECHNIQUES = {"frozen": "extraction", "fine-tuned": "full", "scratch": "scratch"}
_FIVE = {"extraction": "extraction", "last two": "partial", "gradual": "gradual", "LP-FT": "LP-FT", "full": "full"}
_SIX = {name: name for name in ("extraction", "partial", "gradual", "LP-FT", "full", "scratch")}
_DIGITS, _CELLS, _GRANITES = "digits on photographs", "blood cells", "granites"
_RECORDINGS = (
    (_DIGITS, 3, "images_per_class", "technique", _TECHNIQUES, (2, 5)),
    (_DIGITS, 4, "fine_tuning_strategies", "strategy", _FIVE, (10,)),
    (_DIGITS, 3, "images_per_class", "technique", _TECHNIQUES, (20, 50)),
    (_CELLS, 9, "strategies", "strategy", _SIX, (5, 20, 50)),
    (_GRANITES, 1, "lesson01_granites", "technique", _TECHNIQUES, (5, 10, 20)),
)
_TARGETS: Mapping[str, tuple[int, Literal["similar", "distant"]]] = {
    _DIGITS: (10, "similar"),
    _CELLS: (8, "distant"),
    _GRANITES: (6, "distant"),
}


def _evidence(target: str, size: int, names: Mapping[str, str], column: str, table: Recorded, lesson: int) -> Evidence:
    def runs(measure: str) -> dict[str, list[float]]:
        where: dict[str, Value] = {"images_per_class": size}
        return {to: table.values(measure, **where, **{column: name}) for name, to in names.items()}

    seconds = {name: fmean(values) for name, values in runs("seconds").items()} if "seconds" in table.rows[0] else {}
    return Evidence(target, size, *_TARGETS[target], lesson, runs("accuracy"), seconds)
