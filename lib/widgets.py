"""What a reader moves: a slider that freezes a network stage by stage, and questions to answer before a cell is run.

Each shows itself twice: live, and as a still for pages that no kernel stands behind. Where the live one appears, it
hides the still.
"""

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ipywidgets
from IPython.display import HTML, display
from torch import Tensor, nn

from lib.freezing_costs import FreezingCost, freezing_costs
from lib.freezing_picture import freezing_picture
from lib.plot_style import Picture
from lib.predictions import FILE, Answer, Beside, in_words, keep_answer, kept_answers

_VIEW = "application/vnd.jupyter.widget-view+json"
_TIGHT = 'style="margin: 0; line-height: 1.5"'
# ipywidgets gives its sliders and groups of radio buttons no accessible name. An image that fails to load can do it.
_NAMING = (
    "this.closest('.widget-box').querySelectorAll('[role=slider], .widget-radio-box').forEach(control => {"
    " control.ariaLabel = this.dataset.name; control.role = control.role || 'radiogroup' })"
)
_WIDE = {"width": "560px", "max_width": "100%"}


class Shown:
    """Something live: `widget` where there is a kernel, `still()` as HTML and `repr()` where there is none."""

    widget: ipywidgets.Widget

    def still(self) -> str:
        """HTML that says the same without a kernel."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        return {_VIEW: view, "text/html": self.still(), "text/plain": repr(self)}

    def _ipython_display_(self) -> None:
        """Two outputs, for one that holds both would leave a page with the widget's state but no network empty."""
        bundle = self._repr_mimebundle_()
        display({_VIEW: bundle[_VIEW], "text/html": "", "text/plain": repr(self)}, raw=True)
        display(HTML(f'<div class="{self._still_class()}">{self.still()}</div>'))

    def _still_class(self) -> str:
        return f"still-{self.widget.model_id}"

    def _beside_live(self, name: str) -> ipywidgets.Widget:
        """What the live one brings along: it hides the still, and names the control for screen readers."""
        style = f"<style>.{self._still_class()} {{ display: none }}</style>"
        naming = f'<img hidden alt="" src="data:," data-name="{html.escape(name)}" onerror="{_NAMING}">'
        return ipywidgets.HTML(style + naming)


# ---- freezing, stage by stage -------------------------------------------------------------------------------------


def freezing_explorer(model: nn.Module, images: Tensor, labels: Tensor) -> "FreezingExplorer":
    """A slider over the number of frozen stages; trainable parameters, memory and gradient norms follow it.

    Everything is measured on this one batch by `lib.freezing_costs` and drawn before it is shown. `model` is left as it
    was. Raises ValueError for images and labels that do not fit.
    """
    return FreezingExplorer(freezing_costs(model, images, labels))


class FreezingExplorer(Shown):
    """The pictures for 0, 1, 2, … frozen stages behind a slider. It begins halfway."""

    def __init__(self, costs: Sequence[FreezingCost]) -> None:
        self.pictures = [freezing_picture(costs, count) for count in range(len(costs))]
        self._drawn = [picture._repr_html_() for picture in self.pictures]
        self.slider = ipywidgets.IntSlider(
            min=0,
            max=len(costs) - 1,
            value=len(costs) // 2,
            description="frozen stages",
            tooltip="how many stages are frozen, from the input on",
            style={"description_width": "initial"},
            layout=_WIDE,
        )
        self._shown = ipywidgets.HTML(self.still())
        self.widget = ipywidgets.VBox([self.slider, self._shown])
        self.widget.children += (self._beside_live(self.slider.description),)
        self.slider.observe(self._follow, names="value")

    @property
    def picture(self) -> Picture:
        """The picture that the slider stands at."""
        return self.pictures[self.slider.value]

    def still(self) -> str:
        """The picture that the slider stands at, as HTML."""
        return self._drawn[self.slider.value]

    def __repr__(self) -> str:
        return self.picture.alt

    def _follow(self, _: Any) -> None:
        self._shown.value = self.still()


# ---- predictions --------------------------------------------------------------------------------------------------


