"""What is asked of answers to concept questions."""

from typing import Any

import torch

from autograder.probes import seen


def answers(implementation: Any, device: torch.device, questions: list[str]) -> dict[str, Any]:
    """The answer to each question, as it is compared: words without regard to case and space, several in any order."""
    given = implementation()
    if not isinstance(given, dict):
        return dict.fromkeys(questions, f"no dictionary, but {_article(given)}")
    return {question: normalised(given[question]) if question in given else "no answer" for question in questions}


def normalised(value: Any) -> Any:
    """An answer as it is compared with another."""
    if value is ...:
        return "no answer"
    if isinstance(value, str):
        return " ".join(str.split(value)).lower()
    if isinstance(value, list | tuple | set | frozenset):
        return sorted(str(normalised(item)) for item in value)
    return seen(value)


def _article(value: Any) -> str:
    return "None" if value is None else f"an object of type {type(value).__name__}"
