"""Put lessons into the gradebook before anybody is graded: `nbgrader autograde` asks for that."""

import argparse
import sys
from pathlib import Path

from autograder.gradebook import update_gradebook
from autograder.gradebook_file import GradebookError
from autograder.grading import ROOT, load_lesson
from autograder.late import Penalties


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `python -m autograder lessons`."""
    parser.add_argument("lessons", nargs="*", metavar="LESSON", help="which, by name (default: all with exercises)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where gradebook.db is, or shall be")
    parser.add_argument("--solutions", type=Path, default=ROOT / "solutions", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    """Write them in; 0, or 2 with the reason where that cannot be."""
    known = {path.stem: path for path in sorted(arguments.solutions.glob("[0-9][0-9]_*.py"))}
    names = arguments.lessons or list(known)
    if unknown := [name for name in names if name not in known]:
        print(f"lessons: there is no lesson {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
        lessons = [one for name in names if (one := load_lesson(known[name])).exercises or one.tasks]
        update_gradebook(arguments.out / "gradebook.db", lessons, [], Penalties(arguments.out))
    except (GradebookError, OSError, ValueError) as error:
        print(f"lessons: {error}", file=sys.stderr)
        return 2
    print(f"{len(lessons)} lessons in {arguments.out / 'gradebook.db'}")
    return 0
