"""Adaptation measured: how much of the gap between two domains each method closes without a target label.

`python -m benchmarks.adaptation` prints one seed of both pairs of domains; `--seeds 5` prints five, with intervals.
`python -m benchmarks.adaptation --record` measures five and keeps them in lib/results/adaptation.csv; stopped and
started again, it goes on where it was. Each of `--processes` takes one run at a time, on one thread.
"""

import argparse
import dataclasses
import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

import torch

from benchmarks.recording import Recording, lacking, rows_of
from lib import settings
from lib.adaptation import METHODS, ON_TARGET, SOURCE_ONLY, adapt, best, gap_closed
from lib.adversarial import DomainAdversarialNetwork
from lib.backbones import load_backbone
from lib.comparison import prepared
from lib.datasets import load_task
from lib.datasets.task import Split
from lib.results import mean_and_interval, origin, record
from lib.training import accuracy

NAME, COMMAND = "adaptation", "python -m benchmarks.adaptation"
PAIRS = {
    "digits → digits on photographs": ("clean-digits", "digits-on-photographs"),
    "drawn → handwritten digits": ("drawn-digits", "clean-digits"),
}
CHOSEN = "highest cluster agreement"  # of the methods, on the target's validation images: no label is needed
STEPS, SEEDS = 100, 5
PROTOCOL = f"""\
Protocol: the bundled resnet10 (GlyphNet: no digit, no photograph), fine-tuned as a whole, {STEPS} steps of AdamW on 32
images a domain, shifted by up to 4 pixels; rates 3e-4, new layers 3e-3; weights 1, rising with λ_p, not tuned. Each
domain is normalised by its own batch. Of 4 checkpoints the one with the highest information on unlabelled target
validation images. The first pair has the same handwritten digits in the same splits. Accuracy on the target's test,
by which nothing was chosen; in brackets the share of the gap closed. Seeds: {{seeds}}."""


@dataclasses.dataclass(frozen=True)
class Result:
    """One run: accuracies in [0, 1] on the test splits of target and source, what chose its checkpoint, and seconds."""

    pair: str
    method: str
    seed: int
    accuracy: float
    source_accuracy: float
    information: float
    agreement: float
    step: int
    seconds: float


Key = tuple[str, str, int]


def run(pair: str, name: str, seed: int, steps: int = STEPS) -> Result:
    """Adapt from one domain of `pair` to the other by METHODS[name], and test on both.

    Training sees the source's training split and the target's training images; the checkpoint is chosen on the target's
    validation images. ON_TARGET alone has target labels: its source is the target itself. Both domains are drawn by
    `seed`: where both show the handwritten digits, the same ones are in the same splits, so that no digit of the
    target's test is among the source's. The global random state is left as it is.
    """
    source, target = (load_task(task, seed=seed) for task in PAIRS[pair])
    start = time.perf_counter()
    labelled = target.train if name == ON_TARGET else source.train
    network = network_for(len(target.classes), seed)
    labels = labelled.labels.to(settings.device())
    images, unlabelled, validation = map(prepared, (labelled, target.train, target.validation))
    kept = best(adapt(network, METHODS[name], images, labels, unlabelled, validation, seed, steps=steps))
    seconds = time.perf_counter() - start
    on_target, on_source = (_tested(network, split) for split in (target.test, source.test))
    return Result(pair, name, seed, on_target, on_source, kept.information, kept.agreement, kept.step, seconds)


