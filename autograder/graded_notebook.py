"""A graded submission as a notebook: what nbgrader's formgrader shows to whoever marks, and its feedback to learners.

It is made from the lesson and the verdicts. Of the submission it holds sources, and text as it was written: no output,
no metadata, nothing that a browser would act on.
"""

from html import escape
from typing import Any

import nbformat

from autograder.feedback import clean, notes_of, shown
from autograder.grading import Graded, Lesson, Result
from autograder.lesson import METADATA, call_of, nbgrader_marks, serialise
from autograder.report import STYLE, title

Cell = dict[str, Any]

_LONGEST = 50_000  # characters of a text or a source
_SILENT = "<em>Nothing was written.</em>"


def graded_notebook(lesson: Lesson, graded: Graded) -> bytes:
    """The notebook, as bytes: the same verdicts, the same bytes. Validated once, when it is whole."""
    heading = "\n\n".join([f"# {clean(lesson.title)}", *(f"> {escape(clean(note))}" for note in notes_of(graded))])
    cells = [_markdown(f"{heading}\n\n<style>{STYLE}</style>", "heading", {})]
    seen: set[str] = set()
    for result in graded.results:
        for source in dict.fromkeys(result.above):
            if source.strip() and source not in seen:
                seen.add(source)
                cells.append(_code(source, f"own-{len(seen)}", {}))
        cells += [_answer(result), _check(result)]
    for task, points in lesson.tasks.items():
        marks = nbgrader_marks(task) | {"task": True, "points": points}
        cells.append(_markdown(lesson.cells[task], task, {"nbgrader": marks}))
        cells.append(_markdown(_text(graded.written.get(task, "")), f"written-{task}", {}))
    return serialise(nbformat.from_dict({"metadata": METADATA, "cells": cells, "nbformat": 4, "nbformat_minor": 5}))


def _answer(result: Result) -> Cell:
    name = result.verdict.exercise
    source = "# There is no answer to this exercise." if result.source is None else result.source
    return _code(source, name, {"nbgrader": nbgrader_marks(name, solution=True)})


def _check(result: Result) -> Cell:
    """The verdict as the outputs of the check: a card, and the points, which nbgrader reads as partial credit."""
    verdict = result.verdict
    name = f"check-{verdict.exercise}"
    marks = nbgrader_marks(name, points=verdict.possible)
    card = {"text/html": shown(result), "text/plain": title(verdict)}
    points = {"data": {"text/plain": str(float(verdict.points))}, "execution_count": 1}
    outputs = [
        {"output_type": "display_data", "metadata": {}, "data": card},
        {"output_type": "execute_result", "metadata": {}, **points},
    ]
    return _code(call_of(verdict.exercise), name, {"nbgrader": marks}) | {"outputs": outputs}


def _code(source: str, name: str, metadata: dict[str, Any]) -> Cell:
    source = clean(source[:_LONGEST])
    return _markdown(source, name, metadata) | {"cell_type": "code", "execution_count": None, "outputs": []}


def _markdown(source: str, name: str, metadata: dict[str, Any]) -> Cell:
    return {"cell_type": "markdown", "id": name[:64], "metadata": metadata, "source": source}


def _text(text: str) -> str:
    """Shown letter by letter: whoever marks it shall read it, and nothing in it shall act."""
    if not text:
        return _SILENT
    return f'<pre style="white-space:pre-wrap">{escape(clean(text[:_LONGEST]))}</pre>'
