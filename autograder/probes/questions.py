"""What is asked of answers to concept questions."""

import math
import re
from fractions import Fraction
from typing import Any

import torch
from torch import Tensor

from autograder.probes import seen

_HYPHEN = re.compile(r"(?<=[A-Za-z])-(?=[A-Za-z])")  # a dash before a number is a sign


def answers(implementation: Any, device: torch.device, questions: list[str]) -> dict[str, Any]:
    """The answer to each question, as it is compared: in any dress that says the same, several words in any order."""
    given = implementation()
    if not isinstance(given, dict):
        return dict.fromkeys(questions, f"no dictionary, but {_article(given)}")
    return {question: normalised(given[question]) if question in given else "no answer" for question in questions}


def normalised(value: Any) -> Any:
    """An answer as it is compared with another.

    Words count without regard to case, space, hyphens, a full stop and the kind of apostrophe; True is "yes". A number
    counts as one also where it is written in quotes, as a fraction or with a per cent sign, or held by a tensor.
    """
    if value is ...:
        return "no answer"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        words = " ".join(str.split(_HYPHEN.sub(" ", value))).lower().replace("’", "'")
        return _number(words, words.rstrip("."))
    if isinstance(value, list | tuple | set | frozenset):
        return sorted(str(normalised(item)) for item in value)
    if type(value) is Tensor and value.numel() == 1:
        return value.detach().item()
    return seen(value)


def _number(words: str, otherwise: str) -> float | str:
    try:
        number = float(Fraction(words) if "/" in words else words.removesuffix("%"))
    except (ValueError, ZeroDivisionError, OverflowError):
        return otherwise
    return number if math.isfinite(number) else otherwise


def _article(value: Any) -> str:
    return "None" if value is None else f"an object of type {type(value).__name__}"
