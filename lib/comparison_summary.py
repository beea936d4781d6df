"""What a grid of runs says: means with intervals, paired tests against a baseline, and which strategy is enough.

Runs of one seed saw the same images, so strategies are compared seed by seed. Whoever makes many comparisons finds
differences by chance; Holm's correction keeps the chance of even one false finding below the level of a single test.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lib import settings
from lib.grid_table import FACTORS
from lib.results import Recorded, Value, mean_and_interval
from lib.statistics import paired_permutation_test
from lib.strategies import Recommendation


@dataclass(frozen=True)
class Line:
    """One level of a factor, such as a strategy, with all other factors as in `at`: means over seeds.

    half: half-width of the mean's 95 % interval over seeds; None for one seed. difference: mean over the pairs, this
    less baseline; p: of the paired permutation test; p_holm: corrected for all comparisons of the summary; all None for
    the baseline itself. gap: training less validation accuracy. memory_bytes and trainable_share as in the table.
    """

    level: str
    at: dict[str, Value]
    seeds: int
    mean: float
    half: float | None
    difference: float | None
    p: float | None
    p_holm: float | None
    gap: float
    seconds: float
    memory_bytes: float
    trainable_share: float


def summary(
    table: Recorded, baseline: str = "full", *, factor: str = "strategy", measure: str = "accuracy"
) -> list[Line]:
    """A line for each level of `factor` under each combination of the others, in the table's order.

    table: as `lib.ablation.compare_strategies` gives it. baseline: the level that the others are compared with, by
    `lib.statistics.paired_permutation_test`; nothing is random up to 13 seeds, and after that seed 0 decides. Few seeds
    cannot give a small p: five at least 1/16, and Holm multiplies by the number of comparisons, so read the intervals.

    Raises ValueError for an unknown factor, and where the baseline lacks a seed that another level has.
    """
    if factor not in FACTORS or factor == "seed":
        raise ValueError(f"factor: expected one of {', '.join(FACTORS[:-1])}, got {factor!r}")
    others = [name for name in FACTORS if name not in (factor, "seed")]
    groups = list(dict.fromkeys(tuple((name, row[name]) for name in (*others, factor)) for row in table.rows))
    tested: list[tuple[dict[str, Value], list[float], float | None]] = []
    for group in map(dict, groups):
        ours, theirs = by_seed(table, measure, **group), by_seed(table, measure, **(group | {factor: baseline}))
        if set(ours) - set(theirs):
            raise ValueError(f"baseline: expected {baseline!r} to have the seeds {sorted(ours)} of {group}")
        pair = list(ours.values()), [theirs[seed] for seed in ours]
        test = None if group[factor] == baseline else paired_permutation_test(*pair, generator=settings.generator(0))
        tested.append((group, [a - b for a, b in zip(*pair, strict=True)], test))
    corrected = iter(holm([p for _, _, p in tested if p is not None]))
    return [
        _line(table, measure, factor, group, None if p is None else (_mean(apart), p, next(corrected)))
        for group, apart, p in tested
    ]


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected so that the chance of any false finding among them is at most the level (Holm, 1979).

        p̃₍ᵢ₎ = max over j ≤ i of min(1, (m − j + 1) · p₍ⱼ₎),   p₍₁₎ ≤ … ≤ p₍ₘ₎

    Whatever depends on whatever. In the order given; none gives none. Raises ValueError for values outside [0, 1].

    Example:
        >>> holm([0.5, 0.125, 0.25])
        [0.5, 0.375, 0.5]
    """
    if wrong := [p for p in p_values if not 0 <= p <= 1]:
        raise ValueError(f"p_values: expected numbers in [0, 1], got {wrong[0]!r}")
    corrected, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = highest
    return corrected


