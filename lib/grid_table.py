"""A table of runs that survives being stopped: written whole after each run, and never a mixture of two recipes."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path

from lib.results import Recorded, Value, origin, record, recorded

Row = dict[str, Value]


@dataclass(frozen=True)
class Cell:
    """One run of a grid: all factors that it is named by.

    Example:
        >>> Cell("granites", "resnet10", "head alone", "none", "cosine", images_per_class=5, seed=0).recipe
        ('granites', 'resnet10', 'head alone', 'none', 'cosine')
    """

    task: str
    backbone: str
    strategy: str
    augmentation: str
    schedule: str
    images_per_class: int
    seed: int

    @property
    def recipe(self) -> tuple[str, ...]:
        """The factors that one recipe serves, whatever the size and the seed."""
        return self.task, self.backbone, self.strategy, self.augmentation, self.schedule


FACTORS = tuple(field.name for field in fields(Cell))


class GridTable:
    """The rows of a grid by their cells, and the file that holds them, if there is one.

    wanted: each cell that is asked for, in order, with the hash of its recipe, text that does not read as a number.
    path: a CSV file as `lib.results` writes them; what it has is taken over, and its other rows stay in it. command:
    what the file will name as its origin.

    Raises ValueError where the file has a row of the same factors and another recipe, or is without one of these
    columns; where runs are missing that would be made on another machine than those in it, for their seconds could not
    be compared; and for a file's cells with a name that reads as a number, which CSV could not give back.

    Example:
        >>> runs = [Cell("granites", "resnet10", "head alone", "none", "cosine", 5, seed) for seed in (0, 1)]
        >>> table = GridTable(dict.fromkeys(runs, "recipe a"))
        >>> _ = table.add(runs[0], {"accuracy": 0.5})
        >>> [cell.seed for cell in table.missing()]
        [1]
    """

    def __init__(self, wanted: dict[Cell, str], path: Path | str | None = None, command: str = "lib.ablation") -> None:
        self.wanted, self.path, self.origin = wanted, None if path is None else Path(path), origin(command)
        self.rows: dict[Cell, Row] = {}
        if self.path is not None:
            _check_names(wanted)
        if self.path is not None and self.path.is_file():
            self._take_over(recorded(self.path.stem, self.path.parent))

    def missing(self) -> list[Cell]:
        """The cells that are still to be run, in order."""
        return [cell for cell in self.wanted if cell not in self.rows]

    def add(self, cell: Cell, measures: Row) -> Row:
        """Add a run and write the file: what is asked for in its order, then all else. Returns the row."""
        self.rows[cell] = {name: getattr(cell, name) for name in FACTORS} | measures | {"recipe": self.wanted[cell]}
        if self.path is not None:
            cells = [cell for cell in self.wanted if cell in self.rows]
            cells += [cell for cell in self.rows if cell not in self.wanted]
            record(self.path.stem, [self.rows[cell] for cell in cells], **self.origin, folder=self.path.parent)
        return self.rows[cell]

    def recorded(self) -> Recorded:
        """The rows that are asked for, with their origin. Raises ValueError while some are missing."""
        if missing := self.missing():
            raise ValueError(f"table: expected all {len(self.wanted)} runs to be made, {len(missing)} are missing")
        return Recorded(**self.origin, rows=tuple(self.rows[cell] for cell in self.wanted))

    def _take_over(self, found: Recorded) -> None:
        for row in found.rows:
            if lacking := {*FACTORS, "recipe"} - set(row):
                raise ValueError(f"path: {self.path} is no table of a grid: it has no column {min(lacking)}")
            row = {name: _whole(name, value) for name, value in row.items()}
            self.rows[_cell(row)] = row
        recipes = {cell.recipe: recipe for cell, recipe in self.wanted.items()}
        for cell, row in self.rows.items():
            if row["recipe"] != recipes.get(cell.recipe, row["recipe"]):
                changed = "its plan, its data or its first weights have changed since"
                raise ValueError(f"path: {self.path} has runs of another recipe of {cell.recipe}: {changed}. {_ANEW}")
        if not self.missing():
            self.origin = {"command": found.command, "date": found.date, "machine": found.machine}
        elif found.machine != (here := self.origin["machine"]):
            raise ValueError(f"path: {self.path} was measured on {found.machine!r}, not {here!r}. {_ANEW}")


_WHOLE = ("images_per_class", "seed", "memory_bytes", "epochs")  # columns of whole numbers, which CSV does not tell
_ANEW = "Delete it to measure anew, or give another path"


def _cell(row: Row) -> Cell:
    task, backbone, strategy, augmentation, schedule = (str(row[name]) for name in FACTORS[:-2])
    return Cell(task, backbone, strategy, augmentation, schedule, int(row["images_per_class"]), int(row["seed"]))


def _check_names(cells: Iterable[Cell]) -> None:
    named = dict.fromkeys(pair for cell in cells for pair in zip(FACTORS, cell.recipe, strict=False))
    for factor, value in named:
        if _reads_as_number(value):
            raise ValueError(f"{factor}: expected a name that does not read as a number, got {value!r}")


def _reads_as_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _whole(name: str, value: Value) -> Value:
    return int(value) if name in _WHOLE else value
