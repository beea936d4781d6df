"""The vocabulary: an exercise is a reference, a probe, cases and misconceptions.

A *case* is an input. A *probe* does something with an implementation on a case and reports what it saw: observations,
plain data. A *property* is what a learner earns points for: some observations that must agree with the reference's. A
*misconception* is a plausible wrong implementation with the hint that a good teacher would give. Since observations are
data, they may be made in one process and judged in another.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

Implementation = Callable[..., Any]
Observations = dict[str, Any]
"""What a probe saw: name → a tensor, or a plain value (bool, int, float, str, None, or lists and dicts of these)."""


@dataclass(frozen=True)
class Case:
    """One input of a probe. `words` completes "on …" for the learner; `inputs` are tensors (CPU) and plain values."""

    words: str
    inputs: dict[str, Any]


@dataclass(frozen=True)
class Property:
    """Something a right answer has, worth points.

    observations: the names that must agree with the reference's, within `relative` and `absolute` tolerance.
    cases: indices of the cases on which they are compared; None for all. secret: whether what was expected stays
    untold, for it is the answer itself.
    """

    sentence: str
    points: int
    observations: tuple[str, ...]
    cases: tuple[int, ...] | None = None
    relative: float = 1e-4
    absolute: float = 1e-5
    secret: bool = False


@dataclass(frozen=True)
class Misconception:
    """A wrong implementation that people write, under a name for statistics, with the hint it deserves."""

    name: str
    implementation: Implementation
    hint: str


@dataclass(frozen=True)
class Exercise:
    """Everything that is known of an exercise.

    cases: makes the cases from a seed; the same seed gives the same cases on any device.
    minutes, difficulty (1 to 3): what the learner is told to expect. hints: two, from gentle to plain.
    """

    lesson: str
    reference: Implementation
    probe: Callable[..., Observations]
    cases: Callable[[int], Sequence[Case]]
    properties: tuple[Property, ...]
    misconceptions: tuple[Misconception, ...]
    difficulty: int
    minutes: int
    hints: tuple[str, str]

    @property
    def name(self) -> str:
        """The reference's own name: the learner's function, the solution cell and the exercise all bear it."""
        return self.reference.__name__

    @property
    def points(self) -> int:
        """The sum over the properties."""
        return sum(one.points for one in self.properties)


@dataclass(frozen=True)
class Outcome:
    """What came of one probe on one case: observations, or the error that the implementation raised."""

    observations: Observations = field(default_factory=dict)
    error: str | None = None


@dataclass(frozen=True)
class Finding:
    """Whether one property held and, if not, on which case (in words), what was expected and what came. expected is
    empty where it is not to be told.
    """

    sentence: str
    points: int
    held: bool
    case: str = ""
    observation: str = ""
    expected: str = ""
    got: str = ""


@dataclass(frozen=True)
class Verdict:
    """The answer to an answer: a finding a property and, where the mistake is a known one, its name and hint."""

    exercise: str
    findings: tuple[Finding, ...]
    misconception: str | None = None
    hint: str | None = None

    @property
    def points(self) -> int:
        """The points earned."""
        return sum(finding.points for finding in self.findings if finding.held)

    @property
    def possible(self) -> int:
        """The points that the exercise is worth."""
        return sum(finding.points for finding in self.findings)

    @property
    def passed(self) -> bool:
        """Whether every property held."""
        return all(finding.held for finding in self.findings)


def seeded(seed: int) -> torch.Generator:
    """A CPU generator for drawing cases: they are drawn on the CPU and moved, so that every device sees the same."""
    return torch.Generator().manual_seed(seed)
