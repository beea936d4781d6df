"""The page that a learner gets back: each exercise with its verdict, its hint, and the code as it was read.

It runs no script and loads nothing. Everything that came out of a submission is escaped. What was expected is told in
words where numbers would come from the inputs that answers are graded on.
"""

import base64
import hashlib
import re
from dataclasses import replace
from html import escape

from autograder.exercise import Finding, Verdict
from autograder.grading import Graded, Lesson, Result
from autograder.probes import UNWRITTEN
from autograder.report import STYLE, card
from autograder.sandbox.isolation import NONE
from autograder.submission import TASK

GENERATOR = '<meta name="generator" content="autograder grade">'
_LONGEST = 20_000, 300  # characters of code, and of what an answer gave
_UNWRITTEN = f"{UNWRITTEN} (NotImplementedError)"
_ADVICE = {
    "it did not finish": "Does a loop miss its end, or does something wait?",
    "its process ended": "Does something end Python itself, such as os._exit, or use up the memory?",
    "its cell is not": "A fresh copy of the lesson has it; your other answers can be pasted into that copy.",
    "the cell itself fails": "Run the notebook from top to bottom in a fresh kernel: does the cell run there?",
}

# Of every page: its colours by day and by night, its width, its headings.
PAPER = """
:root{color-scheme:light dark;--ink:#1d2430;--soft:#5b6472;--paper:#fdfcf9;--line:#d9d5cb;--good:#00785a;--next:#b34d00;
 --code:#f3f0e8}
@media(prefers-color-scheme:dark){:root{--ink:#e8e6e1;--soft:#a6adb8;--paper:#16191f;--line:#343a45;--good:#3ccfa4;--next:#ff9d57;
 --code:#1f242c}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1.0625rem/1.6 system-ui,sans-serif}
main{max-width:48rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}
h1{font-size:1.9rem;line-height:1.2;margin:.1em 0 .4em;overflow-wrap:anywhere}
"""
_STYLE = (
    STYLE
    + PAPER
    + """
.lesson{color:var(--soft);margin:0}
.score{font-size:1.25rem;margin:0 0 .4em}.score b{font-size:1.7rem}
progress{width:100%;height:.7rem;border:0;border-radius:.35rem;background:var(--line);overflow:hidden;accent-color:var(--good)}
progress::-webkit-progress-bar{background:var(--line)}progress::-webkit-progress-value{background:var(--good)}
progress::-moz-progress-bar{background:var(--good)}
.lead{margin:1em 0}.note{border-left:4px solid var(--next);padding:.1em 0 .1em .9em;margin:1em 0}
.overview{list-style:none;padding:0;margin:1.6em 0 0;border-top:1px solid var(--line)}
.overview li{display:flex;gap:.6em;padding:.45em 0;border-bottom:1px solid var(--line)}
.overview a{flex:1;color:inherit;overflow-wrap:anywhere}
.overview .good{color:var(--good)}.overview .next{color:var(--next)}
.overview .points,.mono,h2{font-variant-numeric:tabular-nums}
h2{font-size:1.3rem;margin:2.4em 0 .5em;overflow-wrap:anywhere}
h2 small{font-weight:400;color:var(--soft);font-size:.75em;white-space:nowrap}
.verdict h4{display:none}.verdict li{padding-left:1.5em}.verdict .mark{margin-left:-1.5em;width:1.5em}
.verdict .detail{margin-left:0}.verdict small{white-space:nowrap}
.remark{color:var(--soft);font-size:.95em;margin:.4em 0}.verdict .cause{margin:.2em 0 .6em}
.verdict .sought{margin:.6em 0 .2em;color:var(--soft);font-size:.95em}
details{margin:.7em 0}summary{cursor:pointer;color:var(--soft)}
pre{background:var(--code);border:1px solid var(--line);border-radius:6px;padding:.8em 1em;overflow-x:auto;
 margin:.5em 0;font:.85rem/1.5 ui-monospace,monospace;tab-size:4}
pre.words{white-space:pre-wrap;overflow-wrap:anywhere;font-family:inherit;font-size:1rem}
footer{margin-top:3em;padding-top:1em;border-top:1px solid var(--line);color:var(--soft);font-size:.95em}
"""
)


def page(lesson: Lesson, graded: Graded) -> str:
    """The whole page, as HTML."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode("utf-8")).digest()).decode("ascii")
    notes = "".join(f'<p class="note">{_text(note)}</p>' for note in notes_of(graded))
    found = graded.results if any(result.source is not None for result in graded.results) else []
    overview = f'<ol class="overview">{"".join(map(_overview, found))}</ol>' if found else ""
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-{digest}'">
<meta name="viewport" content="width=device-width, initial-scale=1">{GENERATOR}
<title>{_text(graded.entry.student)} · {_text(lesson.title)}</title><style>{_STYLE}</style></head>
<body><main><header><p class="lesson">{_text(lesson.title)}</p><h1>{_text(graded.entry.student)}</h1>
<p class="score"><b>{graded.points}</b> of {graded.possible} points</p>
<progress value="{graded.points}" max="{graded.possible}">{graded.points} of {graded.possible}</progress>
{notes}<p class="lead">{escape(_lead(graded))}</p></header>
{overview}
{"".join(map(_section, found))}
{"".join(_written(lesson, graded, task) for task in lesson.tasks)}
<footer>Answers are graded on other inputs than those in the notebook, each one by itself: a fault in one costs nothing
elsewhere. <span class="mono">check()</span> in the notebook tells as much, as often as you like. Your code was
{escape(graded.isolation.words)}.</footer>
</main></body></html>
"""


