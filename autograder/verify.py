"""The proof of every exercise, printed as a table and published as docs/proof.md.

For each exercise: the reference earns full points; doing nothing earns none; every misconception loses points and is
named by its own hint; every right alternative in tests/alternatives earns full points. On several seeds, on the CPU
and, where there is one, on CUDA, with the same verdicts.
"""

import argparse
import os
import runpy
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from autograder.exercise import Exercise, Implementation, Verdict
from autograder.exercises import EXERCISES
from autograder.judge import assess, judge, mistaken
from autograder.judge import run as run_one
from autograder.secret import seed_of
from lib.files import write_whole

SEEDS = (0, 1, 2)
ROOT = Path(__file__).parent.parent
ALTERNATIVES = ROOT / "tests" / "alternatives"
PAGE = ROOT / "docs" / "proof.md"


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
        for number in range(len(exercise.misconceptions)):
            _try_misconception(proof, number, seed, again=seed == seeds[0])
    return proof


def prove_honest(exercise: Exercise, device: str = "cpu", draws: int = 100) -> Proof:
    """Try the reference and the alternatives alone, on as many inputs as grading would draw from `draws` secrets."""
    alternatives = list(alternatives_of(exercise))
    proof = Proof(exercise, device, len(alternatives))
    for number in range(draws):
        seed = seed_of(number.to_bytes(32, "big"), exercise.name)
        for name, right in [("the reference", exercise.reference), *alternatives]:
            _try(proof, name, right, seed, full=True)
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
    parser.add_argument(
        "--honest",
        type=int,
        metavar="N",
        help="try right answers alone, on inputs as grading draws them from N secrets; the page stays as it is",
    )
    parser.add_argument(
        "--only", nargs="+", metavar="NAME", choices=EXERCISES, help="these exercises alone; the page stays as it is"
    )
    parser.add_argument("--workers", type=int, help="processes at once (default: one a core)")
    parser.add_argument(
        "--check", action="store_true", help="do not write docs/proof.md; fail if it is not what was found"
    )


def run(arguments: argparse.Namespace) -> int:
    """Prove every exercise, print the table, write or check its page; return 0 if all hold, 1 if not."""
    devices = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    seeds, draws = tuple(range(arguments.seeds)), arguments.honest
    wanted = [(name, device, seeds, draws) for device in devices for name in arguments.only or EXERCISES]
    workers = min(arguments.workers or os.cpu_count() or 1, len(wanted))
    proofs = list(map(_found, wanted)) if workers == 1 else _found_together(wanted, workers)
    print(table(proofs))
    failures = [f"{p.exercise.name} on {p.device}: {failure}" for p in proofs for failure in p.failures]
    print(*failures, sep="\n")
    on_cpu = [proof for proof in proofs if proof.device == "cpu"]
    print(_summary(on_cpu, draws or len(seeds)))
    print("CPU: " + ("proven" if not failures else f"{len(failures)} failures"), end=" · ")
    print("CUDA: " + ("run" if "cuda" in devices else "not run (no such device)"))
    if failures or draws or arguments.only:
        return min(1, len(failures))
    found = page(on_cpu, len(seeds))
    if not arguments.check:
        write_whole(PAGE, found)
    elif not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != found:
        print("docs/proof.md is not what was found. Run `python -m autograder verify` and commit what it writes.")
        return 1
    return 0


Wanted = tuple[str, str, tuple[int, ...], int | None]  # an exercise, a device, the seeds, the draws for honest ones


def _found(wanted: Wanted) -> Proof:
    name, device, seeds, draws = wanted
    return prove_honest(EXERCISES[name], device, draws) if draws else prove(EXERCISES[name], device, seeds)


