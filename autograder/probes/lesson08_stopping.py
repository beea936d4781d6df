"""What is done with early stopping in lesson 8, and what is seen. No answers here."""

import json
from typing import Any

import torch

from autograder.probes import seen
from autograder.probes.lesson04 import or_error
from autograder.probes.lesson06 import number


def early_stopping(
    implementation: Any,
    device: torch.device,
    scores: list[float],
    resumed_after: int | None = None,
    resumed_with: dict[str, Any] | None = None,
    refused: bool = False,
    **options: Any,
) -> dict[str, Any]:
    """Step through `scores`; resumed_after: save after so many of them and go on with another one, beside the first.

    resumed_with: that one's own patience and threshold.

    refused: instead, whether wrong arguments are refused.
    """
    if refused:
        return {
            "patience 0": or_error(lambda: seen(implementation(0))),
            "threshold -0.1": or_error(lambda: seen(implementation(2, threshold=-0.1))),
        }
    stopping = implementation(**options)
    kept = _own(stopping)
    if resumed_after is not None:
        return _resumed(implementation, stopping, scores, resumed_after, resumed_with or options)
    rows = [_row(stopping, None), *(_row(stopping, stopping.step(score)) for score in scores)]
    answers, best, epoch, count = zip(*rows, strict=True)
    return {
        "what step returns": list(answers[1:]),
        "best after each step": list(best),
        "best_epoch after each step": list(epoch),
        "epochs after each step": list(count),
        "patience and threshold": kept,
    }


def _resumed(make: Any, old: Any, scores: list[float], after: int, options: dict[str, Any]) -> dict[str, Any]:
    for score in scores[:after]:
        old.step(score)
    state = old.state_dict()
    written = _as_json(state)
    for score in scores[after:]:
        old.step(score)
    later = _as_json(state)
    saved = state if written is None else json.loads(written)
    new = make(**options)
    new.load_state_dict(saved)
    rows = [_row(new, None), *(_row(new, new.step(score)) for score in scores[after:])]
    return {
        "the state holds plain values": written is not None,
        "the state stays as it was while the old one goes on": written == later,
        "the state stays as it was while the new one goes on": written is None or _as_json(saved) == written,
        "patience and threshold of the new one": _own(new),
        "answer, best, best_epoch, epochs after loading, and after each step": [list(row) for row in rows],
    }


def _own(stopping: Any) -> list[Any]:
    return [seen(getattr(stopping, name, _NOT_KEPT)) for name in ("patience", "threshold")]


def _row(stopping: Any, answer: Any) -> tuple[Any, Any, Any, Any]:
    best, best_epoch, epochs = (getattr(stopping, name, _NOT_KEPT) for name in ("best", "best_epoch", "epochs"))
    return seen(answer), number(best), seen(best_epoch), seen(epochs)


_NOT_KEPT = "not kept under this name"


def _as_json(state: Any) -> str | None:
    try:
        return json.dumps(state)
    except (TypeError, ValueError):
        return None
