"""The instructor's page: how a class did, which exercise and which mistake how often, and who needs a look and why.

It runs no script and loads nothing, as the learners' pages do.
"""

import base64
import hashlib
import inspect
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from autograder.feedback import PAPER, clean
from autograder.gradebook import Standing
from autograder.grading import Graded, Lesson
from autograder.records import Record

_BINS = 10
_MOST = 300  # rows of who needs a look; grades.csv has all
_LIBRARIES = "avalanche|fastai|kornia|lightning|pytorch_adapt|scipy|sklearn|timm|torchvision"

_STYLE = (
    PAPER
    + """
main{max-width:64rem}h2{margin-top:2.2em}
table{border-collapse:collapse;width:100%;margin:.8em 0 1.6em;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:600;padding:.4em 0}
th,td{text-align:left;padding:.35em .7em .35em 0;border-bottom:1px solid var(--line);vertical-align:top}
td.number,th.number{text-align:right}
.scroll{overflow-x:auto}
@media(max-width:40rem){td,th{font-size:.92em}}
svg{display:block;width:100%;height:auto;max-width:40rem}svg text{fill:var(--ink);font:12px system-ui,sans-serif}
svg rect{fill:#0072b2}svg line{stroke:var(--line)}
"""
)


@dataclass
class _Class:
    """Counts of one lesson."""

    submissions: int = 0
    shares: Counter[int] = field(default_factory=Counter)
    total: float = 0.0
    points: Counter[str] = field(default_factory=Counter)
    solved: Counter[str] = field(default_factory=Counter)
    absent: Counter[str] = field(default_factory=Counter)
    mistakes: Counter[tuple[str, str]] = field(default_factory=Counter)
    to_mark: int = 0
    late: int = 0


