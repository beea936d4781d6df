"""All that the lessons' figures are drawn from, measured by one command.

`python -m benchmarks.lessons` runs the command of every table in lib/results that is not whole, one after the other;
stopped and started again, it goes on where it was. It takes hours where nothing is recorded. `--list` runs nothing and
prints each command, its table and what is missing; `--only NAME …` takes some tables alone. A whole table is left as it
is: to measure it anew, delete it first.

A recorder is a page of `benchmarks` with `RECORDINGS`, found by that name.
"""

import argparse
import importlib
import pkgutil
import shlex
import subprocess
import sys
from collections.abc import Sequence
from types import ModuleType

import benchmarks
from benchmarks.recording import Recording


def main() -> int:
    """Read the command line, list or measure; 0 where all is well."""
    found = pages()
    tables = {table.name: table for table in recordings(found)}
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lessons", description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="print the commands and what is missing, run nothing")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=tables, default=[*tables], help="some tables")
    options = parser.parse_args()
    asked = [tables[name] for name in options.only]
    if options.list:
        print("\n".join([*map(line, asked), *(f"{name}: offers no table" for name in silent(found))]))
        return 0
    failed = [table.name for table in asked if not whole_after_measuring(table)]
    print(f"Not whole: {', '.join(failed)}." if failed else "All whole.")
    return 1 if failed else 0


def pages() -> list[ModuleType]:
    """The pages of `benchmarks`, by name; its packages are no recorders."""
    found = (page.name for page in pkgutil.iter_modules(benchmarks.__path__) if not page.ispkg)
    return [importlib.import_module(f"benchmarks.{name}") for name in sorted(found)]


def recordings(pages: Sequence[ModuleType]) -> list[Recording]:
    """What the recorders among `pages` offer, in their order. Raises ValueError where two offer the same table."""
    found: dict[str, Recording] = {}
    for page in pages:
        for table in getattr(page, "RECORDINGS", ()):
            if table.name in found:
                raise ValueError(f"{page.__name__}: expected a table of its own, {table.name} is offered already")
            found[table.name] = table
    return list(found.values())


def silent(pages: Sequence[ModuleType]) -> list[str]:
    """The pages of lessons, by name `lessonNN`, that offer nothing."""
    lessons = (page for page in pages if page.__name__.rpartition(".lesson")[2].isdigit())
    return [page.__name__ for page in lessons if not getattr(page, "RECORDINGS", ())]


def line(table: Recording) -> str:
    """The command, the table, and what it lacks."""
    return f"{table.command}  →  lib/results/{table.name}.csv: {state(table)}"


def state(table: Recording) -> str:
    """Whether the table is whole, in words."""
    missing = table.missing()
    return f"{missing} missing" if missing else "whole"


def whole_after_measuring(table: Recording) -> bool:
    """Run the table's command if it is not whole; whether it is afterwards."""
    print(line(table), flush=True)
    if not table.missing():
        return True
    program, *words = shlex.split(table.command)
    if program != "python":
        raise ValueError(f"command: expected one that begins with python, got {table.command!r}")
    ended = subprocess.run([sys.executable, *words], check=False).returncode
    print(f"{table.name}: {state(table)}" + (f", the command ended with {ended}" if ended else ""), flush=True)
    return ended == 0 and not table.missing()


if __name__ == "__main__":
    sys.exit(main())
