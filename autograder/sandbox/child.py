"""A learner's cells, then the probe on each case: what a forked child does with its job.

A job is plain data: {"setup": source, "above": [sources], "answer": source, "name": of the exercise, "probe": [module,
function], "cases": [inputs], "device": "cpu", "limit": seconds of processor time, "wall": seconds by the clock}.
"""

import ast
import contextlib
import importlib
import linecache
import random
import re
import signal
import sys
import time
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from autograder.probes import observe
from autograder.sandbox import cells, library, wire

_SHARE = 0.1  # of the time limit, for each statement that comes before the answer
_LONGEST = 400  # characters of an error message
_PLACE = re.compile(  # what the worker and the zygote call their folders; where packages are installed
    r"[^\s('\"]*(grading-\w+(/home/\w+|/library)?|/scratch/tmp\w+|/(site|dist)-packages)"
)

Outcome = dict[str, Any]


class _CellTimeout(BaseException):
    """Not an Exception: a learner's `except Exception` shall not stop the clock."""


class Guard:
    """Catches whatever a learner's code raises, SystemExit too, and keeps it as `error`."""

    error: BaseException | None = None

    def __enter__(self) -> "Guard":
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> bool:
        self.error = error
        return True


def answer(job: dict[str, Any]) -> bytes:
    """Run a job; the reply is {"outcomes": one a case, "notes": sentences}, encoded."""
    start = time.monotonic()
    seed_everything()
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    vars(module)["display"] = lambda *_, **__: None
    notes = _prepare(job, vars(module), start)
    vars(module).pop(job["name"], None)  # a draft in another cell, or an import, is not the answer
    error = run_cell(job["answer"], job["name"], vars(module))
    implementation = vars(module).get(job["name"])
    if problem := _problem(job["name"], implementation, error):
        outcomes = [{"error": problem} for _ in job["cases"]]
    else:
        probe = getattr(importlib.import_module(job["probe"][0]), job["probe"][1])
        outcomes = [_outcome(probe, implementation, job["device"], inputs) for inputs in job["cases"]]
    return _message(outcomes, notes)


def seed_everything(seed: int = 0) -> None:
    """Put every global generator into the same state: an answer that draws draws the same each time."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  learners use the global generator
    torch.default_generator.manual_seed(seed)  # torch.manual_seed takes 3 ms to tell devices that are not there


def run_cell(source: str, name: str, namespace: dict[str, Any]) -> str | None:
    """Run a cell as a notebook would; what it raised, in words, or None. Lines for IPython alone are passed over."""
    guard = Guard()
    with guard:
        source = cells.python_only(source)
        _remember(source, name)
        exec(compile(source, f"<{name}>", "exec"), namespace)  # noqa: S102  to run it is what this is for
    return _words(guard.error) if guard.error else None


# ---- steps --------------------------------------------------------------------------------------------------------


def _prepare(job: dict[str, Any], namespace: dict[str, Any], start: float) -> list[str]:
    """Run the setup cell, then what the answer needs of the cells above it: statement by statement, in half the time.

    Each statement may fail: an import that does not work here takes nothing else along.
    """
    setup = [("setup", node) for node in _nodes(job["setup"], "setup")]
    above = [(f"cell {i}", one) for i, source in enumerate(job["above"]) for one in _statements(source, f"cell {i}")]
    chosen = cells.needed(_statements(job["answer"], job["name"]), [one for _, one in above])
    notes = []
    for name, node in [*setup, *((name, one.node) for name, one in above if one in chosen)]:
        left = job["wall"] / 2 - (time.monotonic() - start)
        if left <= 0:
            break
        error = _run_statement(node, name, namespace, min(left, job["wall"] * _SHARE))
        if error and name == "setup":
            notes.append(f"the setup cell, {ast.unparse(node)[:80]!r}: {error}")
    return notes


def _nodes(source: str, name: str) -> list[ast.stmt]:
    """The statements at the top of a cell; none where it is not Python."""
    with Guard():
        source = cells.python_only(source)
        _remember(source, name)
        return ast.parse(source).body
    return []


def _statements(source: str, name: str) -> list[cells.Statement]:
    """The same with their names; none where Python would not compile them."""
    with Guard():
        return cells.statements(_nodes(source, name))
    return []


def _run_statement(node: ast.stmt, name: str, namespace: dict[str, Any], seconds: float) -> str | None:
    guard = Guard()
    with _at_most(seconds), guard:
        code = compile(ast.Module([node], type_ignores=[]), f"<{name}>", "exec")
        exec(code, namespace)  # noqa: S102  to run it is what this is for
    return _words(guard.error) if guard.error else None


def _remember(source: str, name: str) -> None:
    """Let `inspect.getsource`, which torch.jit.script asks, find the lines of a cell."""
    linecache.cache[f"<{name}>"] = (len(source), None, source.splitlines(keepends=True), f"<{name}>")


@contextlib.contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Stop what is inside, by an exception, when its time is up."""

    def stop(_number: int, _frame: object) -> None:
        raise _CellTimeout

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except _CellTimeout:
        return
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


def _problem(name: str, implementation: Any, error: str | None) -> str | None:
    """Why there is nothing to probe, in words; None if there is."""
    if error and implementation is None:
        return f"the cell itself fails: {error}"
    if implementation is None:
        return f"the cell defines no {name}"
    if not callable(implementation):
        return f"{name} is no function but of type {type(implementation).__name__}"
    if str(getattr(implementation, "__module__", "")).split(".")[0] == "lib":
        return f"{name} is lib's own: {library.SENTENCE}"
    return None


def _outcome(probe: Any, implementation: Any, device: str, inputs: dict[str, Any]) -> Outcome:
    """One case. What leaves the probe by another way than an Exception, sys.exit for one, is an error like others."""
    guard, outcome = Guard(), {}
    with guard:
        outcome = observe(probe, implementation, device, inputs)
        if "error" in outcome:
            return {"error": _shortened(outcome["error"])}
        wire.encode(outcome)
    return {"error": _words(guard.error)} if guard.error else outcome


def _message(outcomes: list[Outcome], notes: list[str]) -> bytes:
    try:
        return wire.encode({"outcomes": outcomes, "notes": notes})
    except wire.WireError as error:
        return wire.encode({"outcomes": [{"error": str(error)} for _ in outcomes], "notes": notes})


def _words(error: BaseException) -> str:
    """An error as the probes put it."""
    guard, text = Guard(), ""
    with guard:
        text = str(error)
    if isinstance(error, wire.WireError):
        return f"what it gave cannot be sent to the grader: {text}"
    return _shortened(f"it raised {type(error).__name__}: {text}" if text else f"it raised {type(error).__name__}")


def _shortened(text: str) -> str:
    """Without addresses and places that differ from run to run, and not too long."""
    text = text[: 4 * _LONGEST].encode("utf-8", "replace").decode("utf-8")  # the patterns take quadratic time
    text = re.sub(r"\b0x[0-9a-fA-F]{4,}", "0x…", _PLACE.sub("~", text))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
