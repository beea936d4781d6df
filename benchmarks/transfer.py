"""Transfer measured: accuracy on digits on photographs over images per class and seeds, for each technique.

`python -m benchmarks.transfer` prints 10 and 50 images a class, five seeds, with 95 % intervals; `--backbone NAME`
takes another network, `--techniques frozen fine-tuned` only some of the techniques.
`python -m benchmarks.transfer --record` measures every size of lesson 3's figure and writes it to lib/results; stopped
and started again, it goes on where it was. At the end it draws the README's picture from it.
"""

import argparse
import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.recording import Recording, lacking, rows_of
from lib import plots
from lib.bundled import ARCHITECTURES
from lib.comparison import RECIPES, Result, compare
from lib.datasets import load_task
from lib.results import Recorded, mean_and_interval, origin, record, recorded

SIZES, RECORDED_SIZES, SEEDS = (10, 50), (2, 5, 10, 20, 50), 5
COMMAND = "python -m benchmarks.transfer"
RECORD = f"{COMMAND} --record"
NAME, KEY = "images_per_class", ("seed", "images_per_class", "technique")
PICTURE = Path(__file__).parents[1] / "docs" / f"{NAME}.png"


def measure(
    sizes: tuple[int, ...],
    seeds: int,
    known: list[dict],
    *,
    backbone: str = "resnet10",
    techniques: Sequence[str] = tuple(RECIPES),
) -> Iterator[dict]:
    """A row for each seed, size and technique; rows in `known` are not measured again."""
    task = load_task("digits-on-photographs")
    have = {tuple(row[name] for name in KEY): row for row in known}
    for seed, size, technique in itertools.product(range(seeds), sizes, techniques):
        row = have.get((seed, size, technique)) or _row(compare(technique, task, size, seed, backbone=backbone))
        print(f"seed {seed}, {size:>2} images a class, {technique:<10} {row['accuracy']:.3f}", flush=True)
        yield row


def missing() -> int:
    """How many rows are still to be recorded."""
    return lacking(NAME, KEY, itertools.product(range(SEEDS), RECORDED_SIZES, RECIPES))


def main() -> None:
    """Read the command line, measure, and print or record."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true", help="all sizes, written to lib/results")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="how many (default: %(default)s)")
    parser.add_argument("--backbone", choices=ARCHITECTURES, default="resnet10", help="(default: %(default)s)")
    parser.add_argument("--techniques", nargs="+", choices=RECIPES, default=list(RECIPES), help="(default: all)")
    arguments = parser.parse_args()
    options = {"backbone": arguments.backbone, "techniques": arguments.techniques}
    if arguments.record and options != {"backbone": "resnet10", "techniques": list(RECIPES)}:
        parser.error("--record is for resnet10 and all techniques")
    sizes = RECORDED_SIZES if arguments.record else SIZES
    rows = list(known()) if arguments.record else []
    done: list[dict] = []
    for row in measure(sizes, arguments.seeds, rows, **options):
        done.append(row)
        if arguments.record:
            _write([*done, *(old for old in rows if old not in done)])
    print(table(done, sizes))
    if arguments.record:
        draw()


def draw() -> None:
    """The README's picture, from what is recorded."""
    title = "Ten digits on photographs: what pre-training is worth"
    curve = plots.accuracy_curve(recorded(NAME), title, x="images_per_class", label="images per class")
    curve.save(PICTURE)


def known() -> tuple[dict, ...]:
    """The rows that are recorded already."""
    return tuple(row | {name: int(row[name]) for name in ("images_per_class", "seed")} for row in rows_of(NAME))


def table(rows: list[dict], sizes: tuple[int, ...]) -> str:
    """Means and 95 % intervals as a table in Markdown, for the techniques that the rows hold."""
    result = Recorded("", "", "", tuple(rows))
    lines = ["| technique | " + " | ".join(f"{size} a class" for size in sizes) + " |", "|---|" + "--:|" * len(sizes)]
    for technique in dict.fromkeys(row["technique"] for row in rows):
        scores = (result.values("accuracy", technique=technique, images_per_class=size) for size in sizes)
        cells = (f"{100 * mean:.1f} ± {100 * half:.1f} %" for mean, half in map(mean_and_interval, scores))
        lines.append(f"| {technique} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _row(result: Result) -> dict:
    rounded = {name: round(value, 4) for name, value in dataclasses.asdict(result).items() if isinstance(value, float)}
    return dataclasses.asdict(result) | rounded


def _write(rows: list[dict]) -> None:
    record(NAME, rows, **origin(RECORD))


RECORDINGS = (Recording(NAME, RECORD, missing),)

if __name__ == "__main__":
    main()