def _found_together(wanted: list[Wanted], workers: int) -> list[Proof]:
    """The same, by several processes, in the same order."""
    each = 1 if any(device == "cuda" for _, device, *_ in wanted) else None  # an error on a GPU ends all work there
    spawn = get_context("spawn")
    with ProcessPoolExecutor(workers, spawn, torch.set_num_threads, (1,), max_tasks_per_child=each) as pool:
        results = pool.map(_plain, wanted)
        return [Proof(EXERCISES[one[0]], one[1], *result) for one, result in zip(wanted, results, strict=True)]


def _plain(wanted: Wanted) -> tuple[int, float, list[str]]:
    """What can be sent; an exercise, which holds functions, cannot."""
    try:
        found = _found(wanted)
    except torch.AcceleratorError as error:
        return 0, 0.0, [f"the device gave up: {error}"]
    return found.alternatives, found.slowest, found.failures


def page(proofs: list[Proof], seeds: int) -> str:
    """What is published: nothing in it depends on the machine."""
    rows = [
        f"| {int(p.exercise.lesson[:2])} | `{p.exercise.name}` | {p.exercise.points} | {len(p.exercise.properties)} "
        f"| {len(p.exercise.misconceptions)} | {p.alternatives} |"
        for p in proofs
    ]
    head = ["| lesson | exercise | points | properties | misconceptions | alternatives |", "|--:|---|--:|--:|--:|--:|"]
    return "\n".join([_PUBLISHED, "", *head, *rows, "", f"{_summary(proofs, seeds)}.", ""])


_PUBLISHED = """# The proof of the exercises

`python -m autograder verify` has found this and written this page; the test command finds it anew and fails where the
page says otherwise. For each exercise of the table, on the CPU and on every seed:

- the reference earns every point;
- a stub that is still empty, and functions that return nothing, a constant or their first argument, earn none;
- each of the misconceptions, wrong answers that people give, loses points and is named by its own hint;
- each of the alternatives, right answers written otherwise, earns every point.

Where there is a CUDA device, the same command asks the same of it."""


def _summary(proofs: list[Proof], seeds: int) -> str:
    misconceptions = sum(len(proof.exercise.misconceptions) for proof in proofs)
    alternatives = sum(proof.alternatives for proof in proofs)
    return f"{len(proofs)} exercises, {misconceptions} misconceptions, {alternatives} alternatives, {seeds} seeds"


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


def _timed(proof: Proof, verdict_on: Callable[[], Verdict]) -> Verdict:
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a wrong implementation may be warned about
        verdict = verdict_on()
    proof.slowest = max(proof.slowest, time.perf_counter() - start)
    return verdict


def _try(proof: Proof, name: str, implementation: Implementation, seed: int, full: bool) -> None:
    verdict = _timed(proof, lambda: assess(proof.exercise, implementation, seed, proof.device))
    expected = verdict.possible if full else 0
    if verdict.points != expected:
        failed = "; ".join(f"{f.sentence} ({f.observation}: {f.got})" for f in verdict.findings if not f.held)
        proof.failures.append(
            f"{name} earns {verdict.points} of {verdict.possible}, not {expected} (seed {seed}) {failed}"
        )


def _try_misconception(proof: Proof, number: int, seed: int, *, again: bool) -> None:
    """again: whether it is run once more, beside the run by which it is known; both must give the same."""
    exercise, device = proof.exercise, proof.device
    name, implementation = exercise.misconceptions[number].name, exercise.misconceptions[number].implementation
    run_of = partial(run_one, exercise, implementation) if again else partial(mistaken, exercise, number)
    verdict = _timed(proof, lambda: judge(exercise, run_of(seed, device), seed, device))
    if not any(finding.held or finding.observation for finding in verdict.findings):
        proof.failures.append(f"misconception {name} only raises errors: {verdict.findings[0].got} (seed {seed})")
    if verdict.passed:
        proof.failures.append(f"misconception {name} earns full points (seed {seed})")
    elif verdict.misconception != name:
        proof.failures.append(f"misconception {name} is taken for {verdict.misconception} (seed {seed})")
