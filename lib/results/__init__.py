"""Recorded results: what takes longer than a lesson may is measured once, by a committed command, and kept here as CSV.

A file begins with three lines that say where it comes from, then holds a plain table:

    # command: python -m benchmarks.lesson03
    # date: 2026-01-31
    # machine: CPU, 2 threads, torch 2.14.0
    technique,images_per_class,seed,accuracy
"""

import csv
import datetime
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from scipy.special import stdtrit

from lib import settings
from lib.files import write_whole

FOLDER = Path(__file__).parent
Value = str | float


@dataclass(frozen=True)
class Recorded:
    """A table with its origin. rows: one mapping a line, column name → number where it reads as one, else text.

    Example:
        >>> runs = [("a", 0.5), ("b", 0.7), ("a", 0.6)]
        >>> rows = tuple({"method": method, "accuracy": accuracy} for method, accuracy in runs)
        >>> table = Recorded("python -m benchmarks.lesson03", "2026-01-31", "CPU", rows)
        >>> table.values("accuracy", method="a"), table.distinct("method")
        ([0.5, 0.6], ['a', 'b'])
    """

    command: str
    date: str
    machine: str
    rows: tuple[dict[str, Value], ...]

    def values(self, column: str, **where: Value) -> list[float]:
        """The numbers in `column` of the rows in which every other named column has the given value."""
        rows = (row for row in self.rows if all(row[name] == value for name, value in where.items()))
        return [float(row[column]) for row in rows]

    def distinct(self, column: str) -> list[Value]:
        """The different values of `column`, in the order of their first appearance."""
        return list(dict.fromkeys(row[column] for row in self.rows))


def recorded(name: str, folder: Path = FOLDER) -> Recorded:
    """Read `name`.csv. Raises FileNotFoundError, with the names there are, if there is none.

    Example:
        >>> recorded("images_per_class").command
        'python -m benchmarks.transfer --record'
    """
    path = folder / f"{name}.csv"
    if not path.is_file():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.csv"))) or "none"
        raise FileNotFoundError(f"no recorded result {name!r} in {folder}; recorded are: {known}")
    lines = path.read_text(encoding="utf-8").splitlines()
    origin = dict(line.removeprefix("# ").split(": ", 1) for line in lines[:3])
    rows = tuple({key: _number(text) for key, text in row.items()} for row in csv.DictReader(lines[3:]))
    return Recorded(**origin, rows=rows)


def record(
    name: str, rows: Iterable[Mapping[str, Value]], *, command: str, date: str, machine: str, folder: Path = FOLDER
) -> Path:
    """Write `name`.csv whole, its origin first; return its path. All rows have the first one's columns.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = record("few", [{"accuracy": 0.5}], command="a", date="b", machine="c", folder=Path(folder))
        ...     recorded("few", Path(folder)).rows
        ({'accuracy': 0.5},)
    """
    rows = list(rows)
    text = io.StringIO()
    text.write(f"# command: {command}\n# date: {date}\n# machine: {machine}\n")
    table = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    path = folder / f"{name}.csv"
    write_whole(path, text.getvalue())
    return path


def origin(command: str) -> dict[str, str]:
    """What `record` writes first, here and now: the command, today's date, and this machine.

    Example:
        >>> list(origin("python -m benchmarks.transfer"))
        ['command', 'date', 'machine']
    """
    machine = f"{settings.device().type}, {torch.get_num_threads()} threads, torch {torch.__version__}"
    return {"command": command, "date": datetime.datetime.now().astimezone().date().isoformat(), "machine": machine}


def mean_and_interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float]:
    """Mean over seeds, and the half-width of its confidence interval by Student's t (Gosset, 1908).

        mean ± t · s / √n,   s² = 1/(n−1) · Σ (value − mean)²,   t the quantile with n − 1 degrees of freedom

    It says where the mean over many more seeds would lie, if results over seeds are roughly normal. Raises ValueError
    for fewer than two values: one seed says nothing about the next.

    Example:
        >>> mean, half = mean_and_interval([0.6, 0.7])
        >>> round(mean, 2), round(half, 3)
        (0.65, 0.635)
    """
    count = len(values)
    if count < 2:
        raise ValueError(f"values: expected at least 2, got {count}")
    mean = math.fsum(values) / count
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (count - 1))
    return mean, float(stdtrit(count - 1, 0.5 + confidence / 2)) * deviation / math.sqrt(count)


def _number(text: str) -> Value:
    try:
        return float(text)
    except ValueError:
        return text
