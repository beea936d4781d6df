"""What a recorder offers to `python -m benchmarks.lessons`: each of its tables, the command, and what is missing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from lib.results import Value, recorded


@dataclass(frozen=True)
class Recording:
    """A table in lib/results and the command that measures it.

    name: of the CSV file, without its ending. command: writes the table after every row; stopped and started again, it
    goes on where it was. missing: how many rows are still to be measured, 0 where the table is whole; it measures
    nothing.
    """

    name: str
    command: str
    missing: Callable[[], int]


Key = tuple[Value, ...]
Table = tuple[Sequence[str], Callable[[], Iterable[tuple[Key, object]]]]
"""The columns that name a job, and its jobs, each with its key: their values."""


def recordings_of(prefix: str, command: str, tables: Mapping[str, Table]) -> tuple[Recording, ...]:
    """Recordings for a page that measures several tables, `prefix`_`name`, each by `command` and its own name."""

    def missing(name: str) -> int:
        columns, jobs = tables[name]
        return lacking(f"{prefix}_{name}", columns, (key for key, _ in jobs()))

    return tuple(Recording(f"{prefix}_{name}", f"{command} {name}", partial(missing, name)) for name in tables)


def lacking(name: str, columns: Sequence[str], wanted: Iterable[Key]) -> int:
    """How many of the keys `wanted`, values of `columns` in their order, stand in no row of `name`.csv.

    Raises KeyError where the table has rows and not all of these columns.
    """
    try:
        rows = recorded(name).rows
    except FileNotFoundError:
        rows = ()
    have = {tuple(row[column] for column in columns) for row in rows}
    return len(set(wanted) - have)
