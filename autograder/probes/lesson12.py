"""What is done with an implementation in lesson 12, and what is seen. No answers here."""

import copy
from collections.abc import Mapping
from typing import Any

import torch

from autograder.probes import seen


def ablation_table(
    implementation: Any, device: torch.device, rows: list[dict[str, Any]], factors: dict[str, list[Any]]
) -> dict[str, Any]:
    """Sum up a table of runs, field by field."""
    mine = copy.deepcopy((rows, factors))
    table = implementation(*mine)
    effects = _field(table, "effects")
    found = {
        f"{name}: {level}": _pair(levels[level]) for name, levels in _items(effects) for level, _ in _items(levels)
    }
    return {
        "seeds": seen(_field(table, "seeds")),
        "which effects": sorted(found),
        "mean effects": [found[name][0] for name in sorted(found)],
        "half-widths": [found[name][1] for name in sorted(found)],
        "best cell": _cell(_field(table, "best")),
        "accuracy": seen(_field(table, "accuracy")),
        "missing cells": _cells(_field(table, "missing")),
        "the rows are left alone": mine == (rows, factors),
    }


# ---- helpers ------------------------------------------------------------------------------------------------------


def _field(value: Any, name: str) -> Any:
    return getattr(value, name, f"no field {name}")


def _items(value: Any) -> list[tuple[Any, Any]]:
    return list(value.items()) if isinstance(value, Mapping) else []


def _pair(value: Any) -> tuple[Any, Any]:
    if isinstance(value, list | tuple) and len(value) == 2:
        return seen(value[0]), seen(value[1])
    return seen(value), seen(value)


def _cell(value: Any) -> str:
    return ", ".join(f"{name} {seen(level)}" for name, level in sorted(_items(value))) or str(seen(value))


def _cells(value: Any) -> Any:
    return [_cell(one) for one in value] if isinstance(value, list | tuple) else seen(value)
