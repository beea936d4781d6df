"""How far somebody is: what is solved, what is begun, the points, and a good exercise to go on with.

This page and the diary need the standard library alone: the welcome page is there before anything else is imported.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from autograder.diary import Entry


class Task(NamedTuple):
    """An exercise as somebody's way through the course sees it. lesson: its folder's name."""

    name: str
    lesson: str
    points: int


def state(task: Task, entries: Mapping[str, Entry]) -> str:
    """solved, begun or open."""
    entry = entries.get(task.name, Entry())
    return "solved" if entry.solved else "begun" if entry.tries else "open"


def solved(tasks: Iterable[Task], entries: Mapping[str, Entry]) -> int:
    """How many of them are solved."""
    return sum(state(task, entries) == "solved" for task in tasks)


def points(tasks: Sequence[Task], entries: Mapping[str, Entry]) -> str:
    """Earned of possible; the exercise as it is now says what is possible, and a solved one has it all."""
    earned = 0
    for task in tasks:
        entry = entries.get(task.name, Entry())
        earned += task.points if entry.solved else min(entry.points, task.points)
    return f"{earned} of {sum(task.points for task in tasks)} points"


def follow(tasks: Sequence[Task], entries: Mapping[str, Entry]) -> tuple[str, Task | None]:
    """What to do next, in words, and with which: the first that is begun and open, else the first that is open."""
    order = {name: [task for task in tasks if state(task, entries) == name] for name in ("begun", "open")}
    if not order["begun"] and not order["open"]:
        return "All of it holds. What will you teach a network next?", None
    verb = "go on" if order["begun"] or len(order["open"]) < len(tasks) else "begin"
    return f"A good one to {verb} with:", (order["begun"] or order["open"])[0]


def number(lesson: str) -> str:
    """The lesson's number, without its leading nought."""
    return lesson.partition("_")[0].lstrip("0") or "0"
