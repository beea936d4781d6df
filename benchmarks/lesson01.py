"""Lesson 1 measured: what pre-training is worth on a distant target, and what a linear probe reads from each stage.

`python -m benchmarks.lesson01` measures what is not recorded yet and writes two tables to lib/results; stopped and
started again, it goes on where it was. Words choose tables: `python -m benchmarks.lesson01 stages`. One thread.

- granites: a distant target with every technique of `lib.comparison`, as `benchmarks.transfer` measures digits.
- stages: a linear probe after each stage of the bundled network, and of one that never learnt: on the source's own
  characters, ten at a time out of a thousand, and on three targets; ten images a class to learn from everywhere.
"""

from functools import lru_cache

import torch
from torch import Tensor, nn

from benchmarks.recording import Jobs, Row, Table, measure_tables, recordings_of
from lib import settings
from lib.backbones import load_backbone, preprocessing
from lib.comparison import RECIPES, compare, prepared
from lib.datasets import load_task
from lib.datasets.glyph_bank import CLASSES
from lib.datasets.glyphnet import draw_glyphs
from lib.representation import stage_features
from lib.stage_probes import probe_stages

COMMAND = "python -m benchmarks.lesson01"
SIZES, SEEDS = (10, 5, 20), 5
NETWORKS = {"pre-trained": "bundled", "never trained": None}
PROBED = ("digits-on-photographs", "blood-cells", "granites")
SOURCE, DRAWINGS, GROUPS = "characters", 20_000, 20


# ---- what pre-training is worth on a distant target ----------------------------------------------------------------


def granite_jobs() -> Jobs:
    """A run for each seed, size and technique."""
    task = load_task("granites")

    def measured(technique: str, size: int, seed: int) -> list[Row]:
        result = compare(technique, task, size, seed)
        return [{"accuracy": round(result.accuracy, 4), "train_accuracy": round(result.train_accuracy, 4)}]

    for size in SIZES:
        for seed in range(SEEDS):
            for name in RECIPES:
                yield (name, size, seed), lambda n=name, s=size, r=seed: measured(n, s, r)


# ---- what each stage holds -----------------------------------------------------------------------------------------


def stage_jobs() -> Jobs:
    """All stages for each network and task: a row for each seed, or each group of characters."""
    for network, weights in NETWORKS.items():
        for task in PROBED:
            yield (network, task), lambda w=weights, t=task: target_probes(load_backbone("resnet10", w), t)
        yield (network, SOURCE), lambda w=weights: source_probes(load_backbone("resnet10", w))


def target_probes(network: nn.Module, name: str) -> list[Row]:
    """Probes of every stage on a task, fitted on ten images a class, tested on the whole test split."""
    task = load_task(name)
    tested, rows = stage_features(network, prepared(task.test)), list[Row]()
    for seed in range(SEEDS):
        few = task.train.few(10, seed)
        fitted = stage_features(network, prepared(few))
        rows += _rows(probe_stages(fitted, few.labels, tested, task.test.labels, len(task.classes)), seed)
    return rows


def source_probes(network: nn.Module) -> list[Row]:
    """Probes on new drawings of the source's characters: ten characters at a time, ten images of each to learn from,
    the others, about ten, to be tested on.
    """
    features, labels = source_features(network)
    rows = list[Row]()
    for group, characters in enumerate(character_groups()):
        fitted, tested = divided(labels, characters)
        names = torch.full((CLASSES,), -1).scatter(0, characters, torch.arange(len(characters)))
        parts = [{stage: values[chosen] for stage, values in features.items()} for chosen in (fitted, tested)]
        targets = names[labels[fitted]], names[labels[tested]]
        rows += _rows(probe_stages(parts[0], targets[0], parts[1], targets[1], len(characters)), group)
    return rows


def source_features(network: nn.Module) -> tuple[dict[str, Tensor], Tensor]:
    """Features of new drawings after each stage, and which characters they are."""
    images, labels = drawings()
    parts = [stage_features(network, preprocessing("resnet10")(part)) for part in images.split(1000)]
    return {stage: torch.cat([part[stage] for part in parts]) for stage in parts[0]}, labels


@lru_cache(maxsize=1)
def drawings() -> tuple[Tensor, Tensor]:
    """New drawings of the source's characters, uint8, and which ones they are."""
    generator = settings.generator(1)
    parts = [draw_glyphs(1000, generator=generator) for _ in range(DRAWINGS // 1000)]
    return torch.cat([(255 * images).round().byte() for images, _ in parts]), torch.cat([names for _, names in parts])


def character_groups() -> tuple[Tensor, ...]:
    """Ten characters a group, no character in two groups."""
    return torch.randperm(CLASSES, generator=settings.generator(0))[: 10 * GROUPS].split(10)


def divided(labels: Tensor, characters: Tensor) -> tuple[Tensor, Tensor]:
    """Rows to learn from, the first ten of each character, and rows to be tested on, all others."""
    of_each = [(labels == character).nonzero().flatten() for character in characters]
    return torch.cat([rows[:10] for rows in of_each]), torch.cat([rows[10:] for rows in of_each])


def _rows(scores: dict[str, float], seed: int) -> list[Row]:
    return [{"seed": seed, "stage": stage, "accuracy": round(score, 4)} for stage, score in scores.items()]


# ---- tables --------------------------------------------------------------------------------------------------------

TABLES: dict[str, Table] = {
    "stages": (("network", "task"), stage_jobs),
    "granites": (("technique", "images_per_class", "seed"), granite_jobs),
}


RECORDINGS = recordings_of("lesson01", COMMAND, TABLES)

if __name__ == "__main__":
    measure_tables("lesson01", COMMAND, TABLES, __doc__.splitlines()[0])
