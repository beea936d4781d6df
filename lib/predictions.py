"""Predictions: what a reader said before running a cell, kept in a small file beside the notebook, so that it is still
there after "Restart & run all", and set beside what was measured.
"""

import html
import json
from dataclasses import dataclass
from pathlib import Path

from lib.files import write_whole

FILE = ".predictions.json"
Answer = str | float


def kept_answers(file: Path) -> tuple[dict[str, Answer], str]:
    """The answers in `file` by their key, and a sentence if it could not be read: then there are none.

    Example:
        >>> kept_answers(Path("no such file"))
        ({}, '')
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError("no table of answers")
    except FileNotFoundError:
        return {}, ""
    except (OSError, ValueError):
        return {}, f"The earlier answers in {file.name} cannot be read and are left aside."
    return {key: answer for key, answer in found.items() if _is_answer(answer)}, ""


def keep_answer(file: Path, key: str, answer: Answer) -> str:
    """Keep one answer beside the others in `file`; return a sentence if that failed, which is no reason to stop.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = keep_answer(Path(folder) / FILE, "first", 0.5), keep_answer(Path(folder) / FILE, "second", "frozen")
        ...     kept_answers(Path(folder) / FILE)
        ({'first': 0.5, 'second': 'frozen'}, '')
    """
    answers, _ = kept_answers(file)
    try:
        write_whole(file, json.dumps(answers | {key: answer}, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    except OSError:
        return f"The answer holds until the kernel ends: {file.name} cannot be written here."
    return ""


@dataclass(frozen=True)
class Beside:
    """A prediction (None: there was none) beside what was measured. Shows itself as HTML, and as text elsewhere.

    Example:
        >>> Beside(predicted=80, measured=92.4, unit="%")
        You said: 80 %. Measured: 92.4 %. Your guess was 12.4 too low.
    """

    predicted: Answer | None
    measured: Answer
    unit: str = ""

    def __repr__(self) -> str:
        measured = in_words(self.measured, self.unit)
        if self.predicted is None:
            return f"Measured: {measured}. You made no guess this time; try one before you run the next such cell."
        return f"You said: {in_words(self.predicted, self.unit)}. Measured: {measured}. {self._comment()}".strip()

    def _comment(self) -> str:
        predicted, measured = self.predicted, self.measured
        if isinstance(predicted, str) and isinstance(measured, str):
            return "Just as you said." if predicted == measured else "Not what you expected: what explains it?"
        if isinstance(predicted, str) or isinstance(measured, str) or predicted is None:
            return ""
        if number(predicted) == number(measured):
            return "Just as you said."
        return f"Your guess was {number(abs(measured - predicted))} too {'low' if measured > predicted else 'high'}."

    def _repr_html_(self) -> str:
        style = "border-left: 4px solid #0072B2; padding: .3em .8em; margin: .4em 0; max-width: 44em"
        return f'<p style="{style}">{html.escape(repr(self))}</p>'


def in_words(answer: Answer, unit: str = "") -> str:
    """An answer with its unit: a number with three digits, a text in quotation marks.

    Example:
        >>> in_words(0.12345, "points"), in_words("frozen")
        ('0.123 points', '“frozen”')
    """
    return f"“{answer}”" if isinstance(answer, str) else f"{number(answer)} {unit}".strip()


def number(value: float) -> str:
    """Three significant digits, never an exponent below a million, thousands apart.

    Example:
        >>> number(0.012345), number(12_345.6)
        ('0.0123', '12,346')
    """
    if abs(value) >= 100 or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _is_answer(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)
