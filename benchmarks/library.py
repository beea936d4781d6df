"""The reference library against what a user would otherwise write, as ratios of times in one run on one machine.

`python -m benchmarks.library` prints a table: how many times as fast ours is (the median of alternating repetitions, so
that what else the machine does falls on both), and the peak of new memory on each side. Where another library is not
installed, its row says so.
"""

import argparse
import copy
import functools
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile
from torchvision.models import resnet18
from torchvision.transforms import v2

from lib import settings
from lib.backbones import load_backbone, preprocessing, replace_head
from lib.datasets import load_task
from lib.ewc import add_ewc_gradient_, ewc_penalty
from lib.fisher import fisher_diagonal
from lib.freezing import freeze_until, trainable_parameters
from lib.mixing import cutmix, mixup
from lib.pipeline import fine_tune
from lib.plan import Phase, Plan


@dataclass(frozen=True)
class Row:
    """What was compared, ours and the other way; how often; the ratio that is asked for."""

    name: str
    ours: Callable[[], object]
    other: Callable[[], object]
    asked: float
    times: int = 5


def frozen_prefix(stages: int, epochs: int = 10) -> tuple[Callable[[], object], Callable[[], object]]:
    """Ten epochs on 1,000 images with the last stages learning: the pipeline, and the plain loop."""
    task = load_task("digits-on-photographs")
    prepare, model = preprocessing("resnet10"), replace_head(load_backbone("resnet10"), 10)
    train, few = task.train.few(90, 0), task.validation.few(1, 0)
    plan = Plan((Phase(epochs, 1e-3, stages),), label_smoothing=0.0)

    def ours() -> object:
        return fine_tune(copy.deepcopy(model), train, few, plan, prepare=prepare)

    def plain() -> object:
        network = freeze_until(copy.deepcopy(model), "head" if stages == 1 else "layer4")
        optimiser = torch.optim.AdamW(trainable_parameters(network), lr=1e-3)
        images, labels = prepare(train.images), train.labels
        for epoch in range(epochs):
            for rows in torch.randperm(len(images), generator=settings.generator(epoch)).split(32):
                loss = F.cross_entropy(network.train()(images[rows]), labels[rows])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
        return network

    return ours, plain


def fisher() -> tuple[Callable[[], object], Callable[[], object]]:
    """The exact-sampling Fisher diagonal of a small convolutional network on 256 images, and a loop over them."""
    torch.manual_seed(0)
    first, second, head = nn.Conv2d(1, 8, 3, stride=2), nn.Conv2d(8, 16, 3, stride=2), nn.Linear(576, 10)
    model = nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), nn.Flatten(), head).eval()
    images = torch.rand(256, 1, 28, 28, generator=settings.generator(0))
    labels = model(images).softmax(1).multinomial(1, generator=settings.generator(1)).squeeze(1)

    def loop() -> dict[str, Tensor]:
        total = {name: torch.zeros_like(p) for name, p in model.named_parameters()}
        for image, label in zip(images, labels, strict=True):
            model.zero_grad()
            F.cross_entropy(model(image.unsqueeze(0)), label.unsqueeze(0)).backward()
            for name, parameter in model.named_parameters():
                total[name] += parameter.grad.square() / len(images)
        return total

    def ours() -> dict[str, Tensor]:
        return fisher_diagonal(model, images, generator=settings.generator(2), chunk_size=64)

    return ours, loop


def penalty() -> tuple[Callable[[], object], Callable[[], object]]:
    """The gradient of EWC's penalty on a ResNet-18: in closed form, and by autograd."""
    model = resnet18(weights=None)
    anchor = {name: p.detach() + 0.01 for name, p in model.named_parameters()}
    weights = {name: torch.ones_like(p) for name, p in anchor.items()}
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    return (
        functools.partial(add_ewc_gradient_, model, weights, anchor, 1.0),
        lambda: ewc_penalty(model, weights, anchor, 1.0).backward(),
    )


def mixed(ours: Callable[..., object], theirs: nn.Module) -> tuple[Callable[[], object], Callable[[], object]]:
    """128 images of 3 × 64 × 64 pixels, mixed by us and by torchvision."""
    images = torch.rand(128, 3, 64, 64, generator=settings.generator(0))
    labels = torch.arange(128) % 10
    generator = settings.generator(1)
    return functools.partial(ours, images, labels, 10, 1.0, generator=generator), lambda: theirs(images, labels)


def rows() -> list[Row]:
    """All comparisons."""
    return [
        Row("last stage and head, ten epochs: frozen prefix computed once / plain loop", *frozen_prefix(2), 5.0, 3),
        Row("head alone, ten epochs: frozen prefix computed once / plain loop", *frozen_prefix(1), 10.0, 3),
        Row("Fisher diagonal: vmap in chunks / a loop over samples", *fisher(), 8.0),
        Row("EWC gradient: closed form / autograd", *penalty(), 3.0, 21),
        Row("Mixup / torchvision v2", *mixed(mixup, v2.MixUp(num_classes=10)), 1.0, 51),
        Row("CutMix / torchvision v2", *mixed(cutmix, v2.CutMix(num_classes=10)), 1.0, 51),
    ]


def measure(row: Row) -> tuple[float, float, float]:
    """How many times as fast ours is, and the peaks of new memory, in bytes, of ours and of the other way."""
    row.ours(), row.other()
    pairs = [(seconds(row.ours), seconds(row.other)) for _ in range(row.times)]
    ours, other = (statistics.median(side) for side in zip(*pairs, strict=True))
    return other / ours, peak(row.ours), peak(row.other)


def seconds(run: Callable[[], object]) -> float:
    """How long one run takes."""
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def peak(run: Callable[[], object]) -> float:
    """The most memory, in bytes, that `run` held at once in tensors on top of what there was."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as watched:
        run()
    held = most = 0
    for event in watched.profiler.kineto_results.events():
        if event.name() == "[memory]":
            held += event.nbytes()
            most = max(most, held)
    return most


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.library", description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="only comparisons whose name has one of these")
    words = parser.parse_args().words
    os.environ["KINETO_LOG_LEVEL"] = "99"  # or torch's profiler writes on standard error
    print(f"{settings.device().type}, {torch.get_num_threads()} threads, torch {torch.__version__}\n")
    print("| ours / otherwise | times as fast | asked | peak memory, MB |\n|---|--:|--:|--:|")
    for row in rows():
        if not words or any(word.lower() in row.name.lower() for word in words):
            ratio, ours, other = measure(row)
            print(f"| {row.name} | {ratio:.1f} | {row.asked:g} | {ours / 1e6:.1f} / {other / 1e6:.1f} |", flush=True)


if __name__ == "__main__":
    main()