def measured_strategy(table: Recorded, images_per_class: int, **where: Value) -> Recommendation:
    """The quickest strategy than which none was measured to be surely better: what `recommend_strategy` guesses.

    Of the strategies at this size, the one with the highest mean validation accuracy is the best. One is as good as the
    best if the 95 % interval of the mean difference, seed by seed, reaches 0 (Student's t). Of these, the one that took
    the fewest seconds is recommended. The test split is not looked at. where: values of other factors, such as
    backbone="resnet10", where the table has several.

    Raises ValueError for a size that was not measured, for fewer than two seeds, and where factors are left open.
    """
    if images_per_class not in table.distinct("images_per_class"):
        sizes = ", ".join(f"{size:g}" for size in map(float, table.distinct("images_per_class")))
        raise ValueError(f"images_per_class: expected one that was measured, {sizes}, got {images_per_class!r}")
    where = where | {"images_per_class": images_per_class}
    scores = {
        name: by_seed(table, "validation_accuracy", strategy=name, **where) for name in table.distinct("strategy")
    }
    seconds = {name: _mean(table.values("seconds", strategy=name, **where)) for name in scores}
    best = max(scores, key=lambda name: _mean(list(scores[name].values())))
    good = [name for name in scores if name == best or _reaches_zero(scores[best], scores[name])]
    quickest = str(min(good, key=seconds.__getitem__))
    reason = f"{best} had the best validation accuracy, {100 * _mean(list(scores[best].values())):.1f} %"
    if quickest != best:
        reason += (
            f"; {quickest} was not surely worse, and took {seconds[quickest]:.1f} s instead of {seconds[best]:.1f}"
        )
    return Recommendation(quickest, f"{reason}.")


def by_seed(table: Recorded, column: str, **where: Value) -> dict[int, float]:
    """Seed → the number in `column`, of the rows that `where` leaves.

    Raises ValueError where a seed has several, for then another factor is left open.
    """
    values, seeds = table.values(column, **where), table.values("seed", **where)
    if len(set(seeds)) < len(seeds):
        raise ValueError(f"where: expected one run a seed, got several; more factors must be given than {where}")
    return dict(sorted(zip(map(int, seeds), values, strict=True)))


def level_means(table: Recorded, factor: str, measure: str = "accuracy") -> dict[str, tuple[float, list[float]]]:
    """Level of `factor` → the mean over all runs with it, and their numbers: in a full grid, its main effect."""
    values = {str(level): table.values(measure, **{factor: level}) for level in table.distinct(factor)}
    return {level: (_mean(found), found) for level, found in values.items()}


def in_markdown(lines: Sequence[Line]) -> str:
    """The summary as a table in Markdown: factors with one value are left out, percentages have one decimal."""
    vary = [name for name in lines[0].at if len({str(line.at[name]) for line in lines}) > 1] if lines else []
    names = [*vary, "level", "accuracy %", "− baseline", "p", "p (Holm)", "gap", "seconds", "memory, MB", "trainable %"]
    rows = [names, ["---"] * (len(vary) + 1) + ["--:"] * 8]
    rows += [[*(f"{line.at[name]}" for name in vary), *_texts(line)] for line in lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


# ---- helpers ------------------------------------------------------------------------------------------------------


def _line(
    table: Recorded, measure: str, factor: str, group: Mapping[str, Value], test: tuple[float, float, float] | None
) -> Line:
    scores = table.values(measure, **group)
    mean, half = mean_and_interval(scores) if len(scores) > 1 else (scores[0], None)
    means = {
        name: _mean(table.values(name, **group))
        for name in ("train_accuracy", "validation_accuracy", "seconds", "memory_bytes", "trainable_share")
    }
    gap = means.pop("train_accuracy") - means.pop("validation_accuracy")
    difference, p, p_holm = test or (None, None, None)
    at = {name: value for name, value in group.items() if name != factor}
    return Line(str(group[factor]), at, len(scores), mean, half, difference, p, p_holm, gap, **means)


def _texts(line: Line) -> list[str]:
    half = "" if line.half is None else f" ± {100 * line.half:.1f}"
    tested = ["", "", ""]
    if line.difference is not None:
        tested = [f"{100 * line.difference:+.1f}", f"{line.p:.3g}", f"{line.p_holm:.3g}"]
    rest = [f"{100 * line.gap:+.1f}", f"{line.seconds:.1f}", f"{line.memory_bytes / 1e6:.1f}"]
    return [line.level, f"{100 * line.mean:.1f}{half}", *tested, *rest, f"{100 * line.trainable_share:.3g}"]


def _reaches_zero(best: Mapping[int, float], other: Mapping[int, float]) -> bool:
    if set(best) != set(other) or len(best) < 2:
        raise ValueError(f"table: expected the same two or more seeds of all, got {sorted(best)} and {sorted(other)}")
    mean, half = mean_and_interval([best[seed] - other[seed] for seed in best])
    return mean - half <= 0


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
