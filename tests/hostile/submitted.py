"""How a submission is made: the released notebook with answers put in, then changed; and what it must get."""

import copy
import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from autograder.release import COURSE

LESSON = "03_feature_extraction_vs_fine_tuning"
NAMES = ("trainable_fraction", "freeze")
FULL, NOTHING = (3, 4), (0, 0)
FAKED = (0, 4)  # nothing for what it fakes, all for what it honestly did

SHARE = """def trainable_fraction(model):
    total = sum(p.numel() for p in model.parameters())
    moving = sum(p.numel() for p in model.parameters() if p.requires_grad)
    return moving / total if total else 0.0"""
FREEZE = """def freeze(module):
    for parameter in module.parameters():
        parameter.requires_grad = False
        parameter.grad = None
    for layer in module.modules():
        layer.eval()
        layer.train = lambda mode=True, layer=layer: layer
    return module"""
WRONG = "def trainable_fraction(model):\n    return 0.123"
RIGHT = {"trainable_fraction": SHARE, "freeze": FREEZE}

Notebook = dict[str, Any]


class Submission(NamedTuple):
    """write: puts the notebook, and what else is handed in, at a path. points: of NAMES, in their order."""

    write: Callable[[Path], object]
    points: tuple[int, int]


@lru_cache(maxsize=1)
def _released() -> Notebook:
    return json.loads((COURSE / LESSON / f"{LESSON}.ipynb").read_text(encoding="utf-8"))


def notebook(answers: Mapping[str, str]) -> Notebook:
    """The released notebook with the source of these cells, by id."""
    content = copy.deepcopy(_released())
    for cell in content["cells"]:
        cell["source"] = answers.get(cell["id"], cell["source"])
    return content


def cell_of(content: Notebook, name: str) -> dict[str, Any]:
    return next(cell for cell in content["cells"] if cell.get("id") == name)


def changed(change: Callable[[Notebook], object], points: tuple[int, int], **answers: str) -> Submission:
    """Right answers but for `answers`, and then `change` is done to the notebook."""

    def write(path: Path) -> None:
        content = notebook(RIGHT | answers)
        change(content)
        path.write_text(json.dumps(content), encoding="utf-8")

    return Submission(write, points)


def answered(source: str, points: tuple[int, int]) -> Submission:
    """An honest notebook but for the answer to trainable_fraction."""
    return changed(lambda _: None, points, trainable_fraction=source)


def bytes_of(content: bytes, points: tuple[int, int] = NOTHING) -> Submission:
    """A file of these bytes."""
    return Submission(lambda path: path.write_bytes(content), points)
