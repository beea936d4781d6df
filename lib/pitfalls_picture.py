"""Pictures of pitfalls: what is forgotten and kept, what scores promise of networks, and norms on another domain."""

import math
from collections.abc import Mapping, Sequence

from lib.candidates import ranked
from lib.plot_style import FAINT, INK, SMALL, SOFT, Canvas, Look, Picture, in_style, legible, look, new_axes
from lib.results import Recorded

_HELD = {"EWC": ("λ", (8, -15), "left"), "L2-SP": ("α", (-7, 6), "right")}  # the strength's name, its place (points)
_KINDS = {
    "pre-trained": Look("pre-trained", "#0072B2", "o"),
    "then": Look("then another task", "#009E73", "D"),
    "never trained": Look("never trained", "#7a7a7a", "x"),
}
_NORMS = {"moving": "batch norm", "frozen": "batch norm,\nfrozen", "group": "group norm", "layer": "layer norm"}


@in_style
def forgetting_picture(
    measured: Recorded,
    before: float,
    title: str,
    *,
    chosen: tuple[str, float] | None = None,
    live: Mapping[str, tuple[float, float]] | None = None,
) -> Picture:
    """Target accuracy against source accuracy, a line through the strengths of each method: means over the seeds.

    measured: as `python -m benchmarks.lesson10 forgetting` records it. before: the source accuracy that there was, in
    [0, 1], drawn as a line. chosen: a method and a strength that are ringed and told. live: method → (target, source)
    measured just now, drawn as stars. Raises ValueError where nothing was measured, or not what is chosen.
    """
    found = _kept(measured)
    if not found or (chosen and chosen not in found):
        raise ValueError(f"chosen: expected one of {list(found)}, got {chosen}")
    note = "marks: mean over seeds; small: each seed" + "; ★ just now" * bool(live)
    figure, axes = new_axes(3.9, title, "source accuracy kept (%)", "target accuracy (%)", note)
    axes.axvline(100 * before, color=SOFT, linestyle=":", linewidth=1.2)
    axes.text(100 * before, 1.01, "before", transform=axes.get_xaxis_transform(), ha="center", color=SOFT)
    for method in ("EWC", "L2-SP"):
        _strengths(axes, method, {s: scores for (name, s), scores in found.items() if name == method})
    _mark(axes, found["nothing", 0.0], "^", look("fine-tuned").colour, size=10)
    _name_methods(axes)
    said = [f"{_called(*run)}: {_words(pairs)}" for run, pairs in found.items()]
    if chosen:
        target, source = _mean(found[chosen])
        axes.plot(source, target, "o", color=INK, markersize=17, fillstyle="none", markeredgewidth=2)
        said = [f"{_called(*chosen)}: {_words(found[chosen])}"]
        axes.text(0.02, 0.04, said[0].replace(": ", ":\n"), transform=axes.transAxes)
    for method, (target, source) in (live or {}).items():
        axes.plot(100 * source, 100 * target, "*", color=look(method).colour, markersize=16, markeredgecolor=INK)
        said.append(f"measured just now, {method}: {_words([(100 * target, 100 * source)])}")
    return Picture(figure, f"{title} Before, the source accuracy was {100 * before:.1f} %. Then {'; '.join(said)}.")


@in_style
def candidates_picture(measured: Recorded, score: str, target: str, title: str, *, name: str) -> Picture:
    """A score of untrained networks against what they reach when they are fine-tuned, a mark a candidate.

    measured: as `python -m benchmarks.lesson10 candidates` records it; means over its seeds. score: its column; name:
    what the score is called. Raises ValueError for a target that was not measured.
    """
    points, tau = ranked(measured, score, target)
    note = f"marks: a network each, mean over seeds; Kendall's rank correlation τ = {tau:.2f}"
    figure, axes = new_axes(3.6, title, f"{name}, before training", "accuracy after fine-tuning (%)", note)
    for kind, style in _KINDS.items():
        chosen = [point for candidate, point in points.items() if _kind(candidate) == kind]
        xs, ys = [x for x, _ in chosen], [100 * y for _, y in chosen]
        axes.plot(xs, ys, style.marker, color=style.colour, markersize=9, markeredgewidth=2, label=style.label)
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False, handletextpad=0.1, columnspacing=1.0,
        borderaxespad=0,
    )  # fmt: skip
    axes.margins(0.12)
    said = "; ".join(f"{candidate} {x:.2f} and {100 * y:.0f} %" for candidate, (x, y) in points.items())
    return Picture(figure, f"{title} {name} and accuracy: {said}. Kendall's τ is {tau:.2f}.")


