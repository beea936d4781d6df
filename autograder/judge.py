"""From observations to a verdict: compare with the reference's, and look for the mistake among the known ones.

Nothing here runs a learner's code: outcomes are data, made here for the notebook and in another process for a grade.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from torch import Tensor

from autograder.compare import agree, contrast
from autograder.exercise import Exercise, Finding, Implementation, Outcome, Property, Verdict
from autograder.probes import observe

Outcomes = tuple[Outcome, ...]


class Comparison(NamedTuple):
    """One observation of a property on one case, in `words`: what the reference's outcome is, and the other's."""

    words: str
    observation: str
    expected: Any
    outcome: Outcome


def run(exercise: Exercise, implementation: Implementation, seed: int, device: str = "cpu") -> Outcomes:
    """Probe an implementation, in this process, on every case of `seed`."""
    cases = exercise.cases(seed)
    return tuple(Outcome(**observe(exercise.probe, implementation, device, case.inputs)) for case in cases)


def judge(exercise: Exercise, outcomes: Sequence[Outcome], seed: int, device: str = "cpu") -> Verdict:
    """The verdict on outcomes that were made from the cases of `seed` on `device`.

    Raises ValueError if there are not as many outcomes as cases.
    """
    reference = _reference(exercise, seed, device)
    if len(outcomes) != len(reference):
        raise ValueError(f"outcomes: expected one for each of {len(reference)} cases, got {len(outcomes)}")
    outcomes = tuple(outcomes)
    findings = tuple(_finding(exercise, one, outcomes, seed, device) for one in exercise.properties)
    if all(finding.held for finding in findings):
        return Verdict(exercise.name, findings)
    known = _recognise(exercise, outcomes, findings, seed, device)
    return Verdict(exercise.name, findings, *known)


def assess(exercise: Exercise, implementation: Implementation, seed: int, device: str = "cpu") -> Verdict:
    """Run and judge in one go, in this process."""
    return judge(exercise, run(exercise, implementation, seed, device), seed, device)


def first_difference(
    exercise: Exercise, outcomes: Sequence[Outcome], seed: int, device: str = "cpu"
) -> tuple[str, Tensor, Tensor] | None:
    """The first observation in which two tensors of two dimensions differ, for a picture: name, expected, got."""
    for one in exercise.properties:
        for _, name, expected, outcome in _comparisons(exercise, one, tuple(outcomes), seed, device):
            got = outcome.observations.get(name)
            if not isinstance(expected, Tensor) or not isinstance(got, Tensor):
                continue
            if expected.ndim == got.ndim == 2 and not agree(expected, got, one.relative, one.absolute):
                return name, expected, got
    return None


# ---- properties ---------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _reference(exercise: Exercise, seed: int, device: str) -> Outcomes:
    outcomes = run(exercise, exercise.reference, seed, device)
    for outcome in outcomes:
        if outcome.error:
            raise RuntimeError(f"the reference of {exercise.name} fails on its own case: {outcome.error}")
    return outcomes


def _comparisons(exercise: Exercise, one: Property, outcomes: Outcomes, seed: int, device: str) -> Iterator[Comparison]:
    words, reference = _words(exercise, seed), _reference(exercise, seed, device)
    for index in one.cases if one.cases is not None else range(len(words)):
        for name in one.observations:
            yield Comparison(words[index], name, reference[index].observations[name], outcomes[index])


@lru_cache(maxsize=256)
def _words(exercise: Exercise, seed: int) -> tuple[str, ...]:
    return tuple(case.words for case in exercise.cases(seed))


def _finding(exercise: Exercise, one: Property, outcomes: Outcomes, seed: int, device: str) -> Finding:
    for words, name, expected, outcome in _comparisons(exercise, one, outcomes, seed, device):
        if outcome.error:
            return Finding(one.sentence, one.points, False, words, got=outcome.error)
        if not agree(expected, got := outcome.observations.get(name), one.relative, one.absolute):
            wanted, came = contrast(expected, got)
            return Finding(one.sentence, one.points, False, words, name, "" if one.secret else wanted, came)
    return Finding(one.sentence, one.points, True)


# ---- known mistakes -----------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def mistaken(exercise: Exercise, number: int, seed: int, device: str = "cpu") -> Outcomes:
    """What comes of the exercise's misconception of that `number`; each is run once, and not before it is asked for."""
    return run(exercise, exercise.misconceptions[number].implementation, seed, device)


def _recognise(
    exercise: Exercise, outcomes: Outcomes, findings: tuple[Finding, ...], seed: int, device: str
) -> tuple[str, str] | tuple[None, None]:
    """The known mistake that behaves like this answer everywhere; else one that fails a property in the same way."""
    for number, misconception in enumerate(exercise.misconceptions):
        theirs = mistaken(exercise, number, seed, device)
        if all(_same(exercise, one, outcomes, theirs, seed, device) for one in exercise.properties):
            return misconception.name, misconception.hint
    for one, finding in zip(exercise.properties, findings, strict=True):
        if finding.held or not finding.observation:
            continue
        for number, misconception in enumerate(exercise.misconceptions):
            theirs = mistaken(exercise, number, seed, device)
            fails = not _finding(exercise, one, theirs, seed, device).held
            if fails and _same(exercise, one, outcomes, theirs, seed, device):
                return misconception.name, misconception.hint
    return None, None


def _same(exercise: Exercise, one: Property, ours: Outcomes, theirs: Outcomes, seed: int, device: str) -> bool:
    """Whether two answers cannot be told apart by what this property compares."""
    pairs = zip(
        _comparisons(exercise, one, ours, seed, device),
        _comparisons(exercise, one, theirs, seed, device),
        strict=True,
    )
    return all(_alike(one, name, mine.outcome, other.outcome) for mine, other in pairs if (name := mine.observation))


def _alike(one: Property, name: str, mine: Outcome, other: Outcome) -> bool:
    if mine.error or other.error:
        return _kind(mine.error) == _kind(other.error)
    return agree(other.observations.get(name), mine.observations.get(name), one.relative, one.absolute)


def _kind(error: str | None) -> str | None:
    return error.split(":")[0] if error else None
