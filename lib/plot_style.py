"""How every figure of the course looks: one colour, marker and dash a technique, and a description in words.

Colours are from the palette of Okabe and Ito (2008), which colour-blind readers tell apart; markers, dashes and hatches
say the same again in grey. Figures are 5.6 inches wide with 12-point type, so that they can be read on a phone.
"""

import base64
import html
import io
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from lib.files import write_whole

Canvas = Axes  # what a figure is drawn on, by its name for modules that import no matplotlib
INK, SOFT, FAINT = "#222222", "#666666", "#d9d9d9"
SMALL = 10.5  # points: notes, and numbers beside what they tell
_WIDTH, _DPI = 5.6, 200  # inches; two pixels a CSS pixel
_TITLE_LETTERS, _NOTE_LETTERS = 45, 66  # that fit into the width
_LINE = 0.21  # inches
_OWN_STYLE = {
    "font.size": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "hatch.linewidth": 1.2,
}
# What a notebook set for figures of its own (a dark style, say) does not reach ours; the backend stays the reader's.
_OTHERS_SETTINGS = ("backend", "interactive", "toolbar", "webagg", "savefig.directory", "date.", "timezone", "tk.")
_STYLE: Any = {k: v for k, v in matplotlib.rcParamsDefault.items() if not k.startswith(_OTHERS_SETTINGS)} | _OWN_STYLE

in_style = matplotlib.rc_context(_STYLE)
"""Decorates a function that draws: inside it the course's style holds, afterwards the reader's own again."""


@dataclass(frozen=True)
class Look:
    """How a technique is drawn and what it is called in figures."""

    label: str
    colour: str
    marker: str = "o"
    dash: str = "-"
    hatch: str = ""


TECHNIQUES = {
    "scratch": Look("from scratch", "#7a7a7a", "s", "--", ""),
    "random": Look("frozen, never trained", "#a6a6a6", "x", ":", ".."),
    "frozen": Look("frozen backbone", "#0072B2", "o", "-", "//"),
    "fine-tuned": Look("fine-tuned", "#D55E00", "^", "-", "\\\\"),
    # strategies, by their names in lib.strategies
    "extraction": Look("extraction", "#0072B2", "p", "-", "||"),
    "partial": Look("partial", "#009E73", "D", "-.", "xx"),
    "last two": Look("last two stages", "#009E73", "d", "-.", "x"),
    "last four": Look("last four stages", "#7FCEB9", "8", "-.", "xxxx"),
    "gradual": Look("gradual", "#CC79A7", "v", ":", "--"),
    "LP-FT": Look("LP-FT", "#E69F00", "P", "--", "++"),
    "full": Look("full", "#D55E00", ">", "-", "oo"),
    "rates by stage": Look("rates by stage", "#009E73", "X", "-", "o."),
    "no target label": Look("no target label", "#CC79A7", "h", "-", "+x"),
    "RandAugment": Look("RandAugment", "#E69F00", "*", "-.", "O."),
    "EWC": Look("held by EWC", "#56B4E9", "<", "-", "|-"),
    "two phases": Look("two phases", "#009E73", "+", "-", "/."),
    "L2-SP": Look("held by L2-SP", "#CC79A7", "H", "--", "-."),
}
# never drawn beside techniques: decays of the rate from stage to stage, and schedules by their names in lib.plan
DECAYS = {
    "α = 1": Look("α = 1", "#D55E00", "^", "--"),
    "α = 0.5": Look("α = 0.5", "#009E73", "D", "-"),
    "α = 0.1": Look("α = 0.1", "#0072B2", "o", "-."),
}
SCHEDULES = {
    "constant": Look("constant", "#E69F00", "s", "--"),
    "cosine": Look("cosine", "#009E73", "D", "-"),
    "one-cycle": Look("one-cycle", "#CC79A7", "v", "-."),
    "slanted-triangular": Look("slanted triangular", "#0072B2", ">", ":"),
    "warm restarts": Look("warm restarts", "#D55E00", "o", "-"),
}
_OTHERS = (
    ("#0072B2", "o", "-"),
    ("#D55E00", "^", "--"),
    ("#009E73", "D", "-."),
    ("#CC79A7", "v", ":"),
    ("#7a7a7a", "s", "-"),
)


def look(name: str, position: int = 0) -> Look:
    """The look of a technique; for any other name, the one at `position` in a fixed order."""
    return (TECHNIQUES | DECAYS | SCHEDULES).get(name) or Look(name, *_OTHERS[position % len(_OTHERS)])


def wrapped(text: str, letters: int) -> str:
    """`text` in as few lines of at most so many letters as it needs, about equally long; a longer word stays whole."""
    fills = (textwrap.fill(text, n, break_long_words=False, break_on_hyphens=False) for n in range(letters, 0, -1))
    return min(fills, key=lambda fill: (fill.count("\n"), max(map(len, fill.split("\n")))))


