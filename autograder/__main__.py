"""`python -m autograder release | verify | grade | regrade | collect | lessons`: the instructor's commands."""

import argparse
import os
import sys

# Before all other imports. With numpy's own threads, which none of the commands needs, a process is not to be forked.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# jsonschema asks for this one, whose import makes grammars for three seconds, of things that no notebook holds.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # None: there is no such module

from autograder import collect, grade, lessons, regrade, release, verify  # noqa: E402  after what goes before imports

COMMANDS = {
    "release": (release, "make course/ from solutions/, or check that it is up to date"),
    "verify": (verify, "prove every exercise: reference, stub, misconceptions, alternatives"),
    "grade": (grade, "grade a folder of submissions into a gradebook, a table and feedback pages"),
    "lessons": (lessons, "put lessons into the gradebook, for nbgrader's own autograde"),
    "regrade": (regrade, "show what grading again would change, then change it"),
    "collect": (collect, "merge what shards have graded, and make the results"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run the command that the arguments name; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m autograder", description=__doc__)
    subparsers = parser.add_subparsers(required=True, metavar="command")
    for name, (module, words) in COMMANDS.items():
        command = subparsers.add_parser(name, help=words, description=(module.__doc__ or "").split("\n\n")[0])
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    parsed = parser.parse_args(arguments)
    return parsed.run(parsed)


if __name__ == "__main__":
    sys.exit(main())
