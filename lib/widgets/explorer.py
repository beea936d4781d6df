"""Pictures to move through: one for each position of one or more sliders, all drawn before any is shown."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets
from torch import Tensor, nn

from lib.freezing_costs import freezing_costs
from lib.freezing_picture import freezing_picture
from lib.plot_style import Picture
from lib.widgets.shown import WIDE, Shown

Position = tuple[Any, ...]


def explore(pictures: Mapping[Any, Picture], *sliders: str, start: Any = None) -> "Explorer":
    """Sliders that choose among `pictures`, which answer at once, for all of them are drawn beforehand.

    pictures: what stands at each position. With one slider the keys are its values, in order (numbers or words); with
    several, they are tuples of one value for each, and every combination is there. sliders: their names, which say what
    is moved and in which unit. start: the key that is shown first, and by the still; the middle one unless given.
    Raises ValueError where there are fewer than two pictures, no slider, a combination missing, or an unknown start.

    Example:
        >>> pictures = {n: lib.plots.bars({"seen": float(n)}, "How many?", x="images") for n in (10, 20, 50)}
        >>> explore(pictures, "images").position
        (20,)
    """
    keys = {key if isinstance(key, tuple) else (key,): picture for key, picture in pictures.items()}
    if len(keys) < 2 or not sliders:
        raise ValueError(f"pictures: expected at least two, and a name for each slider, got {len(keys)} and {sliders}")
    if wrong := [key for key in keys if len(key) != len(sliders)]:
        raise ValueError(f"pictures: expected one value for each of {list(sliders)} in a key, got {wrong[0]}")
    values = [list(dict.fromkeys(column)) for column in zip(*keys, strict=True)]
    if missing := [key for key in itertools.product(*values) if key not in keys]:
        raise ValueError(f"pictures: expected one for every combination, {missing[0]} has none")
    middle = tuple(column[len(column) // 2] for column in values)
    begin = middle if start is None else start if isinstance(start, tuple) else (start,)
    if begin not in keys:
        raise ValueError(f"start: expected a key of pictures, got {start!r}")
    return Explorer(keys, dict(zip(sliders, values, strict=True)), begin)


def freezing_explorer(model: nn.Module, images: Tensor, labels: Tensor) -> "Explorer":
    """A slider over the number of frozen stages; trainable parameters, memory and gradient norms follow it.

    Everything is measured on this one batch by `lib.freezing_costs` and drawn before it is shown. `model` is left as it
    was. Raises ValueError for images and labels that do not fit.
    """
    costs = freezing_costs(model, images, labels)
    return explore({count: freezing_picture(costs, count) for count in range(len(costs))}, "frozen stages")


class Explorer(Shown):
    """Pictures behind sliders, as `explore` makes them."""

    def __init__(self, pictures: Mapping[Position, Picture], sliders: Mapping[str, Sequence[Any]], start: Position):
        self.pictures = pictures
        self._drawn = {position: picture._repr_html_() for position, picture in pictures.items()}
        self.sliders = [_slider(name, values, at) for (name, values), at in zip(sliders.items(), start, strict=True)]
        self._shown = ipywidgets.HTML(self.still())
        self.widget = ipywidgets.VBox([*self.sliders, self._shown])
        self.widget.children += (self._beside_live(*sliders),)
        for slider in self.sliders:
            slider.observe(self._follow, names="value")

    @property
    def position(self) -> Position:
        """Where the sliders stand."""
        return tuple(slider.value for slider in self.sliders)

    @property
    def picture(self) -> Picture:
        """The picture that stands there."""
        return self.pictures[self.position]

    def still(self) -> str:
        """The picture that stands there, as HTML."""
        return self._drawn[self.position]

    def __repr__(self) -> str:
        return self.picture.alt

    def _follow(self, _: Any) -> None:
        self._shown.value = self.still()


def _slider(name: str, values: Sequence[Any], start: Any) -> ipywidgets.Widget:
    """A slider over whole numbers where the values are consecutive ones, else over the values as they are written."""
    look = {"description": name, "tooltip": name, "style": {"description_width": "initial"}, "layout": WIDE}
    if all(type(value) is int for value in values) and list(values) == list(range(values[0], values[-1] + 1)):
        return ipywidgets.IntSlider(min=values[0], max=values[-1], value=start, **look)
    options = [(f"{value:g}" if isinstance(value, float) else str(value), value) for value in values]
    return ipywidgets.SelectionSlider(options=options, value=start, **look)
