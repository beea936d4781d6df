"""A verdict as a learner sees it: a card in the notebook, the same as text elsewhere. Feedback pages use it too."""

import re
from html import escape

from torch import Tensor

from autograder.exercise import Finding, Verdict

_ROWS, _COLUMNS = 10, 8  # the most that a picture of a tensor shows

STYLE = """
.verdict{border:1px solid #8888;border-left:6px solid var(--tone);border-radius:6px;padding:.6em 1em;margin:.4em 0;
 max-width:60em; font-family:system-ui,sans-serif;line-height:1.45}
.verdict.right{--tone:#009e73}.verdict.wrong{--tone:#d55e00}
.verdict h4{margin:0 0 .3em;font-size:1.05em}.verdict ul{list-style:none;margin:0;padding:0}.verdict li{margin:.25em 0}
.verdict .mark{display:inline-block;width:1.4em;font-weight:700}
.verdict .detail{display:block;margin-left:1.4em;opacity:.85;font-size:.93em}
.verdict code{background:#8882;padding:.05em .3em;border-radius:3px;overflow-wrap:anywhere}
.verdict .hint{border-top:1px solid #8885;margin-top:.6em;padding-top:.5em}
.verdict .pictures{display:flex;flex-wrap:wrap;gap:1.2em;margin:.5em 0 0 1.4em}
.verdict figure{margin:0}.verdict figcaption{font-size:.85em;opacity:.85}
.verdict svg{display:block;max-width:100%}
"""


class Report:
    """Shows itself as HTML in a notebook and as text on a terminal.

    difference: name, expected and got of the first observation worth a picture, or None.
    """

    def __init__(self, verdict: Verdict, difference: tuple[str, Tensor, Tensor] | None = None) -> None:
        self.verdict = verdict
        self.difference = difference

    def _repr_html_(self) -> str:
        return f"<style>{STYLE}</style>{card(self.verdict, self.difference)}"

    def __repr__(self) -> str:
        lines = [title(self.verdict)]
        for finding in self.verdict.findings:
            lines.append(f"  {'✓' if finding.held else '✗'} {finding.sentence}")
            if not finding.held:
                lines.append(f"      {'; '.join(f'{label} {text}' for label, text in details(finding))}")
        if self.verdict.hint:
            lines.append(f"  Hint: {self.verdict.hint}")
        return "\n".join(lines)


def title(verdict: Verdict) -> str:
    """Exercise and points, in words."""
    state = "all of it holds" if verdict.passed else "not yet"
    return f"{verdict.exercise}: {state} ({verdict.points} of {verdict.possible} points)"


def details(finding: Finding) -> list[tuple[str, str]]:
    """Of a property that did not hold: on which case, what was looked at, what was expected, if told, and what came."""
    if not finding.observation:
        return [("on", finding.case), ("there", finding.got)]
    wanted = [("expected", finding.expected)] if finding.expected else []
    return [("on", finding.case), ("looking at", finding.observation), *wanted, ("got", finding.got)]


def card(verdict: Verdict, difference: tuple[str, Tensor, Tensor] | None = None) -> str:
    """The verdict as an HTML section; needs STYLE once on the page. Everything a learner wrote is escaped."""
    tone = "right" if verdict.passed else "wrong"
    rows = "".join(_row(finding) for finding in verdict.findings)
    pictures = _pictures(*difference) if difference else ""
    hint = f'<div class="hint"><strong>Hint.</strong> {_prose(verdict.hint)}</div>' if verdict.hint else ""
    return f'<section class="verdict {tone}"><h4>{escape(title(verdict))}</h4><ul>{rows}</ul>{pictures}{hint}</section>'


def _row(finding: Finding) -> str:
    mark, word = ("✓", "holds") if finding.held else ("✗", "does not hold yet")
    points = f"{finding.points} point{'s' if finding.points != 1 else ''}"
    row = f'<span class="mark" role="img" aria-label="{word}">{mark}</span>'
    row += f"{_prose(finding.sentence)} <small>({points})</small>"
    if not finding.held:
        told = [f"{label} <code>{escape(text)}</code>" for label, text in details(finding)[1:]]
        row += f'<span class="detail">On {escape(finding.case)}: {", ".join(told)}.</span>'
    return f"<li>{row}</li>"


def _prose(text: str) -> str:
    """A sentence of ours as HTML, what stands in backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


# ---- pictures -----------------------------------------------------------------------------------------------------


def _pictures(name: str, expected: Tensor, got: Tensor) -> str:
    """Expected and got side by side, a square an entry, in one scale; only where both have entries to show."""
    tables = [tensor[:_ROWS, :_COLUMNS].double().nan_to_num() for tensor in (expected, got)]
    if any(table.numel() == 0 for table in tables):
        return ""
    scale = max(float(table.abs().max()) for table in tables) or 1.0
    figures = zip(("expected", "got"), tables, (expected, got), strict=True)
    return '<div class="pictures">' + "".join(_picture(name, *one, scale) for one in figures) + "</div>"


def _picture(name: str, label: str, table: Tensor, whole: Tensor, scale: float) -> str:
    side, (rows, columns) = 16, table.shape
    squares = "".join(
        f'<rect x="{x * side}" y="{y * side}" width="{side - 1}" height="{side - 1}" fill="{_colour(value / scale)}"/>'
        for y, line in enumerate(table.tolist())
        for x, value in enumerate(line)
    )
    shape = " × ".join(map(str, whole.shape))
    words = f"{escape(name)}, {label}, {shape}"
    cut = "" if table.shape == whole.shape else f", the first {rows} × {columns} shown"
    return (
        f'<figure><svg role="img" aria-label="{words}" width="{columns * side}" height="{rows * side}">{squares}</svg>'
        f"<figcaption>{words}{cut}; blue below zero, orange above</figcaption></figure>"
    )


def _colour(value: float) -> str:
    """White at 0, blue (#0072b2) towards −1, orange (#d55e00) towards 1."""
    end = (213, 94, 0) if value > 0 else (0, 114, 178)
    share = min(1.0, abs(value))
    return "#" + "".join(f"{round(245 + (channel - 245) * share):02x}" for channel in end)