def predict(
    question: str,
    choices: Sequence[str] = (),
    *,
    low: float | None = None,
    high: float | None = None,
    step: float = 1,
    unit: str = "",
    key: str = "",
    file: Path | str = FILE,
) -> "Prediction":
    """Ask before the next cell is run: one of `choices`, or a number between `low` and `high`.

    The answer is `.value`, None until there is one, and is kept in `file`, beside the notebook, under `key` (without
    one, under the question). Raises ValueError unless there are either two different choices or more, or low < high.

    Example:
        >>> predict("Which learns faster?", ["frozen", "fine-tuned"], file="/nowhere/answers").value is None
        True
    """
    if (low is None) != (high is None) or bool(choices) == (low is not None):
        raise ValueError("predict: expected either choices, or low and high")
    if low is not None and high is not None and low < high and step > 0:
        span = high - low
        fitting = {"min": low, "max": high, "step": min(step, span), "value": low + round(span / 2 / step) * step}
        whole = all(float(value).is_integer() for value in fitting.values())
        control = (ipywidgets.IntSlider if whole else ipywidgets.FloatSlider)(**fitting, continuous_update=False)
        return Prediction(question, control, unit, key or question, Path(file))
    if len(set(choices)) < 2 or len(set(choices)) < len(choices):
        raise ValueError(f"predict: expected low < high and step > 0, or two different choices or more, got {choices}")
    control = ipywidgets.RadioButtons(options=list(choices), value=None)
    return Prediction(question, control, unit, key or question, Path(file))


class Prediction(Shown):
    """A question, what answers it, and the answer: `value`, None until the reader has chosen."""

    def __init__(self, question: str, control: ipywidgets.Widget, unit: str, key: str, file: Path) -> None:
        self.question, self.control, self.unit = question, control, unit
        self._key, self._file = key, file.absolute()
        self._saying = ipywidgets.HTML()
        kept, problem = kept_answers(self._file)
        self.value: Answer | None = self._restored(kept.get(key))
        control.description, control.layout, control.tooltip = "your guess", ipywidgets.Layout(**_WIDE), question
        control.style.description_width = "initial"
        self._say(problem)
        control.observe(self._answered, names="value")
        self.widget = ipywidgets.VBox([ipywidgets.HTML(self._asked()), control, self._saying])
        self.widget.children += (self._beside_live(question),)

    def beside(self, measured: Answer, unit: str | None = None) -> Beside:
        """The prediction beside what was measured, to be shown by the cell that measured it."""
        return Beside(self.value, measured, self.unit if unit is None else unit)

    def still(self) -> str:
        """The question, what may be answered, and the answer if there is one."""
        words = (f"<p {_TIGHT}>{html.escape(text)}</p>" for text in (self._possible(), self._answer()))
        return self._asked() + "".join(words)

    def __repr__(self) -> str:
        return f"Predict: {self.question} {self._answer()}"

    def _asked(self) -> str:
        return f"<p {_TIGHT}><strong>Predict.</strong> {html.escape(self.question)}</p>"

    def _possible(self) -> str:
        if isinstance(self.control, ipywidgets.RadioButtons):
            return f"Either {' or '.join(map(in_words, self.control.options))}."
        return f"Between {in_words(self.control.min)} and {in_words(self.control.max, self.unit)}."

    def _answer(self) -> str:
        return "No answer yet." if self.value is None else f"You say: {in_words(self.value, self.unit)}."

    def _restored(self, kept: Answer | None) -> Answer | None:
        """A kept answer, if the question still allows it; the control is put there."""
        options = getattr(self.control, "options", None)
        if options is not None:
            allowed = kept in options
        else:
            allowed = isinstance(kept, int | float) and self.control.min <= kept <= self.control.max
        if not allowed:
            return None
        self.control.value = kept
        return self.control.value

    def _answered(self, change: Any) -> None:
        if change["new"] is not None:
            self.value = change["new"]
            self._say(keep_answer(self._file, self._key, change["new"]))

    def _say(self, problem: str) -> None:
        self._saying.value = (
            f'<p {_TIGHT} role="status" aria-live="polite">{html.escape(f"{self._answer()} {problem}".strip())}</p>'
        )
