"""What is done with an implementation in lesson 11, and what is seen. No answers here."""

import copy
from typing import Any

import torch

from autograder.probes import seen


def decision_regret(
    implementation: Any, device: torch.device, table: dict[str, dict[str, list[float]]], guide: dict[str, str]
) -> dict[str, Any]:
    """Ask for the regret of a guide, on copies that are compared with the originals afterwards."""
    mine = copy.deepcopy((table, guide))
    regret = _number(implementation(*mine))
    return {
        "regret": regret,
        "is a number": isinstance(regret, float),
        "the arguments are left alone": mine == (table, guide),
    }


def _number(value: Any) -> Any:
    """A number, also where it comes as a tensor or an array of one entry."""
    try:
        return seen(value) if isinstance(value, bool | str) or value is None else float(value)
    except (TypeError, ValueError, RuntimeError):
        return seen(value)
