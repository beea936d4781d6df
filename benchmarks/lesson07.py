"""Augmentation measured for lesson 7: each kind alone on top of nothing, ten images a class, five seeds.

`python -m benchmarks.lesson07` fine-tunes resnet10 on digits on photographs, once for each kind of
`lib.augmentation_trials` and each seed, seeds outermost. Everything goes to lib/results after every run; stopped and
started again, it goes on where it was.
"""

from benchmarks.recording import Jobs, Row, Table, measure_tables, recordings_of
from lib.augmentation_trials import augmentation_trial, kinds
from lib.datasets import load_task
from lib.results import Recorded, mean_and_interval, recorded

COMMAND = "python -m benchmarks.lesson07"
IMAGES_PER_CLASS, SEEDS = 10, 5


def jobs() -> Jobs:
    """Every kind on one seed, then on the next."""
    task = load_task("digits-on-photographs")

    def measured(kind: str, seed: int) -> Row:
        trial = augmentation_trial(task, IMAGES_PER_CLASS, seed, kind)
        return {name: round(share, 4) for name, share in trial._asdict().items()}

    for seed in range(SEEDS):
        for kind in kinds(len(task.classes)):
            yield (kind, seed), lambda k=kind, s=seed: measured(k, s)


def in_lines(result: Recorded) -> str:
    """Test accuracy of each kind, and what it gains over plain, seed by seed: means and 95 % intervals."""
    plain, lines = result.values("accuracy", kind="plain"), []
    for kind in result.distinct("kind"):
        scores = result.values("accuracy", kind=kind)
        mean, half = mean_and_interval(scores)
        gain, about = mean_and_interval([one - other for one, other in zip(scores, plain, strict=True)])
        lines.append(f"{kind!s:<20} {100 * mean:.1f} ± {100 * half:.1f} %   {100 * gain:+.1f} ± {100 * about:.1f}")
    return "\n".join(lines)


TABLES: dict[str, Table] = {"augmentations": (("kind", "seed"), jobs)}
RECORDINGS = recordings_of("lesson07", COMMAND, TABLES)

if __name__ == "__main__":
    measure_tables("lesson07", COMMAND, TABLES, __doc__.splitlines()[0])
    print(in_lines(recorded("lesson07_augmentations")))
