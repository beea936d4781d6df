"""What one types: `python -m autograder` with the name of a command."""

import argparse
import importlib
import os
import sys

# Before all other imports. With numpy's own threads, which none of the commands needs, a process is not to be forked.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# jsonschema asks for this one, whose import makes grammars for three seconds, of things that no notebook holds.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # None: there is no such module

COMMANDS = {
    "release": "make course/ from solutions/, or check that it is up to date",
    "verify": "prove every exercise: reference, stub, misconceptions, alternatives",
    "grade": "grade a folder of submissions into a gradebook, a table and feedback pages",
    "lessons": "put lessons into the gradebook, for nbgrader's own autograde",
    "regrade": "show what grading again would change, then change it",
    "collect": "merge what shards have graded, and make the results",
    "website": "make the course's website: static files, with the lessons as they look when they have been run",
    "handout": "pack the course into one zip file for learners",
    "update": "bring a learner's lessons up to the release in course/, with their answers in them",
    "doctor": "look whether everything is here that the course needs, and say what to do where it is not",
}


def main(arguments: list[str] | None = None) -> int:
    """Run the command that the arguments name; return its exit status.

    Only that command's module is imported: the doctor has to speak where what others need is missing.
    """
    given = sys.argv[1:] if arguments is None else arguments
    parser = argparse.ArgumentParser(prog="python -m autograder", description=__doc__)
    subparsers = parser.add_subparsers(required=True, metavar="command")
    for name, words in COMMANDS.items():
        command = subparsers.add_parser(name, help=words)
        if given[:1] == [name]:
            module = importlib.import_module(f"autograder.{name}")
            command.description = (module.__doc__ or "").split("\n\n")[0]
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    parsed = parser.parse_args(given)
    status: int = parsed.run(parsed)
    return status


if __name__ == "__main__":
    sys.exit(main())
