"""The glossary: every term of the course, in the words of the lesson that brings it in.

A lesson ends with a paragraph of its words, `**Words.** *Backbone*: all of it but the last layer. *Head*: …`; the page
is made of these paragraphs and nothing else.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import jupytext

PAGE = "glossary.md"
_BEGIN = "**Words.**"
_TERM = r"\*[^*\n]+\*(?:(?:, or|,| and) \*[^*\n]+\*)*"
_ENTRY = re.compile(rf"({_TERM}): (.+?)(?= {_TERM}: |$)")


class Entry(NamedTuple):
    """A term, what it means, and the lesson that says so, by its folder's name."""

    term: str
    meaning: str
    lesson: str


def entries(lesson: str, words: str) -> list[Entry]:
    """The entries of a lesson's paragraph of words.

    Raises ValueError, naming the lesson, where something in it is no entry.

    Example:
        >>> entries("03_slug", "**Words.** *Head*: the output layer. *Rate*, or *step*: how far. It varies.")[1][:2]
        ('Rate, or step', 'how far. It varies.')
    """
    text = " ".join(words.removeprefix(_BEGIN).split())
    found = [Entry(term.replace("*", ""), meaning, lesson) for term, meaning in _ENTRY.findall(text)]
    read = " ".join(f"{match.group(0)}" for match in _ENTRY.finditer(text))
    if not found or read != text:
        raise ValueError(f"{lesson}: expected its words as `*Term*: meaning.`, one after another, got {text!r}")
    return found


def page(texts: Sequence[Path]) -> bytes:
    """The glossary of the lessons at `texts`, as Markdown; ValueError for a lesson without a paragraph of words."""
    found: dict[str, list[Entry]] = {}
    for text in texts:
        for entry in entries(text.stem, words_of(text)):
            found.setdefault(entry.term.lower(), []).append(entry)
    terms = [found[term] for term in sorted(found)]
    head = "# Glossary\n\nThe terms of the course, each in the words of the lessons that bring it in.\n\n"
    return (head + "".join(f"- **{told[0].term}**: {_told(told)}\n" for told in terms)).encode("utf-8")


def _told(same: Sequence[Entry]) -> str:
    return " ".join(f"{meaning} ({_link(lesson)})" for _, meaning, lesson in same)


def _link(lesson: str) -> str:
    return f"[lesson {int(lesson[:2])}]({lesson}/{lesson}.ipynb)"


def words_of(text: Path) -> str:
    """The paragraph of words of the lesson at `text`; ValueError, naming the file, where there is not exactly one."""
    paragraphs = list(_paragraphs(text))
    if len(paragraphs) != 1:
        raise ValueError(f"{text.name}: expected one paragraph that begins with {_BEGIN}, found {len(paragraphs)}")
    return paragraphs[0]


def _paragraphs(text: Path) -> Iterator[str]:
    for cell in jupytext.read(text, fmt="py:percent").cells:
        if cell.cell_type == "markdown":
            yield from (part for part in cell.source.split("\n\n") if part.startswith(_BEGIN))