class Summary:
    """Takes one record after the other, and becomes a page."""

    def __init__(self, lessons: Mapping[str, Lesson]) -> None:
        self.lessons = lessons
        self.classes = {name: _Class() for name in lessons}
        self.looks: list[tuple[str, str, str]] = []
        self.more = 0

    def add(self, record: Record, standing: Standing) -> None:
        """Count a submission in."""
        graded = record.graded
        own = self.classes[graded.entry.lesson]
        own.submissions += 1
        own.total += graded.points
        own.shares[min(_BINS - 1, _BINS * graded.points // max(1, graded.possible))] += 1
        own.to_mark += standing.to_mark
        own.late += standing.penalty > 0
        for result in graded.results:
            verdict = result.verdict
            own.points[verdict.exercise] += verdict.points
            own.solved[verdict.exercise] += verdict.passed
            own.absent[verdict.exercise] += result.source is None
            if verdict.misconception:
                own.mistakes[verdict.exercise, verdict.misconception] += 1
        for reason in reasons(graded, self.lessons[graded.entry.lesson]):
            if len(self.looks) < _MOST:
                self.looks.append((graded.entry.key, graded.entry.lesson, reason))
            else:
                self.more += 1

    def page(self) -> str:
        """All of it, as HTML."""
        digest = base64.b64encode(hashlib.sha256(_STYLE.encode("utf-8")).digest()).decode("ascii")
        count = sum(one.submissions for one in self.classes.values())
        return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-{digest}'">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Summary of the grading</title>
<style>{_STYLE}</style></head>
<body><main><h1>Summary</h1><p>{count:,} submissions. Points below are the automatic ones; marks given by hand and
penalties are in grades.csv and in the gradebook.</p>
{self._looks()}
{"".join(self._lesson(name) for name, one in self.classes.items() if one.submissions)}
</main></body></html>
"""

    def _looks(self) -> str:
        if not self.looks:
            return "<h2>Who needs a look</h2><p>Nobody.</p>"
        rows = [[escape(clean(cell)) for cell in row] for row in self.looks]
        more = f"<p>And {self.more:,} more: see the column <code>note</code> of grades.csv.</p>" if self.more else ""
        table = _table("By student", ["student", "lesson", "why"], rows)
        return f"<h2>Who needs a look</h2>{table}{more}"

    def _lesson(self, name: str) -> str:
        own, lesson = self.classes[name], self.lessons[name]
        count, possible = own.submissions, sum(exercise.points for exercise in lesson.exercises)
        waiting = f" {own.to_mark:,} written answers are still to be marked." if own.to_mark else ""
        late = f" {own.late:,} came late and lost points for it." if own.late else ""
        exercises = [
            [
                escape(exercise.name),
                f"{own.points[exercise.name] / count:.1f} of {exercise.points}",
                f"{own.solved[exercise.name]:,}",
                f"{own.absent[exercise.name]:,}",
            ]
            for exercise in lesson.exercises
        ]
        mistakes = [
            [escape(exercise), escape(mistake), f"{times:,}"] for (exercise, mistake), times in _often(own.mistakes)
        ]
        heads = ["exercise", "points on average", "solved whole", "not handed in"]
        found = _table("Known mistakes", ["exercise", "mistake", "times"], mistakes) if mistakes else ""
        return (
            f"<h2>{escape(clean(lesson.title))}</h2>"
            f"<p>{count:,} submissions, {own.total / count:.1f} of {possible} points on average.{waiting}{late}</p>"
            f"{_histogram(own.shares)}{_table('Exercises', heads, exercises)}{found}"
        )


def reasons(graded: Graded, lesson: Lesson) -> list[str]:
    """Why a person should look at a submission; nothing for most."""
    found = [] if graded.isolation.held else ["graded without a sandbox"]
    found += [note for note in graded.notes if "no cell ids" not in note]
    references = {exercise.name: exercise.reference for exercise in lesson.exercises}
    for result in graded.results:
        name = result.verdict.exercise
        if result.source is None:
            continue
        if re.match(r"it did not finish|its process|it took more", result.cause or ""):
            found.append(f"{name}: {result.cause}")
        own = libraries(Path(inspect.getfile(references[name])).read_text(encoding="utf-8"))
        if used := sorted(libraries("\n".join([*result.above, result.source])) - own):
            found.append(f"{name}: calls {', '.join(used)}, which may compute what was asked for")
    return found


def libraries(source: str) -> set[str]:
    """Libraries imported in a source, by its looks, that could do a learner's work; a reference may use them too."""
    return set(re.findall(rf"^\s*(?:import|from)\s+({_LIBRARIES})\b", source, re.MULTILINE))


def _often(counts: Counter[tuple[str, str]]) -> list[tuple[tuple[str, str], int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def _table(caption: str, heads: list[str], rows: list[list[str]]) -> str:
    """Cells are HTML already, of text alone: names may break after an underscore. Numbers stand on the right."""
    rows = [[cell.replace("_", "_<wbr>") for cell in row] for row in rows]
    numbers = [all(re.match(r"[\d,]+$", row[i]) for row in rows) for i in range(len(heads))]
    kinds = [' class="number"' if number else "" for number in numbers]
    head = "".join(f'<th scope="col"{kind}>{name}</th>' for name, kind in zip(heads, kinds, strict=True))
    body = "".join(
        f"<tr>{''.join(f'<td{kind}>{cell}</td>' for cell, kind in zip(row, kinds, strict=True))}</tr>" for row in rows
    )
    return (
        f'<div class="scroll" tabindex="0"><table><caption>{caption}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _histogram(shares: Counter[int]) -> str:
    """How many submissions reached which tenth of the points."""
    most, width, height = max(shares.values()), 52, 140
    bars, words = "", []
    for i in range(_BINS):
        tall = height * shares[i] / most
        label = f"{100 * i // _BINS}–{100 * (i + 1) // _BINS}"
        x, y = 10 + i * width, 20 + height - tall
        bars += f'<rect x="{x}" y="{y:.1f}" width="{width - 6}" height="{tall:.1f}"/>'
        bars += f'<text x="{x + (width - 6) / 2}" y="{y - 5:.1f}" text-anchor="middle">{shares[i]:,}</text>'
        bars += f'<text x="{x + (width - 6) / 2}" y="{height + 38}" text-anchor="middle">{label}</text>'
        words.append(f"{shares[i]:,} between {label} %")
    base = f'<line x1="10" x2="{10 + _BINS * width}" y1="{height + 20}" y2="{height + 20}"/>'
    axis = f'<text x="10" y="{height + 58}">share of the points, per cent; above each bar, submissions</text>'
    label = escape(f"Submissions by share of the points: {'; '.join(words)}")
    return f'<svg role="img" aria-label="{label}" viewBox="0 0 540 {height + 66}">{bars}{base}{axis}</svg>'