def network_for(classes: int, seed: int) -> DomainAdversarialNetwork:
    """The bundled backbone with a classifier and a discriminator drawn from `seed`, on the course's device."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = DomainAdversarialNetwork(load_backbone("resnet10"), classes)
    return network.to(settings.device(), memory_format=torch.channels_last)


def measure(seeds: int, known: list[dict], processes: int = 1) -> Iterator[dict]:
    """A row for each seed, pair and method, as they come; rows in `known` come first and are not measured again."""
    wanted = planned(seeds)
    have = [row for row in known if _key(row) in wanted]
    yield from have
    left = [key for key in wanted if key not in map(_key, have)]
    for result in _results(left, processes):
        row = {name: round(x, 4) if isinstance(x, float) else x for name, x in dataclasses.asdict(result).items()}
        print(f"seed {result.seed}, {result.pair}, {result.method:<18} {result.accuracy:.3f}", flush=True)
        yield row


def planned(seeds: int) -> list[Key]:
    """Every run that is to be made, in order."""
    return [(pair, name, seed) for seed, pair, name in itertools.product(range(seeds), PAIRS, METHODS)]


def main() -> None:
    """Read the command line, measure, and print or record."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true", help="written to lib/results")
    parser.add_argument("--seeds", type=int, help=f"how many (default: 1, and {SEEDS} to record)")
    parser.add_argument("--processes", type=int, default=1, help="how many at a time (default: %(default)s)")
    arguments = parser.parse_args()
    seeds = arguments.seeds or (SEEDS if arguments.record else 1)
    rows = list(known()) if arguments.record else []
    done: list[dict] = []
    for row in measure(seeds, rows, arguments.processes):
        done.append(row)
        if arguments.record:
            _write([*done, *(old for old in rows if old not in done)], arguments.processes)
    print(table(done))


def known() -> tuple[dict, ...]:
    """The rows that are recorded already."""
    return tuple(row | {name: int(row[name]) for name in ("seed", "step")} for row in rows_of(NAME))


def table(rows: list[dict]) -> str:
    """The protocol; accuracy and share of the gap closed, pair by pair, as a table in Markdown."""
    seeds = sorted({row["seed"] for row in rows})
    lines = ["| method | " + " | ".join(PAIRS) + " |", "|---|" + "--:|" * len(PAIRS)]
    for name in (*METHODS, CHOSEN):
        cells = (_cell([_score(rows, pair, name, seed) for seed in seeds], shares(rows, pair, name)) for pair in PAIRS)
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join([PROTOCOL.format(seeds=", ".join(map(str, seeds))), "", *lines])


def shares(rows: list[dict], pair: str, name: str) -> list[float]:
    """The share of the gap that a method closes, seed by seed; of CHOSEN, the one that was chosen for that seed."""
    seeds = sorted({row["seed"] for row in rows})
    ends = ((_score(rows, pair, SOURCE_ONLY, seed), _score(rows, pair, ON_TARGET, seed)) for seed in seeds)
    return [gap_closed(_score(rows, pair, name, seed), *gap) for seed, gap in zip(seeds, ends, strict=True)]


def _score(rows: list[dict], pair: str, name: str, seed: int) -> float:
    runs = [row for row in rows if (row["pair"], row["seed"]) == (pair, seed)]
    if name == CHOSEN:
        adapted = [row for row in runs if row["method"] not in (SOURCE_ONLY, ON_TARGET)]
        return max(adapted, key=lambda row: row["agreement"])["accuracy"]
    [score] = [row["accuracy"] for row in runs if row["method"] == name]
    return score


def _cell(scores: list[float], closed: list[float]) -> str:
    return f"{_percent(scores, 1)} % ({_percent(closed, 0)} %)"


def _percent(values: list[float], digits: int) -> str:
    """Mean and 95 % interval, or the value alone where there is one."""
    if len(values) == 1:
        return f"{100 * values[0]:.{digits}f}"
    mean, half = mean_and_interval(values)
    return f"{100 * mean:.{digits}f} ± {100 * half:.{digits}f}"


def _results(keys: list[Key], processes: int) -> Iterator[Result]:
    """Runs in processes of their own, one thread each, in the order in which they end."""
    spawn = get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawn, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        for future in as_completed([pool.submit(run, *key) for key in keys]):
            yield future.result()


def _tested(network: DomainAdversarialNetwork, split: Split) -> float:
    return accuracy(network.predictor(), prepared(split), split.labels.to(settings.device()))


_KEY = ("pair", "method", "seed")


def _key(row: dict) -> Key:
    return tuple(row[name] for name in _KEY)


def _write(rows: list[dict], processes: int) -> None:
    machine = f"{settings.device().type}, {processes} processes of 1 thread, torch {torch.__version__}"
    record(
        NAME,
        sorted(rows, key=lambda row: (row["seed"], [*PAIRS].index(row["pair"]), [*METHODS].index(row["method"]))),
        **origin(f"{COMMAND} --record --processes {processes}") | {"machine": machine},
    )


RECORDINGS = (Recording(NAME, f"{COMMAND} --record", lambda: lacking(NAME, _KEY, planned(SEEDS))),)

if __name__ == "__main__":
    main()
