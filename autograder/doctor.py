"""Whether everything is here that the course needs, and for each fault the way to put it right.

The standard library alone, until a check itself needs more: where a package is missing or broken, that is one line of
the report, and the others are none the worse for it.
"""

import argparse
import json
import textwrap
from collections.abc import Callable, Iterable

from autograder import examination
from autograder.examination import AGAIN, FAULT, Line, told

Check = Callable[[], Iterable[Line]]

BARE: tuple[Check, ...] = (examination.python, examination.memory, examination.disk)  # before anything is installed
CHECKS: tuple[Check, ...] = (
    *BARE,
    examination.packages,
    examination.pytorch,
    examination.jupyterlab,
    examination.weights,
    examination.sandbox,
    examination.progress,
)
_WIDTH = 118


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `python -m autograder doctor`."""
    parser.add_argument(
        "--network", action="store_true", help="also ask the servers that pre-trained weights come from"
    )
    parser.add_argument("--json", action="store_true", help="the same as data")


def run(arguments: argparse.Namespace) -> int:
    """Examine, print, and return 1 if there is a fault."""
    lines = examined([*CHECKS, examination.network] if arguments.network else CHECKS)
    print(json.dumps([line._asdict() for line in lines], indent=1) if arguments.json else report(lines))
    return 1 if any(line.level == FAULT for line in lines) else 0


def examined(checks: Iterable[Check]) -> list[Line]:
    """The lines of all checks. One that cannot be made is a fault itself."""
    found: list[Line] = []
    for check in checks:
        try:
            found += check()
        except Exception as error:  # noqa: BLE001  whatever is broken here is what is to be told
            found.append(Line(check.__name__, told(error), FAULT, AGAIN))
    return found


def report(lines: list[Line]) -> str:
    """A line each, the remedy under a fault, and at the end how many faults there are."""
    width = max((len(line.subject) for line in lines), default=0)
    indent, said = " " * (width + 9), []
    for line in lines:
        first = f"{line.level:5}  {line.subject:{width}}  "
        said += textwrap.wrap(line.found, _WIDTH, initial_indent=first, subsequent_indent=indent) or [first.rstrip()]
        said += textwrap.wrap(line.remedy, _WIDTH, initial_indent=indent, subsequent_indent=indent)
    faults = sum(line.level == FAULT for line in lines)
    words = {0: "No fault was found.", 1: "1 fault was found."}
    return "\n".join([*said, "", words.get(faults, f"{faults} faults were found.")])
