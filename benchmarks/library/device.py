"""How much of a GPU the pipeline uses: its images a second as a share of what the network alone can take."""

import copy
import itertools

import torch
from torch import nn
from torchvision.models import resnet50

from benchmarks.library.measuring import Row, Sides
from lib.backbones import Normalisation
from lib.datasets.task import Split
from lib.epochs import train_one_epoch
from lib.phases import open_phase
from lib.pipeline import fine_tune
from lib.plan import Phase, Plan
from lib.settings import generator


def share(
    device: str = "cuda", model: nn.Module | None = None, count: int = 4096, batch: int = 128, size: int = 224
) -> Sides:
    """An epoch of fine_tune on `count` images, and as many steps of the same network on one batch that is there.

    Both in bfloat16, channels last, all weights learning, the norms pinned, as the plan says; validation of one batch
    counts against fine_tune.
    """
    model = (resnet50(num_classes=10) if model is None else model).to(device)
    images = torch.randint(0, 256, (count, 3, size, size), dtype=torch.uint8, generator=generator(0))
    train = Split(images.to(device), (torch.arange(count) % 10).to(device))
    few = Split(train.images[:batch], train.labels[:batch])
    normalise = Normalisation((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    plan = Plan((Phase(1, 1e-3),), batch_size=batch, precision=torch.bfloat16, channels_last=True)

    def ours(_: int) -> None:
        fine_tune(copy.deepcopy(model), train, few, plan, prepare=normalise)

    def synthetic(_: int) -> None:
        network = copy.deepcopy(model).to(memory_format=torch.channels_last)
        open_phase(network, plan.phases[0], frozen_norms=plan.frozen_norms)
        tensors = torch.rand(batch, 3, size, size, device=device).contiguous(memory_format=torch.channels_last)
        batches = itertools.repeat((tensors, few.labels), count // batch)
        optimiser = torch.optim.AdamW(network.parameters(), fused=True)
        train_one_epoch(network, batches, optimiser, precision=torch.bfloat16)

    return Sides(ours, synthetic)


ROWS = [
    Row(
        "images a second of fine_tune / of the network alone, on a GPU",
        share,
        0.9,
        3,
        "ResNet-50 at 224 px, bfloat16; synthetic tensors that are on the device already",
        cuda=True,
    )
]
