"""The comparison of strategies: every combination of strategy, size, backbone, augmentation, schedule and seed.

One protocol for all: the same seed gives every combination the same images, the same epochs and the same first head, so
runs of one seed are pairs. Validation images, as many a class as there are for training, decide which epoch is kept;
the test split decides nothing. The table is written whole after every run, and a grid that was stopped goes on.
"""

import difflib
import functools
import hashlib
import itertools
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from lib import protocol, settings
from lib.backbones import backbone_names, load_backbone, preprocessing, pretrained_weights, replace_head
from lib.batch_augmentation import BatchAugmentation
from lib.bundled import ARCHITECTURES
from lib.datasets import load_task
from lib.datasets.task import Split, Task
from lib.epochs import evaluate
from lib.freezing_costs import FreezingCost, freezing_costs
from lib.grid_table import FACTORS, Cell, GridTable, Row
from lib.mixing import Mixing
from lib.optimisation import schedule_of
from lib.pipeline import fine_tune
from lib.plan import SCHEDULES, History, Plan
from lib.results import Recorded
from lib.stages import stages
from lib.strategies import STRATEGIES, Strategy, trainable_shares

AUGMENTATIONS = ("none", "basic", "Mixup", "CutMix")
_ORDER = FACTORS[::-1]  # seeds outermost: a grid that is stopped has whole seeds


def compare_strategies(
    task: Task,
    strategies: Sequence[str] | Mapping[str, Strategy] = tuple(STRATEGIES),
    sizes: Sequence[int] = (5, 20, 50),
    seeds: Iterable[int] = range(5),
    *,
    backbones: Sequence[str] = ("resnet10",),
    augmentations: Sequence[str] = ("none",),
    schedules: Sequence[str] = ("cosine",),
    epochs: int = 12,
    batch_size: int = 16,
    path: Path | str | None = None,
    command: str = "lib.ablation.compare_strategies",
    report: Callable[[Row], object] | None = None,
) -> Recorded:
    """Fine-tune once for each combination of all factors, and return the table: one row a run.

    `lib.protocol.compare_strategies` with more factors than size and seed, this library's own fine-tuning, and a file.

    strategies: names in STRATEGIES, or a mapping from names to strategies of one's own. sizes: training images a class.
    backbones: names that `lib.backbones` knows; the bundled ones begin at bundled weights, torchvision's at their
    default ones. augmentations: of AUGMENTATIONS: "basic" is `BatchAugmentation`, mirrored unless the classes are
    digits; Mixup and CutMix come on top of it. schedules: of lib.plan.SCHEDULES. epochs: of each run in all.
    path: a CSV file that is written whole after each run; runs that stand in it are not made again, and its other rows
    stay. command: what is written there as its origin. report: called with each new row.

    Columns: the factors; accuracy (on the test split), validation_accuracy (of the epoch kept), train_accuracy (of the
    final network on its training images, not augmented), all in [0, 1]; seconds of `fine_tune`: on the CPU of the
    processor's time, all threads together, which other programs do not lengthen, elsewhere by the clock; memory_bytes:
    what the run's largest training step holds on top of network and batch: gradients, Adam's moments and activations,
    as `lib.freezing_costs` measures them, the same on every device; trainable_share: the largest of any phase, in (0,
    1]; epochs; recipe: a hash of plan, task and first weights, whatever the seed.

    On one CPU thread the same call gives the same numbers but for seconds. The global random state is left as it is.
    Raises ValueError for an unknown name, an empty factor, too few epochs, steps or images, for a file that holds runs
    of another recipe under the same names, or was measured on another machine and is not complete.
    """
    named = strategies if isinstance(strategies, Mapping) else {name: _known(name) for name in strategies}
    names = (backbones, list(named), augmentations, schedules)
    values: dict[str, Sequence[Any]] = dict(zip(FACTORS, ([task.name], *names, sizes, list(seeds)), strict=True))
    _check_factors(task, values)
    wanted = [Cell(**dict(zip(_ORDER, one, strict=True))) for one in itertools.product(*(values[n] for n in _ORDER))]
    bench = _Bench(task, named, epochs, batch_size)
    for cell in wanted:
        bench.check(cell)
    table = GridTable({cell: bench.recipe(cell) for cell in wanted}, path, command)
    for cell in table.missing():
        row = table.add(cell, bench.run(cell))
        if report is not None:
            report(row)
    return table.recorded()


