"""Numbers that a lesson states in its prose, and the numbers that its cells put out or set.

Stated is a figure with a decimal point, a comma or a unit, and a number word before "times" or "points". Not looked at
are what a box `> **At full scale.**` quotes, sources, formulas, code and links, and the facts below an exercise.
"""

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from nbformat import NotebookNode

_UNIT = r"%|points?|times|×(?! \d)|MB|GB|GFLOP|seconds?|minutes?|standard deviations"
_FIGURE = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?(?:e[-−]?\d+)?"
_STATED = re.compile(rf"(?<![\w.,/^·−-])({_FIGURE})(?!\w)(?:[ -]({_UNIT})(?!\w)|( of )(?=\d))?")
_FOUND = re.compile(rf"(?<![\w.])({_FIGURE})(?!\w*[A-Za-z_])(?: ?({_UNIT})(?!\w))?")
_WORDS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18,
    "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "hundred": 100, "thousand": 1000,
}  # fmt: skip
_WORDED = re.compile(rf"\b({'|'.join(_WORDS)}) (times|points)\b", re.IGNORECASE)
_COMPARING = {"times": "times", "×": "times", "point": "points", "points": "points"}
_NO_PROSE = (
    r"^> \*\*At full scale\.\*\*(?:.*\n?>)*.*",
    r"^\*\*Sources\*\*(?s:.*)",
    r"^\*Difficulty (?s:.*)",
    r"\$\$(?s:.*?)\$\$|\$[^$]+\$|`[^`]*`|\]\([^)]*\)|<[^>]+>",
    r"^#+ \d+|^\d+\. ",
)


@dataclass(frozen=True)
class Number:
    """A number that a cell puts out or sets, and the unit that follows it."""

    value: float
    unit: str = ""


@dataclass(frozen=True)
class Stated:
    """A number in prose. step: one in its last digit. around: the words there."""

    text: str
    value: float
    step: float
    unit: str
    around: str

    @property
    def compares(self) -> bool:
        """Whether it is measured for certain: no setting is so many times, or points."""
        return self.unit in _COMPARING

    def is_one_of(self, numbers: Iterable[Number]) -> bool:
        """Whether one of `numbers` rounds to this one; where this one compares, that one has to, in the same unit."""
        return any(self._is(number) for number in numbers)

    def _is(self, number: Number) -> bool:
        if self.compares and _COMPARING.get(number.unit) != _COMPARING[self.unit]:
            return False
        values = [number.value] + [100 * number.value] * (self.unit == "%" and not number.unit)
        return any(abs(value - self.value) <= 0.5 * self.step * (1 + 1e-6) for value in values)


@dataclass
class Section:
    """From one heading of the second level to the next: prose, the sources of its code cells, and their outputs."""

    prose: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)


def unheld(notebook: NotebookNode, known: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """The numbers of an executed lesson that nothing in their section bears out, and what of `known` it does not say.

    known: words of the lesson with numbers in them → why no cell has to say these.
    """
    found, said = [], set()
    for section in sections(notebook):
        shown, set_there = numbers_in(section.outputs), numbers_in(section.sources)
        for one in (one for prose in section.prose for one in stated(prose)):
            why = [words for words in known if words in one.around and one.text in words]
            said.update(why)
            if not why and not one.is_one_of(shown) and (one.compares or not one.is_one_of(set_there)):
                found.append(f"{one.text}: … {one.around} …")
    return found, sorted(set(known) - said)


def sections(notebook: NotebookNode) -> list[Section]:
    """An executed notebook in sections; what stands before the first heading is the first."""
    found = [Section()]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            first, *later = re.split(r"^(?=## )", cell.source, flags=re.MULTILINE)
            found[-1].prose.append(first)
            found += [Section([piece]) for piece in later]
        else:
            found[-1].sources.append(cell.source)
            found[-1].outputs += [said for output in cell.get("outputs", []) for said in _said(output)]
    return found


def stated(prose: str) -> Iterator[Stated]:
    """The numbers that a piece of Markdown states."""
    for pattern in _NO_PROSE:
        prose = re.sub(pattern, " ", prose, flags=re.MULTILINE)
    for match in _STATED.finditer(prose):
        text, unit, of = match.groups()
        if unit or of or "." in text or "," in text:
            digits = len(text.partition(".")[2].partition("e")[0])
            yield Stated(text, _value(text), 10.0**-digits, unit or "", _around(prose, match))
    for match in _WORDED.finditer(prose):
        yield Stated(match[1], _WORDS[match[1].lower()], 1.0, match[2].lower(), _around(prose, match))


def numbers_in(texts: Iterable[str]) -> list[Number]:
    """All numbers in some texts, without their signs."""
    found = (match for text in texts for match in _FOUND.finditer(text))
    return [Number(_value(match[1]), match[2] or "") for match in found]


def _said(output: NotebookNode) -> Iterator[str]:
    """What an output says in words: its text, and what stands in its HTML, alt texts among it."""
    data = output.get("data", {})
    yield output.get("text", "") or data.get("text/plain", "")
    page = data.get("text/html", "")
    yield html.unescape(" ".join([*re.findall(r'alt="([^"]*)"', page), re.sub(r"<[^>]*>", " ", page)]))


def _value(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-"))


def _around(prose: str, match: re.Match[str]) -> str:
    before, after = prose[: match.start()][-40:], prose[match.end() :][:40]
    return " ".join(f"{before}{match[0]}{after}".split())