def notes_of(graded: Graded) -> list[str]:
    """Sentences on the submission as a whole, the first of them its stamp where there were no walls."""
    stamp = [] if graded.isolation.held else [f"{NONE.upper()}: this was graded without a sandbox."]
    return [*stamp, *graded.notes]


def shown(result: Result) -> str:
    """The verdict as HTML: its card, or the reason for which no property could be tried."""
    return _stopped(result.verdict, result.cause) if result.cause else card(discreet(result.verdict))


def _lead(graded: Graded) -> str:
    open_ones = [result for result in graded.results if not result.verdict.passed]
    if not open_ones:
        return "Everything holds, on inputs that your code had never seen. Well done."
    if all(result.source is None for result in graded.results):
        return "There was nothing to grade. Hand in the lesson's own notebook, and all that is in it will count."
    started = [result for result in open_ones if result.cause != _UNWRITTEN]
    name, count = (started or open_ones)[0].verdict.exercise, len(open_ones)
    if count == 1:
        return f"One exercise is still open: {name}. Below stands what was seen, and where to look next."
    way = f"{name} is a good one to {'go on' if started else 'begin'} with"
    return f"{count} exercises are still open; {way}. Below stands what was seen in each."


def _overview(result: Result) -> str:
    verdict = result.verdict
    mark, tone, words = ("✓", "good", "holds") if verdict.passed else ("○", "next", "open")
    return (
        f'<li><span class="{tone}" role="img" aria-label="{words}">{mark}</span>'
        f'<a href="#{escape(verdict.exercise)}">{escape(verdict.exercise)}</a>'
        f'<span class="points">{verdict.points} of {verdict.possible}</span></li>'
    )


# ---- an exercise --------------------------------------------------------------------------------------------------


def _section(result: Result) -> str:
    verdict = result.verdict
    name = escape(verdict.exercise)
    remark = f'<p class="remark">{_text(result.remark)}</p>' if result.remark else ""
    state = f"{verdict.points} of {verdict.possible} points{', all of it holds' if verdict.passed else ''}"
    return (
        f'<section id="{name}"><h2>{name} <small>{state}</small></h2>{remark}{shown(result)}{_code(result)}</section>'
    )


def _written(lesson: Lesson, graded: Graded, task: str) -> str:
    """An answer in words, as it was read, with its question: a person gives the points."""
    heading = task.removeprefix(TASK).replace("_", " ").capitalize()
    points, text = lesson.tasks[task], graded.written.get(task, "")
    state = f"up to {points} points, given by a person"
    shown = (
        f'<pre class="words" tabindex="0">{_text(text[: _LONGEST[0]])}</pre>' if text else "<p>Nothing was written.</p>"
    )
    return f'<section id="{escape(task)}"><h2>{escape(heading)} <small>{state}</small></h2>{shown}</section>'


def _stopped(verdict: Verdict, cause: str) -> str:
    """In place of a card that would give the same reason on every line."""
    mark = '<span class="mark" aria-hidden="true">○</span>'
    sought = "".join(f"<li>{mark}{escape(f.sentence)} <small>({f.points})</small></li>" for f in verdict.findings)
    return (
        f'<section class="verdict wrong"><p class="cause">{_told(cause)}</p>'
        f'<p class="sought">What earns points here:</p><ul>{sought}</ul></section>'
    )


def _told(cause: str) -> str:
    if cause == _UNWRITTEN:
        return "It is not written yet. The folded hints in the lesson are a good way in."
    sentence = f"It could not be tried: {_text(cause[: _LONGEST[1]].rstrip('.'))}."
    return " ".join([sentence, *(advice for start, advice in _ADVICE.items() if cause.startswith(start))])


def _code(result: Result) -> str:
    if result.source is None:
        return ""
    longest = _LONGEST[0]
    cut = "" if len(result.source) <= longest else f"<p class=remark>The first {longest:,} characters are shown.</p>"
    state = "" if result.verdict.passed or result.cause == _UNWRITTEN else " open"
    code = _text(result.source[:longest]) or "<i>an empty cell</i>"
    return f'<details{state}><summary>Your code, as it was read</summary><pre tabindex="0">{code}</pre>{cut}</details>'


def discreet(verdict: Verdict) -> Verdict:
    """The verdict without numbers that come from the inputs that it was reached on, and nothing too long."""
    return replace(verdict, findings=tuple(_discreet(finding) for finding in verdict.findings))


def _discreet(finding: Finding) -> Finding:
    """An entry of a tensor is named by its place; a tensor that would be listed, by what it is."""
    place = re.fullmatch(r"\S+ at (\[[\d, ]*\])", finding.expected)
    if place:
        return replace(finding, expected=f"the right value at {place[1]}", got="another")
    if re.fullmatch(r"tensor\(\[.*\]\)", finding.expected):
        return replace(finding, expected="the right values", got="others")
    return replace(finding, got=clean(finding.got[: _LONGEST[1]]))


def _text(text: str) -> str:
    return escape(clean(text))


def clean(text: str) -> str:
    """Without what no page may hold: control characters, half surrogate pairs, marks that turn reading around."""
    return re.sub(
        r"[^\t\n\x20-\x7e\xa0-\u200d\u2010-\u2027\u2030-\u2065\u2070-\ud7ff\ue000-\U0010ffff]", "\ufffd", text
    )
