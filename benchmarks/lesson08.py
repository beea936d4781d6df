"""The pipeline measured for lesson 8: whole, and with one part left out at a time; ten images a class, five seeds.

`python -m benchmarks.lesson08` fine-tunes resnet10 on digits on photographs, once by each plan of `lib.pipeline_trials`
and each seed, seeds outermost. Everything goes to lib/results after every run; stopped and started again, it goes on
where it was.
"""

from benchmarks.recording import Jobs, Row, Table, measure_tables, recordings_of
from lib.datasets import load_task
from lib.pipeline_trials import pipeline_trial, plans

COMMAND = "python -m benchmarks.lesson08"
IMAGES_PER_CLASS, SEEDS = 10, 5


def jobs() -> Jobs:
    """The whole and every part left out on one seed, then on the next."""
    task = load_task("digits-on-photographs")

    def measured(part: str, seed: int) -> Row:
        trial = pipeline_trial(task, IMAGES_PER_CLASS, seed, part)
        return {name: round(share, 4) for name, share in trial._asdict().items()}

    for seed in range(SEEDS):
        for part in plans():
            yield (part, seed), lambda p=part, s=seed: measured(p, s)


TABLES: dict[str, Table] = {"parts": (("part", "seed"), jobs)}
RECORDINGS = recordings_of("lesson08", COMMAND, TABLES)

if __name__ == "__main__":
    measure_tables("lesson08", COMMAND, TABLES, __doc__.splitlines()[0])
