"""What a network costs: operations counted stage by stage, and seconds measured on this machine.

Operations are counted as torchvision's metadata count them: a multiplication with its addition is one.
"""

import statistics
import time
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from lib.stages import stages


@dataclass(frozen=True)
class StageCost:
    """One stage: how many parameters it holds, and billions of operations that it does for one image."""

    name: str
    parameters: int
    gflops: float


def stage_costs(model: nn.Module, image_size: int) -> list[StageCost]:
    """The cost of each stage of `model`, from the input to the head, for one image of `image_size` pixels a side.

    Counted are the operations of convolutions and matrix products, which are nearly all there are. The model is left
    as it was, and may be on the meta device, where nothing is computed. Raises what `lib.stages.stages` raises.

    Example:
        >>> from torchvision import models
        >>> with torch.device("meta"):
        ...     resnet18 = models.resnet18()
        >>> [round(stage.gflops, 2) for stage in stage_costs(resnet18, 224)]
        [0.12, 0.46, 0.41, 0.41, 0.41, 0.0]
    """
    counts = _operations(model, image_size)
    names = {id(module): name for name, module in model.named_modules()}
    return [
        StageCost(
            name,
            sum(parameter.numel() for parameter in stage.parameters()),
            sum(counts.get(names[id(module)], 0) for module in stage.modules) / 1e9,
        )
        for name, stage in stages(model).items()
    ]


def processor_seconds(model: nn.Module, images: Tensor, repeats: int = 3) -> float:
    """Seconds of processor time that one forward pass takes: the median of `repeats`, after one that is not counted.

    The model is put into evaluation mode for it, layer by layer, and back. Nothing is recorded for backward. What
    other programs do at the same time hardly counts; with several threads, each one's time does. On the CPU alone:
    raises ValueError for images elsewhere, and for repeats < 1.

    Example:
        >>> network = nn.Linear(4, 2)
        >>> processor_seconds(network, torch.ones(1, 4)) >= 0, network.training
        (True, True)
    """
    if images.device.type != "cpu" or repeats < 1:
        raise ValueError(f"images, repeats: expected the CPU and at least 1, got {images.device} and {repeats}")
    modes = [(layer, layer.training) for layer in model.modules()]
    model.eval()
    with torch.inference_mode():
        times = [_seconds(model, images) for _ in range(repeats + 1)]
    for layer, mode in modes:
        layer.training = mode
    return statistics.median(times[1:])


def _operations(model: nn.Module, image_size: int) -> dict[str, int]:
    """Operations for one image in every layer and block, by its dotted name."""
    modes = [(layer, layer.training) for layer in model.modules()]
    device = next(model.parameters()).device
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.eval()(torch.empty(1, 3, image_size, image_size, device=device))
    for layer, mode in modes:
        layer.training = mode
    root = f"{type(model).__name__}."
    return {name.removeprefix(root): sum(n.values()) // 2 for name, n in counter.get_flop_counts().items()}


def _seconds(model: nn.Module, images: Tensor) -> float:
    begun = time.process_time()
    model(images)
    return time.process_time() - begun
