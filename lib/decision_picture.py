"""Pictures of a decision guide: what it recommends beside what was measured, and what following it costs."""

from collections.abc import Mapping
from statistics import fmean
from typing import Literal

from lib.decision import Evidence
from lib.plot_style import FAINT, INK, SMALL, SOFT, Picture, in_style, look, new_axes
from lib.plots import where_we_are
from lib.results import mean_and_interval
from lib.strategies import recommend_strategy


def decision_picture(evidence: Evidence, images_per_class: int, compute: Literal["little", "plenty"]) -> Picture:
    """What the guide recommends for a target, in colour, among everything that was measured nearest to that size.

    evidence: what was recorded of the target, at the size nearest to `images_per_class`. The bars are its accuracies;
    the recommended strategy has a dashed one where it was not recorded. Raises ValueError for what the guide refuses.
    """
    images = images_per_class * evidence.classes
    guide = recommend_strategy(images, evidence.domain, compute)
    name = look(guide.strategy).label
    found = {strategy: mean_and_interval(values) for strategy, values in evidence.accuracies.items()}
    results = {guide.strategy: None} | found
    measured = f"{evidence.images_per_class} a class (lesson {evidence.lesson})"
    if images_per_class != evidence.images_per_class:
        measured += f", the nearest: nothing was measured at {images_per_class:,}"
    note = f"{guide.reason}\nMeasured at {measured}.{_times(evidence, guide.strategy)}"
    words = {"little": "little compute", "plenty": "plenty of compute"}[compute]
    title = f"{evidence.target.capitalize()}, {images:,} images, {words}: the guide says {name}"
    return where_we_are(results, title, new=[guide.strategy], chance=1 / evidence.classes, note=note)


@in_style
def regrets_picture(regrets: Mapping[str, Mapping[str, float]], title: str) -> Picture:
    """What each guide costs, case by case: a mark a guide, its mean over the cases as an upright line.

    regrets: guide → case → regret in percentage points, the same cases of all. A technique's name gives a guide the
    technique's look. Raises ValueError for no guide, no case, and for guides with different cases.
    """
    cases = list(next(iter(regrets.values()), {}))
    if not cases or any(list(of_cases) != cases for of_cases in regrets.values()):
        raise ValueError(f"regrets: expected guides with the same cases, at least one, got {dict(regrets)}")
    note = "marks: one case each; dashed: the guide's mean; below 0: better than what other seeds would choose"
    figure, axes = new_axes(0.9 + 0.36 * len(cases), title, "regret (points of accuracy)", "", note)
    said, last = [], len(regrets) - 1
    for position, (name, of_cases) in enumerate(regrets.items()):
        style, mean = look(name, 4 - position), fmean(list(of_cases.values()))
        named, points = f"{style.label} {mean:.1f}", list(of_cases.values())
        rows = [row + 0.22 * (position - last / 2) for row in range(len(cases))]
        axes.axvline(mean, color=style.colour, linewidth=1.4, linestyle=(3 * position, (5, 4)))
        axes.plot(points, rows, style.marker, color=style.colour, markersize=8, label=named)
        told = ", ".join(f"{case} {regret:+.1f}" for case, regret in of_cases.items())
        said.append(f"{name} {mean:+.1f} on average ({told})")
    axes.axvline(0, color=SOFT, linewidth=1, linestyle=":")
    axes.set_yticks(range(len(cases)), cases, fontsize=SMALL)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(cases) - 0.5, -0.5)
    axes.grid(axis="x", color=FAINT)
    axes.set_axisbelow(True)
    axes.legend(
        loc="lower right", bbox_to_anchor=(1, 1), ncols=3, frameon=False, handletextpad=0.1, columnspacing=0.8,
        borderaxespad=0, labelcolor=INK,
    )  # fmt: skip
    return Picture(figure, f"{title} Regret in points of accuracy: {'; '.join(said)}.")


# ---- helpers ------------------------------------------------------------------------------------------------------


def _times(evidence: Evidence, recommended: str) -> str:
    """What the recommended strategy and the most accurate one took, where it was measured."""
    best = max(evidence.accuracies, key=lambda name: fmean(evidence.accuracies[name]))
    if not {best, recommended} <= set(evidence.seconds):
        return ""
    told = (f"{look(name).label} {evidence.seconds[name]:.1f} s" for name in dict.fromkeys((recommended, best)))
    return f" One run: {', '.join(told)}."