@in_style
def norms_picture(measured: Recorded, pair: str, images: int, title: str) -> Picture:
    """Accuracy at home and on the other domain for each kind of norm; batch norm's statistics measured on `images`.

    measured: as `python -m benchmarks.lesson10 norms` records it. images: 0 for the statistics of training. Raises
    ValueError for a pair that was not measured.
    """
    rows = [row for row in measured.rows if row["pair"] == pair]
    if not rows:
        raise ValueError(f"pair: expected one of {measured.distinct('pair')}, got {pair!r}")
    words = f"batch norm's statistics: {'as trained' if not images else f'anew, on {images} images'}"
    note = "large marks: mean over seeds; small: each seed"
    figure, axes = new_axes(2.6, title, "accuracy (%)", "", note)
    axes.set_title(words, fontsize=12, loc="left", pad=26)
    looks = {"home_accuracy": ("where it learnt", "#7a7a7a", "s"), "accuracy": ("the other domain", "#D55E00", "o")}
    said = []
    for at, norm in enumerate(_NORMS):
        of_norm = [row for row in rows if row["norm"] == norm]
        counted = [row for row in of_norm if row["images"] == images] or [row for row in of_norm if not row["images"]]
        for column, (label, colour, marker) in looks.items():
            scores = [100 * float(row[column]) for row in counted]
            mean = sum(scores) / len(scores)
            axes.plot(scores, [at] * len(scores), marker, color=colour, markersize=4, alpha=0.6)
            axes.plot(mean, at, marker, color=colour, markersize=10, label=label if at == 0 else None)
            said.append(f"{_NORMS[norm].replace(chr(10), ' ')}, {label}: {mean:.1f} %")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, handletextpad=0.2, borderaxespad=0)
    axes.set_yticks(range(len(_NORMS)), list(_NORMS.values()))
    axes.tick_params(axis="y", length=0)
    low = 100 * min(float(row[column]) for row in rows for column in looks)
    axes.set(ylim=(len(_NORMS) - 0.5, -0.5), xlim=(10 * (low // 10), 100))
    axes.grid(axis="x", color=FAINT)
    return Picture(figure, f"{title} {words[0].upper()}{words[1:]}. {'; '.join(said)}.")


# ---- helpers ------------------------------------------------------------------------------------------------------

Pairs = Sequence[tuple[float, float]]


def _kept(measured: Recorded) -> dict[tuple[str, float], Pairs]:
    """(method, strength) → (target, source) in per cent, a pair a seed; where norms kept their statistics."""
    found: dict[tuple[str, float], list[tuple[float, float]]] = {}
    for row in measured.rows:
        if row["norms"] == "frozen":
            pair = 100 * float(row["accuracy"]), 100 * float(row["source_accuracy"])
            found.setdefault((str(row["method"]), float(row["strength"])), []).append(pair)
    return dict(found)


def _strengths(axes: Canvas, method: str, found: Mapping[float, Pairs]) -> None:
    """A line through the means of a method, each with its strength."""
    style, (_, offset, side) = look(method), _HELD[method]
    means = [_mean(pairs)[::-1] for pairs in found.values()]
    axes.plot(*zip(*means, strict=True), style.dash, color=style.colour, linewidth=1.5)
    for (strength, pairs), at in zip(found.items(), means, strict=True):
        _mark(axes, pairs, style.marker, style.colour)
        axes.annotate(
            _power(strength), at, offset, textcoords="offset points", fontsize=SMALL, ha=side,
            color=legible(style.colour),
        )  # fmt: skip


def _name_methods(axes: Canvas) -> None:
    """Each method's mark and name above the axes, with what its numbers are."""
    names = {"fine-tuned": "not held", "EWC": "EWC, at its λ", "L2-SP": "L2-SP, at its α"}
    for name, words in names.items():
        axes.plot([], [], look(name).marker, color=look(name).colour, markersize=8, label=words)
    axes.legend(
        loc="lower left", bbox_to_anchor=(-0.1, 1.06), ncols=3, frameon=False, handletextpad=0.1, columnspacing=0.9,
        borderaxespad=0,
    )  # fmt: skip


def _power(strength: float) -> str:
    """A power of ten as one, from 1,000 on."""
    exponent = round(math.log10(strength))
    return f"$10^{exponent}$" if strength >= 1000 and strength == 10**exponent else f"{strength:g}"


def _mark(axes: Canvas, pairs: Pairs, marker: str, colour: str, size: float = 8) -> None:
    target, source = _mean(pairs)
    axes.plot(source, target, marker, color=colour, markersize=size)
    axes.plot([s for _, s in pairs], [t for t, _ in pairs], marker, color=colour, markersize=3, alpha=0.5)


def _mean(pairs: Pairs) -> tuple[float, float]:
    targets, sources = zip(*pairs, strict=True)
    return sum(targets) / len(pairs), sum(sources) / len(pairs)


def _called(method: str, strength: float) -> str:
    return f"{method}, {_HELD[method][0]} = {strength:g}" if strength else "not held"


def _words(pairs: Pairs) -> str:
    target, source = _mean(pairs)
    return f"target {target:.1f} %, source {source:.1f} %"


def _kind(candidate: str) -> str:
    _, _, rest = candidate.partition(", ")
    return "pre-trained" if not rest else "never trained" if rest == "never trained" else "then"