def tint(colour: str, share: float) -> str:
    """`colour` on white paper, covering `share` of it: 1 is the colour itself, 0 white."""
    red, green, blue = (1 - share * (1 - channel) for channel in to_rgb(colour))
    return to_hex((red, green, blue))


def legible(colour: str) -> str:
    """`colour`, darkened until letters in it can be read on white: a contrast of 4.5 to 1 (WCAG 2.2, 1.4.3)."""
    red, green, blue = to_rgb(colour)
    shades = (to_hex((light / 20 * red, light / 20 * green, light / 20 * blue)) for light in range(20, -1, -1))
    return next(shade for shade in shades if contrast(shade, "white") >= 4.5)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21, as WCAG 2.2 defines it."""
    darker, lighter = sorted(map(_luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour))
    return sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@in_style
def new_figure(height: float, title: str, note: str = "") -> Figure:
    """A figure of the course's width under its title; `height` in inches is what lies between title and note.

    note: what the marks mean, set small below.
    """
    heading = wrapped(title, _TITLE_LETTERS)
    below = "\n".join(wrapped(line, _NOTE_LETTERS) for line in note.splitlines())
    height += _LINE * (heading.count("\n") + 1) + 0.85 * _LINE * len(below.splitlines()) + 0.1
    layout = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.06)
    figure = Figure(figsize=(_WIDTH, height), dpi=_DPI, layout=layout)
    figure.suptitle(heading, x=0.012, ha="left", fontsize=13, fontweight="bold")
    if below:
        figure.supxlabel(below, x=0.012, ha="left", fontsize=SMALL, color=SOFT)
    return figure


@in_style
def new_axes(height: float, title: str, x: str, y: str, note: str = "") -> tuple[Figure, Axes]:
    """A new figure with one pair of axes, named and ready to draw on."""
    figure = new_figure(height, title, note)
    axes = figure.add_subplot()
    axes.set(xlabel=x, ylabel=y)
    return figure, axes


def label_ends(axes: Axes, ends: Mapping[str, tuple[float, float]], *, height: float) -> None:
    """Each line's name to the right of all lines, as near to its end as the others let it. height: of axes, inches."""
    bottom, top = axes.get_ylim()
    styles = [look(name, position) for position, name in enumerate(ends)]
    texts = [wrapped(style.label, 16) for style in styles]
    room = [(0.19 * (text.count("\n") + 1) + 0.04) / height for text in texts]
    wanted = [(y - bottom) / (top - bottom) for _, y in ends.values()]
    for text, style, end, at, target in zip(texts, styles, ends.values(), _apart(wanted, room), wanted, strict=True):
        colour = legible(style.colour)
        thread = {"arrowstyle": "-", "color": colour, "lw": 0.8, "shrinkA": 0, "shrinkB": 5}
        moved = thread if abs(at - target) > 0.02 else None
        axes.annotate(
            text, end, (1.03, at), textcoords="axes fraction", va="center", color=colour, weight="bold",
            linespacing=1.0, arrowprops=moved, annotation_clip=False,
        )  # fmt: skip


def _apart(wanted: Sequence[float], room: Sequence[float]) -> list[float]:
    """Centres near `wanted`, in the same order, each with `room`, a height, of its own, and all in [0, 1]."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed, floor = dict(enumerate(wanted)), 0.0
    for i in order:  # upwards: nobody below the one before
        placed[i] = max(wanted[i], floor + room[i] / 2)
        floor = placed[i] + room[i] / 2
    ceiling = 1.0 + max(room) / 2
    for i in reversed(order):  # and down again from the top
        placed[i] = min(placed[i], ceiling - room[i] / 2)
        ceiling = placed[i] - room[i] / 2
    return [placed[i] for i in range(len(wanted))]


@dataclass(frozen=True)
class Picture:
    """A figure with its description in words. The last expression of a cell shows it, with the words as alt text."""

    figure: Figure
    alt: str

    @in_style
    def png(self) -> bytes:
        """The figure as PNG, at two pixels a CSS pixel; the same figure gives the same bytes."""
        buffer = io.BytesIO()
        if self.figure.get_layout_engine() is not None:  # laid out once: a second time moves things by a hair
            self.figure.draw_without_rendering()
            self.figure.set_layout_engine("none")
        self.figure.savefig(buffer, format="png", dpi=_DPI, metadata={"Software": None})
        return buffer.getvalue()

    def save(self, path: Path | str) -> None:
        """Write the PNG, whole or not at all."""
        write_whole(path, self.png())

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.png()).decode("ascii")
        width = round(self.figure.get_figwidth() * 100)
        style = f"width: {width}px; max-width: 100%; height: auto; background: white"
        return f'<img alt="{html.escape(self.alt)}" style="{style}" src="data:image/png;base64,{data}">'

    def __repr__(self) -> str:
        return self.alt