def ablation_grid(
    task: Task | None = None, sizes: Sequence[int] = (200,), seeds: Iterable[int] = (0,), **options: Any
) -> Recorded:
    """The whole ablation of lesson 12: every bundled backbone × strategy × augmentation × schedule.

    task: "blood-cells" unless given. options: as for `compare_strategies`, also to leave some combinations out. With
    200 images of each of eight classes it takes hours on a CPU: give a path, and stop it when you like.
    """
    every: dict[str, Any] = {
        "backbones": tuple(ARCHITECTURES),
        "augmentations": ("basic", "Mixup", "CutMix"),
        "schedules": ("constant", "cosine", "one-cycle"),
    }
    return compare_strategies(task or load_task("blood-cells"), sizes=sizes, seeds=seeds, **(every | options))


class _Bench:
    """Runs cells of one task, all alike but for their factors."""

    def __init__(self, task: Task, strategies: Mapping[str, Strategy], epochs: int, batch_size: int) -> None:
        self.task, self.strategies, self.epochs, self.batch_size = task, strategies, epochs, batch_size
        splits = (task.train, task.validation, task.test)
        self._costs: dict[str, list[FreezingCost]] = {}
        self._data = _digest(tensor for split in splits for tensor in (split.images, split.labels))

    def run(self, cell: Cell) -> Row:
        """Train and test once, by the protocol of all comparisons: a row's measures."""
        model, plan = self._model(cell).to(settings.device()), self._plan(cell, cell.seed)
        prepare = preprocessing(cell.backbone, pretrained_weights(cell.backbone))
        costs, histories = self._costs_of(cell.backbone, model, prepare), list[History]()

        def train(network: nn.Module, few: Split, validation: Split, _seed: int) -> None:
            histories.append(fine_tune(network, few, validation, plan, prepare=prepare))

        [row] = protocol.compare_strategies(
            {cell.strategy: train},
            [cell.images_per_class],
            [cell.seed],
            model=model,
            draw=self._draw,
            test=self.task.test,
            score=lambda network, split: _accuracy(network, split, prepare),
            clock=time.process_time if settings.device().type == "cpu" else time.perf_counter,
        )
        return {
            "accuracy": round(float(row["accuracy"]), 6),
            "validation_accuracy": round(float(row["validation_accuracy"]), 6),
            "train_accuracy": round(float(row["train_accuracy"]), 6),
            "seconds": round(float(row["seconds"]), 2),
            "memory_bytes": max(costs[0 if p.stages is None else -p.stages].memory for p in plan.phases),
            "trainable_share": round(max(trainable_shares(model, plan.phases)), 6),
            "epochs": len(histories[0].epochs),
        }

    def _draw(self, size: int, seed: int) -> tuple[Split, Split]:
        return self.task.train.few(size, seed), self.task.validation.at_most(size, seed)

    def check(self, cell: Cell) -> None:
        """ValueError where a phase has too few steps for its schedule."""
        images = cell.images_per_class * len(self.task.train.labels.unique())
        for phase in self._plan(cell, cell.seed).phases:
            schedule_of(cell.schedule, phase.epochs * math.ceil(images / self.batch_size))

    def recipe(self, cell: Cell) -> str:
        """A hash of what decides the run apart from size and seed. Begins with a letter: it is no number."""
        pretrained = self.strategies[cell.strategy].pretrained
        text = repr((self._plan(cell, 0), self._data, _weights_digest(cell.backbone, pretrained)))
        return f"r{hashlib.sha256(text.encode()).hexdigest()[:12]}"

    def _model(self, cell: Cell) -> nn.Module:
        """A network with its new head, both drawn from the seed where they are random."""
        weights = pretrained_weights(cell.backbone) if self.strategies[cell.strategy].pretrained else None
        model = load_backbone(cell.backbone, weights, seed=cell.seed)
        with torch.random.fork_rng():
            torch.manual_seed(cell.seed)
            return replace_head(model, len(self.task.classes))

    def _plan(self, cell: Cell, seed: int) -> Plan:
        depth = _depth(cell.backbone)
        options = _augmenting(cell.augmentation, self.task.classes) | {"schedule": cell.schedule, "seed": seed}
        return self.strategies[cell.strategy].plan(depth, self.epochs, batch_size=self.batch_size, **options)

    def _costs_of(self, backbone: str, model: nn.Module, prepare: Callable[[Tensor], Tensor]) -> list[FreezingCost]:
        """What a step on a whole batch costs at every depth of freezing, whatever the weights; measured once."""
        if backbone not in self._costs:
            images = prepare(self.task.train.images[: max(2, self.batch_size)].to(settings.device()))
            labels = self.task.train.labels[: max(2, self.batch_size)].to(settings.device())
            self._costs[backbone] = freezing_costs(model, images, labels)
        return self._costs[backbone]


