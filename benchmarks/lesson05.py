"""Learning rates measured for lesson 5: base rate × decay, then schedule × decay, at ten images a class.

`python -m benchmarks.lesson05` fine-tunes resnet10 on digits on photographs. First cosine at five base rates and three
decays; for each decay the rate that validates best on the first seed is kept. Then constant, cosine and one-cycle at
that rate, five seeds; and the first table once more, with a second seed. Everything goes to lib/results after every
run; stopped and started again, it goes on where it was.
"""

from collections.abc import Iterator

from benchmarks.recording import Recording, rows_of
from lib.datasets import load_task
from lib.rate_trials import Trial, best_base, rate_trial
from lib.results import Recorded, mean_and_interval, origin, record, recorded

NAME, COMMAND = "learning_rates", "python -m benchmarks.lesson05"
RATES, DECAYS, SCHEDULES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2), (1.0, 0.5, 0.1), ("constant", "cosine", "one-cycle")
IMAGES_PER_CLASS, GRID_SEEDS, SEEDS = 10, 2, 5

Key = tuple[str, float, float, int]
"""Schedule, decay, base rate, seed."""


def main() -> None:
    """Measure what is not recorded yet, write it, and print what was compared."""
    rows, task = known(), load_task("digits-on-photographs")
    for schedule, decay, base, seed in _planned(rows):
        found = rate_trial(task, IMAGES_PER_CLASS, seed, base=base, decay=decay, schedule=schedule)
        rows[schedule, decay, base, seed] = found
        print(f"{schedule:<9} decay {decay:g}, base {base:g}, seed {seed}: {found.accuracy:.3f}", flush=True)
        _write(rows)
    print(table(recorded(NAME)))


def known() -> dict[Key, Trial]:
    """What is recorded already."""
    return {
        (str(row["schedule"]), float(row["decay"]), float(row["base"]), int(row["seed"])): Trial(
            *(float(row[column]) for column in Trial._fields)
        )
        for row in rows_of(NAME)
    }


def table(result: Recorded) -> str:
    """Test accuracies at each decay's own rate: mean and 95 % interval over the seeds, in Markdown."""
    lines = ["| decay | base | " + " | ".join(SCHEDULES) + " |", "|---|---|" + "--:|" * len(SCHEDULES)]
    for decay in DECAYS:
        base = best_base(result, decay)
        scores = (result.values("accuracy", schedule=name, decay=decay, base=base) for name in SCHEDULES)
        cells = (f"{100 * mean:.1f} ± {100 * half:.1f} %" for mean, half in map(mean_and_interval, scores))
        lines.append(f"| {decay:g} | {base:g} | {' | '.join(cells)} |")
    return "\n".join(lines)


def missing() -> int:
    """How many runs are still to be recorded. While some of the first seed's base rates are missing, how many of them:
    they decide which the others are.
    """
    rows = known()
    if first := [key for key in _grid() if key not in rows and key[-1] == 0]:
        return len(first)
    return len(set(_planned(rows)))


def _planned(rows: dict[Key, Trial]) -> Iterator[Key]:
    """What is still to be measured, in this order: the base rates on seed 0, which decide; the decays under cosine and
    the schedules at the middle one; schedules at the other decays; the base rates on more seeds.
    """
    grid = _grid()
    yield from (key for key in grid if key not in rows and key[-1] == 0)
    rates = {decay: best_base(Recorded("", "", "", _table(rows)), decay) for decay in DECAYS}
    compared = [(name, decay, rates[decay], seed) for seed in range(SEEDS) for decay in DECAYS for name in SCHEDULES]
    first = [key for key in compared if key[0] == "cosine" or key[1] == DECAYS[1]]
    yield from (key for key in (*first, *compared, *grid) if key not in rows)


def _grid() -> list[Key]:
    return [("cosine", decay, base, seed) for seed in range(GRID_SEEDS) for decay in DECAYS for base in RATES]


def _table(rows: dict[Key, Trial]) -> tuple[dict[str, str | float], ...]:
    columns = ("schedule", "decay", "base", "seed", *Trial._fields)
    values = ((*key, *(round(share, 4) for share in trial)) for key, trial in rows.items())
    return tuple(dict(zip(columns, row, strict=True)) for row in values)


def _write(rows: dict[Key, Trial]) -> None:
    record(NAME, _table(rows), **origin(COMMAND))


RECORDINGS = (Recording(NAME, COMMAND, missing),)

if __name__ == "__main__":
    main()
