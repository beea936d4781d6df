"""`autograder.check` where learners' code is graded: a notebook's own checks are not believed, and do nothing here."""

from typing import Any


def check(_name: str, _implementation: Any) -> None:
    """Do nothing: the verdict is reached elsewhere."""
