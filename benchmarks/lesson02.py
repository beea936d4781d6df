"""What lesson 2's figures are drawn from: depth, the same head on every bundled backbone, seconds against operations.

`python -m benchmarks.lesson02` measures what is not recorded yet and writes three tables to lib/results; stopped and
started again, it goes on where it was. Words choose tables: `python -m benchmarks.lesson02 seconds`. One thread.
"""

import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.recording import Jobs, Row, Table, measure_tables, recordings_of
from lib import backbones, comparison, settings
from lib.architectures import Classifier, classifier_table
from lib.bundled import ARCHITECTURES
from lib.datasets import load_task
from lib.depth import KINDS, deep_stack, gradient_reach
from lib.network_costs import processor_seconds
from lib.training import train

COMMAND = "python -m benchmarks.lesson02"
SEEDS, LAYERS = 5, (2, 4, 10, 20, 40)
MOST_GFLOPS, MOST_PARAMETERS = 20, 150e6  # of networks that are timed: the larger ones take minutes, or gigabytes


def depth() -> Jobs:
    """Stacks of each kind and depth: the gradient at the first layer, and the loss after 20 epochs on 100 images."""
    few = load_task("digits-on-photographs").train.few(10, seed=0)
    images, labels = F.avg_pool2d(comparison.prepared(few), 2), few.labels.to(settings.device())

    def measured(kind: str, layers: int, seed: int) -> Row:
        stack = deep_stack(kind, layers, seed=seed).to(settings.device())
        reach = gradient_reach(stack, images, labels)
        generator = settings.generator(seed)
        losses = train(stack, images, labels, epochs=20, rate=3e-3, batch_size=50, generator=generator)
        return {"gradient": float(f"{reach:.4g}"), "first_loss": round(losses[0], 4), "loss": round(losses[-1], 4)}

    for seed in range(SEEDS):
        for layers in LAYERS:
            for kind in KINDS:
                yield (kind, layers, seed), lambda k=kind, n=layers, s=seed: measured(k, n, s)


def backbone_heads() -> Jobs:
    """A linear head on each bundled backbone, trained and never trained: accuracy at ten images a class."""
    task = load_task("digits-on-photographs")

    def measured(name: str, technique: str, seed: int) -> Row:
        result = comparison.compare(technique, task, 10, seed, backbone=name)
        return {"accuracy": round(result.accuracy, 4)}

    for name in ARCHITECTURES:
        if backbones.weight_file(name).exists():
            for technique in ("random", "frozen"):
                for seed in range(SEEDS):
                    yield (name, technique, seed), lambda n=name, t=technique, s=seed: measured(n, t, s)


def seconds() -> Jobs:
    """Torchvision's classifiers, never trained: processor time for one image of the size that each is meant for."""

    def measured(row: Classifier) -> Row:
        network = backbones.load_backbone(row.name, weights=None)
        time = processor_seconds(network, torch.rand(1, 3, row.image_size, row.image_size))
        facts = {"depthwise": float(has_depthwise(network)), "gflops": row.gflops, "parameters": float(row.parameters)}
        return facts | {"seconds": float(f"{time:.4g}")}

    for row in classifier_table():
        if row.gflops <= MOST_GFLOPS and row.parameters <= MOST_PARAMETERS:
            yield (row.name,), lambda row=row: measured(row)


def has_depthwise(network: nn.Module) -> bool:
    """Whether some convolution treats every channel by itself."""
    layers = (layer for layer in network.modules() if isinstance(layer, nn.Conv2d))
    return any(layer.groups == layer.in_channels > 1 for layer in layers)


TABLES: dict[str, Table] = {
    "depth": (("kind", "layers", "seed"), depth),
    "backbones": (("backbone", "technique", "seed"), backbone_heads),
    "seconds": (("name",), seconds),
}


RECORDINGS = recordings_of("lesson02", COMMAND, TABLES)

if __name__ == "__main__":
    measure_tables("lesson02", COMMAND, TABLES, __doc__.splitlines()[0])
