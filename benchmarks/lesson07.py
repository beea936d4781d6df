"""Augmentation measured for lesson 7: each kind alone on top of nothing, ten images a class, five seeds.

`python -m benchmarks.lesson07` fine-tunes resnet10 on digits on photographs, once for each kind of
`lib.augmentation_trials` and each seed, seeds outermost. Everything goes to lib/results after every run; stopped and
started again, it goes on where it was.
"""

from collections.abc import Iterator

from benchmarks.recording import Recording, lacking
from lib.augmentation_trials import augmentation_trial, kinds
from lib.datasets import load_task
from lib.rate_trials import Trial
from lib.results import Recorded, mean_and_interval, origin, record, recorded

NAME, COMMAND = "lesson07_augmentations", "python -m benchmarks.lesson07"
IMAGES_PER_CLASS, SEEDS, CLASSES = 10, 5, 10

Key = tuple[str, int]
"""Kind, seed."""


def main() -> None:
    """Measure what is not recorded yet, write it, and print what was compared."""
    rows, task = known(), load_task("digits-on-photographs")
    for kind, seed in planned(rows):
        rows[kind, seed] = found = augmentation_trial(task, IMAGES_PER_CLASS, seed, kind)
        print(f"{kind:<20} seed {seed}: {found.accuracy:.3f}", flush=True)
        record(NAME, table(rows), **origin(COMMAND))
    print(in_lines(recorded(NAME)))


def known() -> dict[Key, Trial]:
    """What is recorded already."""
    try:
        rows = recorded(NAME).rows
    except FileNotFoundError:
        return {}
    return {
        (str(row["kind"]), int(row["seed"])): Trial(*(float(row[column]) for column in Trial._fields)) for row in rows
    }


def planned(rows: dict[Key, Trial]) -> Iterator[Key]:
    """What is still to be measured: whole seeds, one after the other."""
    yield from (key for key in every() if key not in rows)


def every() -> list[Key]:
    """All runs, in order."""
    return [(kind, seed) for seed in range(SEEDS) for kind in kinds(CLASSES)]


def table(rows: dict[Key, Trial]) -> list[dict[str, str | float]]:
    """One row a run, shares to four places."""
    columns = ("kind", "seed", *Trial._fields)
    return [dict(zip(columns, (*k, *(round(x, 4) for x in trial)), strict=True)) for k, trial in rows.items()]


def in_lines(result: Recorded) -> str:
    """Test accuracy of each kind, and what it gains over plain, seed by seed: means and 95 % intervals."""
    plain, lines = result.values("accuracy", kind="plain"), []
    for kind in result.distinct("kind"):
        scores = result.values("accuracy", kind=kind)
        mean, half = mean_and_interval(scores)
        gain, about = mean_and_interval([one - other for one, other in zip(scores, plain, strict=True)])
        lines.append(f"{kind!s:<20} {100 * mean:.1f} ± {100 * half:.1f} %   {100 * gain:+.1f} ± {100 * about:.1f}")
    return "\n".join(lines)


RECORDINGS = (Recording(NAME, COMMAND, lambda: lacking(NAME, ("kind", "seed"), every())),)

if __name__ == "__main__":
    main()
