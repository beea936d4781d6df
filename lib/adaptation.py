"""Domain adaptation without target labels: every method under one protocol, so that only the method differs.

Source images have labels, target images have none. All methods start from the same network, see the same batches and
end with the same rule, and minimise

    L = CE(source) + λ_p·weight·distance(source, target) − λ_p·information·I(target predictions)

with λ_p, `lib.gradient_reversal.reversal_strength`, rising from 0 to 1 over the training. Each domain passes through
the network as a batch of its own, so that batch norm does not have to serve two masters: in training it takes the
statistics of the batch at hand, and its running statistics follow the one domain that the network is meant for.
"""

import copy
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lib import settings
from lib.adversarial import DomainAdversarialNetwork, check_batches, domain_loss
from lib.batchnorm import norms_with_buffers
from lib.domain_distance import coral_loss
from lib.epochs import shuffled_batches
from lib.features import extract_features
from lib.gradient_reversal import reversal_strength
from lib.mmd import mmd_squared
from lib.model_selection import cluster_agreement, information_maximisation
from lib.plan import Augment
from lib.training import WEIGHT_DECAY, shifted

DISTANCES = ("mmd", "coral", "adversarial")
Batch = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Method:
    """What is added to the source's cross-entropy, and whether batch norm's running statistics follow the target.

    distance: None; "mmd" (Long et al., 2015), between features; "coral", between class logits, as in the paper (Sun &
    Saenko, 2016); or "adversarial" (Ganin et al., 2016): a discriminator behind a gradient reversal. weight and
    information: ≥ 0, finite, as in the formula above, where I is the mutual information of image and prediction.
    ValueError for others.
    """

    distance: str | None = None
    weight: float = 0.0
    information: float = 0.0
    target_statistics: bool = True

    def __post_init__(self) -> None:
        if self.distance not in (None, *DISTANCES):
            raise ValueError(f"distance: expected None or one of {', '.join(DISTANCES)}, got {self.distance!r}")
        for name, value in (("weight", self.weight), ("information", self.information)):
            if not isinstance(value, int | float) or not 0 <= value < math.inf:
                raise ValueError(f"{name}: expected a finite number of at least 0, got {value!r}")

    @property
    def sees_target(self) -> bool:
        """Whether the target's images take part at all."""
        return self.distance is not None or self.information > 0 or self.target_statistics


@dataclass(frozen=True)
class Checkpoint:
    """What `information_maximisation` and `cluster_agreement` say after `step` steps; no target label is needed."""

    step: int
    information: float
    agreement: float


SOURCE_ONLY, ON_TARGET = "source only", "trained on target"
METHODS = {
    SOURCE_ONLY: Method(target_statistics=False),
    "AdaBN": Method(),
    "MMD": Method("mmd", weight=1.0),
    "CORAL": Method("coral", weight=1.0),
    "DANN": Method("adversarial", weight=1.0),
    "DANN + information": Method("adversarial", weight=1.0, information=1.0),
    ON_TARGET: Method(target_statistics=False),
}


def adapt(
    network: DomainAdversarialNetwork,
    method: Method,
    source_images: Tensor,
    source_labels: Tensor,
    target_images: Tensor,
    chosen_on: Tensor,
    seed: int,
    *,
    steps: int,
    rate: float = 3e-4,
    head_rate: float = 3e-3,
    batch_size: int = 32,
    checkpoints: int = 4,
    augment: Augment = shifted,
) -> list[Checkpoint]:
    """Train `network`, in place, by `method`, and leave it at its best checkpoint, in evaluation mode.

    AdamW over one cycle of the rate, as in `lib.training.train`: `rate` for the backbone, `head_rate` for classifier
    and discriminator. At `checkpoints` steps, evenly spaced, the last among them, the network is scored on `chosen_on`;
    the one with the highest information is kept, the earlier one of equals.

    source_images, source_labels, target_images: as `adversarial_step` takes them, any number of each. chosen_on: other
    target images. Each step takes `batch_size` images a domain, or all where there are not as many. seed: of two
    generators, one a domain, which draw the batches and are handed to `augment(batch, generator)`: what happens to the
    source does not depend on the method. Where every weight is 0, the weights learnt are those of training on the
    source alone, to the bit.

    Returns all checkpoints. Raises what `check_batches` raises; ValueError for checkpoints outside 1 … steps.

    Example:
        >>> network = DomainAdversarialNetwork(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)), classes=2)
        >>> source, labels, target = torch.randn(20, 4), torch.arange(20) % 2, torch.randn(9, 4)
        >>> found = adapt(network, METHODS["DANN"], source, labels, target, target, 0, steps=8, augment=lambda x, _: x)
        >>> [checkpoint.step for checkpoint in found]
        [2, 4, 6, 8]
    """
    check_batches(source_images, source_labels, target_images)
    if not 1 <= checkpoints <= steps:
        raise ValueError(f"checkpoints: expected 1 to {steps}, the number of steps, got {checkpoints}")
    source = _endless(source_images, source_labels, batch_size, settings.generator(2 * seed), augment)
    unlabelled = torch.arange(len(target_images))  # rows' numbers, where labels would stand
    target = _endless(target_images, unlabelled, batch_size, settings.generator(2 * seed + 1), augment)
    parts = (network.features.parameters(), [*network.classifier.parameters(), *network.discriminator.parameters()])
    optimiser = torch.optim.AdamW([{"params": part} for part in parts], weight_decay=WEIGHT_DECAY, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, [rate, head_rate], total_steps=steps)
    found: list[Checkpoint] = []
    kept: dict[str, Any] = {}
    for step in range(1, steps + 1):
        loss = _loss(network.train(), method, next(source), next(target)[0], reversal_strength((step - 1) / steps))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step * checkpoints // steps > (step - 1) * checkpoints // steps:
            found.append(_checkpoint(network, chosen_on, step))
            if found[-1] is best(found):
                kept = copy.deepcopy(network.state_dict())
    network.eval().load_state_dict(kept)
    return found


