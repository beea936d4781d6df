"""Pitfalls measured for lesson 10: forgetting, choosing a network, overfitting, and norms on another domain.

`python -m benchmarks.lesson10` measures what is not recorded yet and writes four tables to lib/results; stopped and
started again, it goes on where it was. Words choose tables: `python -m benchmarks.lesson10 norms`. One thread. Seeds
are outermost.

- forgetting: digits on photographs, ten images a class, held by EWC or L2-SP at several strengths.
- candidates: ten networks on three tasks, scored untrained and then fine-tuned.
- overfitting: seven runs on ten images a class, with one cure each.
- norms: two pairs of domains, four kinds of norm, statistics as trained and measured anew.
"""

from typing import NamedTuple

from benchmarks.recording import Jobs, Row, Table, measure_tables, recordings_of
from lib.candidates import CANDIDATES, suitability
from lib.datasets import load_task
from lib.forgetting import forgetting_trial
from lib.norm_trials import NORMS, PAIRS, norm_trial
from lib.overfitting import CURES, overfitting_trial

COMMAND = "python -m benchmarks.lesson10"
IMAGES_PER_CLASS = 10
FORGETTING_SEEDS, CANDIDATE_SEEDS, OVERFITTING_SEEDS, NORM_SEEDS = 3, 2, 5, 3
STRENGTHS = {"EWC": (1e2, 1e3, 1e4, 1e5, 1e6), "L2-SP": (0.01, 0.1, 1.0, 10.0, 100.0)}
TARGETS = ("digits-on-photographs", "blood-cells", "granites")


def forgetting_jobs() -> Jobs:
    """Nothing, with norms frozen and moving; then each method at each strength."""
    task = load_task("digits-on-photographs")
    runs = [("nothing", 0.0, "frozen"), ("nothing", 0.0, "moving")]
    runs += [(method, strength, "frozen") for method, strengths in STRENGTHS.items() for strength in strengths]

    def measured(method: str, strength: float, norms: str, seed: int) -> Row:
        options = {"method": method, "strength": strength, "moving_norms": norms == "moving"}
        return _rounded(forgetting_trial(task, IMAGES_PER_CLASS, seed, **options))

    for seed in range(FORGETTING_SEEDS):
        for run in runs:
            yield (*run, seed), lambda r=run, s=seed: measured(*r, s)


def candidate_jobs() -> Jobs:
    """Every candidate on every task that it has not learnt already."""
    for seed in range(CANDIDATE_SEEDS):
        for target in TARGETS:
            for candidate in CANDIDATES:
                if not candidate.endswith(target):
                    yield (
                        (candidate, target, seed),
                        lambda c=candidate, t=target, s=seed: _rounded(
                            suitability(c, load_task(t), IMAGES_PER_CLASS, s)
                        ),
                    )


def overfitting_jobs() -> Jobs:
    """Every cure."""
    task = load_task("digits-on-photographs")
    for seed in range(OVERFITTING_SEEDS):
        for cure in CURES:
            yield (cure, seed), lambda c=cure, s=seed: _rounded(overfitting_trial(task, IMAGES_PER_CLASS, s, c))


def norm_jobs() -> Jobs:
    """Every kind of norm on both pairs of domains."""
    for seed in range(NORM_SEEDS):
        for pair in PAIRS:
            for norm in NORMS:
                yield (pair, norm, seed), lambda p=pair, n=norm, s=seed: [_rounded(r) for r in norm_trial(p, n, s)]


def _rounded(found: NamedTuple) -> Row:
    return {name: round(value, 4) for name, value in found._asdict().items()}


TABLES: dict[str, Table] = {
    "forgetting": (("method", "strength", "norms", "seed"), forgetting_jobs),
    "overfitting": (("cure", "seed"), overfitting_jobs),
    "norms": (("pair", "norm", "seed"), norm_jobs),
    "candidates": (("candidate", "target", "seed"), candidate_jobs),
}
RECORDINGS = recordings_of("lesson10", COMMAND, TABLES)

if __name__ == "__main__":
    measure_tables("lesson10", COMMAND, TABLES, __doc__.splitlines()[0])