# ---- the cells, and what they are made of -------------------------------------------------------------------------


def _check_factors(task: Task, factors: dict[str, Sequence[Any]]) -> None:
    """ValueError for a factor without values or with one twice, an unknown name, and more images than there are."""
    known = {"backbone": backbone_names(), "augmentation": AUGMENTATIONS, "schedule": SCHEDULES}
    for factor, values in factors.items():
        if not values or len(set(values)) < len(values):
            raise ValueError(f"{factor}: expected at least one and none twice, got {list(values)}")
        for value in values:
            if value not in known.get(factor, values):
                close = ", ".join(difflib.get_close_matches(value, known[factor], n=4, cutoff=0.0))
                raise ValueError(f"{factor}: expected a known one, such as {close}; got {value!r}")
    for size in factors["images_per_class"]:
        task.train.few(size, 0)


def _known(name: str) -> Strategy:
    if name not in STRATEGIES:
        raise ValueError(f"strategy: expected some of {', '.join(STRATEGIES)}, got {name!r}")
    return STRATEGIES[name]


def _augmenting(name: str, classes: Sequence[str]) -> dict[str, Any]:
    """The fields of a plan that augmentation `name` sets."""
    if name == "none":
        return {}
    digits = all(label.isdigit() for label in classes)
    basic = {"augment": BatchAugmentation(flip=0.0 if digits else 0.5)}
    mix = {"Mixup": Mixing(len(classes), cutmix_share=0.0), "CutMix": Mixing(len(classes), cutmix_share=1.0)}
    return basic | ({"mix": mix[name]} if name in mix else {})


def _accuracy(model: nn.Module, split: Split, prepare: Callable[[Tensor], Tensor]) -> float:
    device, size = settings.device(), 256
    batches = zip(split.images.split(size), split.labels.split(size), strict=True)
    return evaluate(model, ((prepare(images.to(device)), labels.to(device)) for images, labels in batches)).accuracy


@functools.cache
def _depth(backbone: str) -> int:
    return len(stages(load_backbone(backbone, None)))


@functools.cache
def _weights_digest(backbone: str, pretrained: bool) -> str:
    return _digest(load_backbone(backbone, pretrained_weights(backbone) if pretrained else None).state_dict().values())


def _digest(tensors: Iterable[Tensor]) -> str:
    digest = hashlib.sha256()
    for tensor in tensors:
        digest.update(tensor.contiguous().cpu().numpy().tobytes())
    return digest.hexdigest()
