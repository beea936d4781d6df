"""Tables in lib/results that grow row by row, and what their recorders offer to `python -m benchmarks.lessons`.

A table is the columns that name a job, and its jobs, each with its key. `measure` runs those whose key no row has.
"""

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import torch

from lib.results import Value, origin, record, recorded


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
Row = dict[str, Value]
Jobs = Iterable[tuple[Key, Callable[[], Row | list[Row]]]]
Table = tuple[Sequence[str], Callable[[], Jobs]]
"""The columns that name a job, and what gives its jobs: each with its key, their values, and a call that measures it,
which gives the other columns of its row, or of several.
"""


def rows_of(name: str) -> tuple[Row, ...]:
    """The rows that `name`.csv has already; none where there is no such file."""
    try:
        return recorded(name).rows
    except FileNotFoundError:
        return ()


def measure(name: str, command: str, table: Table) -> None:
    """Run the jobs whose key no row of `name`.csv has, writing it after each: in the jobs' order, other rows last."""
    columns, jobs = table
    old, rows = dict[Key, list[Row]](), dict[Key, list[Row]]()
    for row in rows_of(name):
        old.setdefault(tuple(row[column] for column in columns), []).append(row)
    for key, job in jobs():
        known = old.pop(key, None)
        rows[key] = known or [dict(zip(columns, key, strict=True)) | row for row in _several(job())]
        if known is None:
            print(name, *(value for row in rows[key][:3] for value in row.values()), flush=True)
            record(name, map(_whole, _all(rows, old)), **origin(command))


def measure_tables(prefix: str, command: str, tables: Mapping[str, Table], about: str) -> None:
    """Read the command line, which may name tables, and measure those or all, `prefix`_`name` each, in one thread."""
    parser = argparse.ArgumentParser(prog=command, description=about)
    parser.add_argument("tables", nargs="*", default=[*tables], help=f"which of {', '.join(tables)} (default: all)")
    torch.set_num_threads(1)
    for name in parser.parse_args().tables:
        measure(f"{prefix}_{name}", command, tables[name])


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
    have = {tuple(row[column] for column in columns) for row in rows_of(name)}
    return len(set(wanted) - have)


def _several(found: Row | list[Row]) -> list[Row]:
    return found if isinstance(found, list) else [found]


def _all(*groups: Mapping[Key, list[Row]]) -> Iterator[Row]:
    return (row for group in groups for rows in group.values() for row in rows)


def _whole(row: Row) -> Row:
    """Whole numbers without their decimal point, as a row that was read has them not."""
    return {name: int(v) if isinstance(v, float) and v.is_integer() else v for name, v in row.items()}
