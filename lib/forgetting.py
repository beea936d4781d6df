"""Forgetting measured: what fine-tuning costs the source task, and what holding on to the old weights keeps of it.

The source task is telling apart the 1,000 characters of GlyphNet; its head is taken off before fine-tuning and put back
afterwards, so that what is lost was lost in the backbone. Norms keep their source statistics unless they are let move:
a penalty on parameters does not hold buffers.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lib import settings
from lib.backbones import load_backbone, preprocessing, replace_head
from lib.batchnorm import keep_batchnorm_frozen
from lib.comparison import prepared
from lib.datasets.glyphnet import draw_glyphs
from lib.datasets.task import Task
from lib.ewc import copy_parameters, ewc_penalty, l2_sp_penalty
from lib.fisher import fisher_diagonal
from lib.rate_trials import train_with_rates
from lib.stages import output_layers
from lib.training import accuracy

BACKBONE, BASE, DECAY, EPOCHS = "resnet10", 1e-3, 0.5, 12
HEAD_DECAY = 0.01  # β of L2-SP, for the new head
DRAWINGS = 2000  # on which the source task is tested


class Kept(NamedTuple):
    """Accuracies in [0, 1] after fine-tuning: on the target's test split, and on the source by its old head."""

    accuracy: float
    source_accuracy: float


def forgetting_trial(
    task: Task,
    images_per_class: int,
    seed: int,
    *,
    method: str = "nothing",
    strength: float = 0.0,
    moving_norms: bool = False,
    fisher: dict[str, Tensor] | None = None,
) -> Kept:
    """Fine-tune every stage on `images_per_class` images, held by `method`; say what is won and what is left.

    method: "nothing", "EWC" or "L2-SP"; strength: its λ or α. moving_norms: let batch norm's statistics follow the
    target. fisher: of the backbone, `source_fisher()` unless given. seed: draws the images, the new head and the order
    of the batches. No other weight decay. The global random state is left as it is. Raises ValueError for another
    method, and where a class has not as many images.
    """
    model = load_backbone(BACKBONE).to(settings.device())
    anchor = {name: value for name, value in copy_parameters(model).items() if name not in _of_head(model)}
    (place, old_head), few = next(iter(output_layers(model).items())), task.train.few(images_per_class, seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        replace_head(model, len(task.classes))
    if not moving_norms:
        keep_batchnorm_frozen(model)
    penalty = penalty_of(method, strength, model, anchor, fisher)
    train_with_rates(
        model, prepared(few), few.labels, seed, BASE, DECAY, epochs=EPOCHS, weight_decay=0.0,
        criterion=lambda scores, labels: F.cross_entropy(scores, labels) + penalty(),
    )  # fmt: skip
    on_target = accuracy(model, prepared(task.test), task.test.labels.to(settings.device()))
    model.set_submodule(place, old_head)
    return Kept(on_target, accuracy(model, *source_drawings()))


def penalty_of(
    method: str, strength: float, model: nn.Module, anchor: dict[str, Tensor], fisher: dict[str, Tensor] | None = None
) -> Callable[[], Tensor | float]:
    """What is added to the loss in each step; 0 for "nothing". Arguments as for `forgetting_trial`."""
    match method:
        case "nothing":
            return lambda: 0.0
        case "EWC":
            held = source_fisher() if fisher is None else fisher
            return lambda: ewc_penalty(model, held, anchor, strength)
        case "L2-SP":
            return lambda: l2_sp_penalty(model, anchor, strength, HEAD_DECAY)
    raise ValueError(f"method: expected 'nothing', 'EWC' or 'L2-SP', got {method!r}")


@lru_cache(maxsize=4)
def source_drawings(count: int = DRAWINGS, seed: int = 1) -> tuple[Tensor, Tensor]:
    """`count` new drawings of the source's characters, prepared, and their labels; on the course's device."""
    images, labels = draw_glyphs(count, generator=settings.generator(seed))
    as_bytes = (255 * images).round().byte()
    return preprocessing(BACKBONE)(as_bytes).to(settings.device()), labels.to(settings.device())


@lru_cache(maxsize=4)
def source_fisher(count: int = 256, seed: int = 2) -> dict[str, Tensor]:
    """The Fisher information of the backbone's parameters on `count` drawings, labels drawn from the network itself."""
    model = load_backbone(BACKBONE).to(settings.device())
    for layer in output_layers(model).values():
        layer.requires_grad_(False)
    return fisher_diagonal(model, source_drawings(count, seed)[0], generator=settings.generator(seed))


def _of_head(model: nn.Module) -> set[str]:
    return {f"{name}.{part}" for name, layer in output_layers(model).items() for part, _ in layer.named_parameters()}