def best(checkpoints: list[Checkpoint]) -> Checkpoint:
    """The checkpoint with the highest information, the earlier one of equals."""
    return max(checkpoints, key=lambda checkpoint: checkpoint.information)


def information_loss(logits: Tensor) -> Tensor:
    """−I, the negative of `lib.model_selection.information_maximisation`, as a loss (Shi & Sha, 2012; SHOT: Liang et
    al., 2020): predictions become certain one by one, and differ from one another.

        −I = 1/N Σᵢ H(pᵢ) − H(1/N Σᵢ pᵢ),   pᵢ = softmax(logitsᵢ),   H(p) = Σ_c −p_c·log p_c

    logits: shape (N, C), floating point. Returns a tensor of no dimension, in [−log C, 0] but for rounding.

    Example:
        >>> information_loss(torch.tensor([[100.0, 0.0], [0.0, 100.0]]))
        tensor(-0.6931)
    """
    log_predictions = logits.log_softmax(1)
    predictions = log_predictions.exp()
    mean = predictions.mean(0).clamp(min=torch.finfo(logits.dtype).tiny)  # where it is 0, its logarithm has no gradient
    return (mean * mean.log()).sum() - (predictions * log_predictions).sum(1).mean()


def gap_closed(score: float, source_only: float, on_target: float) -> float:
    """The share of the gap that adaptation closes: 0 as source only, 1 as if the target had had labels.

        share = (score − source only) / (trained on target − source only)

    Raises ValueError where there is no gap: training on the target gave no more than training on the source.

    Example:
        >>> gap_closed(0.75, source_only=0.5, on_target=1.0)
        0.5
    """
    if not on_target > source_only:
        raise ValueError(f"on_target: expected more than source_only, {source_only}, got {on_target}")
    return (score - source_only) / (on_target - source_only)


# ---- helpers ------------------------------------------------------------------------------------------------------


def _loss(
    network: DomainAdversarialNetwork, method: Method, batch: Batch, target_images: Tensor, strength: float
) -> Tensor:
    """The objective on one batch a domain; batch norm's running statistics move with the domain that is meant."""
    images, labels = batch
    with _statistics_kept(network, kept=method.target_statistics):
        source = network.features(images)
    loss = F.cross_entropy(network.classifier(source), labels)
    if not method.sees_target:
        return loss
    with _statistics_kept(network, kept=not method.target_statistics):
        target = network.features(target_images)
    if method.distance is not None:
        loss = loss + _distance(network, method.distance, source, target, strength * method.weight)
    if method.information > 0:
        loss = loss + strength * method.information * information_loss(network.classifier(target))
    return loss


def _distance(network: DomainAdversarialNetwork, name: str, source: Tensor, target: Tensor, weight: float) -> Tensor:
    """What is added for the distance between features, shape (n, D) and (m, D); `weight` holds for the features."""
    if name == "mmd":
        return weight * mmd_squared(source, target)
    if name == "coral":
        return weight * coral_loss(network.classifier(source), network.classifier(target))
    network.reversal.strength = weight  # not on the loss: the discriminator learns at full strength
    source_logits, target_logits = (network.discriminator(network.reversal(x)).squeeze(1) for x in (source, target))
    return domain_loss(source_logits, target_logits)


@contextmanager
def _statistics_kept(network: nn.Module, *, kept: bool) -> Iterator[None]:
    """Within, with kept=True, batch norm normalises by the batch, and its running statistics stay as they are."""
    momenta = {norm: norm.momentum for norm in norms_with_buffers(network).values()} if kept else {}
    try:
        for norm in momenta:
            norm.momentum = 0.0
        yield
    finally:
        for norm, momentum in momenta.items():
            norm.momentum = momentum


def _endless(
    images: Tensor, labels: Tensor, size: int, generator: torch.Generator, augment: Augment
) -> Iterator[Batch]:
    """Full batches, all images once before any comes again; what is left over at the end of an order is dropped."""
    size = min(size, len(images))
    while True:
        for batch, targets in shuffled_batches(images, labels, size, generator=generator):
            if len(batch) == size:
                yield augment(batch, generator), targets


def _checkpoint(network: DomainAdversarialNetwork, images: Tensor, step: int) -> Checkpoint:
    features = extract_features(network.features.eval(), images)
    logits = network.classifier(features).detach()
    return Checkpoint(step, information_maximisation(logits), cluster_agreement(features, logits))
