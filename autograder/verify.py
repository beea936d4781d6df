"""The proof of every exercise, printed as a table.

For each exercise: the reference earns full points; doing nothing earns none; every misconception loses points and is
named by its own hint; every right alternative in tests/alternatives earns full points. On several seeds, on the CPU
and, where there is one, on CUDA, with the same verdicts.
"""

import argparse
import runpy
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from autograder.exercise import Exercise, Implementation, Verdict
from autograder.exercises import EXERCISES
from autograder.judge import assess

SEEDS = (0, 1, 2)
ALTERNATIVES = Path(__file__).parent.parent / "tests" / "alternatives"


@dataclass
class Proof:
    """What was found for one exercise on one device. `failures` are sentences; empty means proven."""

    exercise: Exercise
    device: str
    alternatives: int = 0
    slowest: float = 0.0
    failures: list[str] = field(default_factory=list)


def prove(exercise: Exercise, device: str = "cpu", seeds: tuple[int, ...] = SEEDS) -> Proof:
    """Try the reference, nothing at all, the misconceptions and the alternatives on every seed."""
    proof = Proof(exercise, device)
    alternatives = list(alternatives_of(exercise))
    proof.alternatives = len(alternatives)
    if len(alternatives) < 3:
        proof.failures.append(f"has {len(alternatives)} alternatives, at least 3 are needed")
    if len(exercise.misconceptions) < 4:
        proof.failures.append(f"has {len(exercise.misconceptions)} misconceptions, at least 4 are needed")
    for seed in seeds:
        _try(proof, "the reference", exercise.reference, seed, full=True)
        for name, idle in _IDLE.items():
            _try(proof, name, idle, seed, full=False)
        for name, alternative in alternatives:
            _try(proof, f"alternative {name}", alternative, seed, full=True)
        for misconception in exercise.misconceptions:
            _try_misconception(proof, misconception.name, misconception.implementation, seed)
    return proof


def alternatives_of(exercise: Exercise, folder: Path = ALTERNATIVES) -> Iterator[tuple[str, Implementation]]:
    """The right implementations in <folder>/<lesson>/<exercise>.py: functions and classes that begin with its name."""
    path = folder / exercise.lesson / f"{exercise.name}.py"
    if path.is_file():
        for name, value in runpy.run_path(str(path)).items():
            if name.startswith(f"{exercise.name}_") and callable(value):
                yield name, value


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `python -m autograder verify`."""
    parser.add_argument(
        "--seeds", type=int, default=len(SEEDS), help="on how many sets of cases (default: %(default)s)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Prove every exercise, print the table, and return 0 if all hold, 1 if not."""
    seeds = tuple(range(arguments.seeds))
    devices = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    proofs = [prove(exercise, device, seeds) for device in devices for exercise in EXERCISES.values()]
    print(table(proofs))
    failures = [f"{p.exercise.name} on {p.device}: {failure}" for p in proofs for failure in p.failures]
    print(*failures, sep="\n")
    misconceptions = sum(len(exercise.misconceptions) for exercise in EXERCISES.values())
    alternatives = sum(proof.alternatives for proof in proofs if proof.device == "cpu")
    print(
        f"{len(EXERCISES)} exercises, {misconceptions} misconceptions, {alternatives} alternatives, {len(seeds)} seeds"
    )
    print("CPU: " + ("proven" if not failures else f"{len(failures)} failures"), end=" · ")
    print("CUDA: " + ("run" if "cuda" in devices else "not run (no such device)"))
    return 1 if failures else 0


def table(proofs: list[Proof]) -> str:
    """The proofs as a table in Markdown."""
    head = "| exercise | device | points | misconceptions | alternatives | slowest verdict | proven |"
    rows = [
        f"| {p.exercise.name} | {p.device} | {p.exercise.points} | {len(p.exercise.misconceptions)} | {p.alternatives} "
        f"| {p.slowest:.2f} s | {'no' if p.failures else 'yes'} |"
        for p in proofs
    ]
    return "\n".join([head, "|---|---|--:|--:|--:|--:|---|", *rows])


# ---- one trial ----------------------------------------------------------------------------------------------------


def _nothing(*_arguments: Any, **_named: Any) -> None:
    return None


def _not_written(*_arguments: Any, **_named: Any) -> None:
    raise NotImplementedError


_IDLE: dict[str, Implementation] = {
    "the stub": _not_written,
    "returning None": _nothing,
    "returning the first argument": lambda first, *_, **__: first,
    "returning 0.0": lambda *_, **__: 0.0,
    "returning 1.0": lambda *_, **__: 1.0,
}


def _timed(proof: Proof, implementation: Implementation, seed: int) -> Verdict:
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a wrong implementation may be warned about
        verdict = assess(proof.exercise, implementation, seed, proof.device)
    proof.slowest = max(proof.slowest, time.perf_counter() - start)
    return verdict


def _try(proof: Proof, name: str, implementation: Implementation, seed: int, full: bool) -> None:
    verdict = _timed(proof, implementation, seed)
    expected = verdict.possible if full else 0
    if verdict.points != expected:
        failed = "; ".join(f"{f.sentence} ({f.observation}: {f.got})" for f in verdict.findings if not f.held)
        proof.failures.append(
            f"{name} earns {verdict.points} of {verdict.possible}, not {expected} (seed {seed}) {failed}"
        )


def _try_misconception(proof: Proof, name: str, implementation: Implementation, seed: int) -> None:
    verdict = _timed(proof, implementation, seed)
    if not any(finding.held or finding.observation for finding in verdict.findings):
        proof.failures.append(f"misconception {name} only raises errors: {verdict.findings[0].got} (seed {seed})")
    if verdict.passed:
        proof.failures.append(f"misconception {name} earns full points (seed {seed})")
    elif verdict.misconception != name:
        proof.failures.append(f"misconception {name} is taken for {verdict.misconception} (seed {seed})")
