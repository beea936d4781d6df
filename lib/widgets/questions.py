"""Questions to answer before a cell is run, kept and shown beside what happened."""

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ipywidgets

from lib.predictions import FILE, Answer, Beside, in_words, keep_answer, kept_answers
from lib.widgets.shown import WIDE, Shown

_TIGHT = 'style="margin: 0; line-height: 1.5"'


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
        control.description, control.layout, control.tooltip = "your guess", ipywidgets.Layout(**WIDE), question
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
