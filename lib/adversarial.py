"""Domain-adversarial training: features that classify the source and do not give the domain away.

A discriminator learns to tell source features from target features, while the feature extractor learns to fool it:

    min over features F and classifier C, max over discriminator D, of   L_task(F, C) − λ·L_domain(F, D)

A gradient reversal layer between F and D makes one backward pass of one sum do both (Ganin et al., 2016). Target images
have no labels, so nothing here takes any: `lib.model_selection` says how a model is chosen without them.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lib.backbones import remove_head
from lib.gradient_reversal import GradientReversal, checked_strength
from lib.stages import output_layers


class DomainAdversarialNetwork(nn.Module):
    """A backbone with two branches: one names the class, the other, behind a gradient reversal, the domain.

        features ─┬─ classifier ───────────────→ class logits
                  └─ reversal ── discriminator ─→ domain logit: above 0 for the target, else the source

    backbone: a network that ends in an nn.Linear or a 1×1 nn.Conv2d, such as each of torchvision's classifiers. Its
    output layer is taken off, in place, and what is left becomes `features`; its width D is read off that layer.
    classes: of the task. hidden: width of the discriminator's two hidden layers.

    The parts: `features`, (N, …) → (N, D); `classifier`, Linear(D, classes); `reversal`, a `GradientReversal` with
    strength 1, to be set at each step; `discriminator`, Linear(D, hidden) → ReLU → Linear(hidden, hidden) → ReLU →
    Linear(hidden, 1). New layers have the device and dtype of the layer that was taken off, and the backbone's mode.
    Their weights are drawn from torch's global generator, as new layers' always are: call `torch.manual_seed` first for
    the same ones again.

    Called on images (N, …), N ≥ 1, it passes them through `features` once, in the mode that it is in, and returns class
    logits (N, classes) and domain logits (N,). Auxiliary heads (GoogLeNet, Inception) are left as they are and take no
    part. Raises ValueError for classes < 1, hidden < 1, a backbone without an output layer, and where the features of a
    batch are not of shape (N, D).

    Example:
        >>> network = DomainAdversarialNetwork(models.resnet18(), classes=10)
        >>> class_logits, domain_logits = network(torch.zeros(2, 3, 32, 32))
        >>> class_logits.shape, domain_logits.shape
        (torch.Size([2, 10]), torch.Size([2]))
    """

    def __init__(self, backbone: nn.Module, classes: int, hidden: int = 256) -> None:
        super().__init__()
        _check_widths(classes, hidden)
        *_, old = output_layers(backbone).values()
        width = remove_head(backbone)
        self.features = backbone
        self.classifier = nn.Linear(width, classes)
        self.reversal = GradientReversal()
        layers = [nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1)]
        self.discriminator = nn.Sequential(*layers)
        for part in (self.classifier, self.reversal, self.discriminator):
            part.to(old.weight).train(backbone.training)
        self.training = backbone.training

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        output = self.features(images)
        features = output[0] if isinstance(output, tuple) else output  # beside it: the auxiliary heads' scores
        _check_features(features, (len(images), self.classifier.in_features))
        domain_logits = self.discriminator(self.reversal(features))  # (N, 1)
        return self.classifier(features), domain_logits.squeeze(1)

    def predictor(self) -> nn.Sequential:
        """The network to use after training: features, then classifier. It shares their layers and weights."""
        return nn.Sequential(self.features, self.classifier)


def domain_loss(source_logits: Tensor, target_logits: Tensor) -> Tensor:
    """The discriminator's loss: binary cross-entropy, source 0 and target 1, with equal weight for the two domains.

        L = ½·( 1/n Σᵢ −log(1 − σ(sᵢ)) + 1/m Σⱼ −log σ(tⱼ) )

    Half of the sum in Ganin et al. (2016, eq. 10), so that it is log 2 where all logits are 0.

    source_logits: s, shape (n,); target_logits: t, shape (m,); n, m ≥ 1, floating point. Returns a tensor of no
    dimension. Raises ValueError for other shapes.

    Example:
        >>> domain_loss(torch.zeros(3), torch.zeros(5))
        tensor(0.6931)
    """
    for name, logits in (("source_logits", source_logits), ("target_logits", target_logits)):
        if logits.ndim != 1 or len(logits) < 1:
            raise ValueError(f"{name}: expected the shape (N,) with N ≥ 1, got {tuple(logits.shape)}")
    source = F.binary_cross_entropy_with_logits(source_logits, torch.zeros_like(source_logits))
    target = F.binary_cross_entropy_with_logits(target_logits, torch.ones_like(target_logits))
    return (source + target) / 2


@dataclass(frozen=True)
class AdversarialLosses:
    """What one step had before it moved the weights.

    task: cross-entropy on the source images. domain: `domain_loss`. domain_accuracy: share of the images whose domain
    the discriminator names, the mean of the two domains' shares, in [0, 1]; ½ is chance.
    """

    task: float
    domain: float
    domain_accuracy: float


def adversarial_step(
    network: DomainAdversarialNetwork,
    optimiser: torch.optim.Optimizer,
    source_images: Tensor,
    source_labels: Tensor,
    target_images: Tensor,
    strength: float,
) -> AdversarialLosses:
    """One step of domain-adversarial training (Ganin et al., 2016, eq. 13–15): one backward pass of L_task + L_domain.

    L_task is the mean cross-entropy on the source images, L_domain is `domain_loss`. The sum carries no λ: the reversal
    layer has it, so that `strength` scales what reaches the features and never the discriminator's own gradient, as in
    the paper's experiments (§5.2.2). With λ on the loss, the discriminator would hardly learn while λ is small.

    Source and target pass through the network as one joint batch, the source first, as in the paper. Batch norm in
    training mode then normalises both by the same statistics, and its running statistics follow these: evaluation sees
    the features that training saw. Two separate batches would each be normalised by their own, as evaluation never is.

    In place: gradients are cleared first, `optimiser` steps the parameters that it was given, and
    `network.reversal.strength` stays at `strength`. The network is used in the mode it is in: call `.train()` first.
    Returns `AdversarialLosses(task, domain, domain_accuracy)`, plain numbers from before the step; the last is the mean
    of two shares, of the source images whose domain logit is at most 0 and of the target images whose logit is above.

    source_images: shape (n, …); source_labels: int64 in [0, classes), shape (n,); target_images: (m, …), otherwise like
    the source's; n, m ≥ 1, not necessarily equal. strength: λ ≥ 0, finite. Raises ValueError for another shape, range
    or device, TypeError for another dtype, before a weight is changed.

    Example:
        >>> network = DomainAdversarialNetwork(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)), classes=3)
        >>> optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
        >>> losses = adversarial_step(network, optimiser, torch.ones(6, 4), torch.arange(6) % 3, torch.zeros(2, 4), 0.5)
        >>> 0 <= losses.domain_accuracy <= 1
        True
    """
    check_batches(source_images, source_labels, target_images)
    network.reversal.strength = checked_strength(strength)
    class_logits, domain_logits = network(torch.cat([source_images, target_images]))
    _check_range(source_labels, class_logits.shape[1])
    count = len(source_images)
    source_domain, target_domain = domain_logits[:count], domain_logits[count:]
    task = F.cross_entropy(class_logits[:count], source_labels)
    domain = domain_loss(source_domain, target_domain)
    optimiser.zero_grad()
    (task + domain).backward()
    optimiser.step()
    accuracy = ((source_domain <= 0).double().mean() + (target_domain > 0).double().mean()) / 2
    return AdversarialLosses(task.item(), domain.item(), accuracy.item())


# ---- what may come in ---------------------------------------------------------------------------------------------


def _check_widths(classes: int, hidden: int) -> None:
    for name, value in (("classes", classes), ("hidden", hidden)):
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"{name}: expected an integer of at least 1, got {value!r}")


def _check_features(features: Tensor, expected: tuple[int, int]) -> None:
    if features.shape != expected:
        raise ValueError(f"backbone: expected features of the shape {expected}, got {tuple(features.shape)}")


def check_batches(source_images: Tensor, source_labels: Tensor, target_images: Tensor) -> None:
    """Raises what `adversarial_step` raises for other shapes, dtypes or devices than it takes.

    Example:
        >>> check_batches(torch.ones(6, 4), torch.arange(5), torch.ones(2, 4))
        Traceback (most recent call last):
        ValueError: source_labels: expected the shape (6,), got (5,)
    """
    if len(source_images) < 1:
        raise ValueError("source_images: expected at least one image, got none")
    if source_labels.shape != source_images.shape[:1]:
        found = tuple(source_labels.shape)
        raise ValueError(f"source_labels: expected the shape ({len(source_images)},), got {found}")
    if source_labels.dtype != torch.int64:
        raise TypeError(f"source_labels: expected int64, got {source_labels.dtype}")
    if target_images.shape[1:] != source_images.shape[1:] or len(target_images) < 1:
        expected = ", ".join(map(str, ["N ≥ 1", *source_images.shape[1:]]))
        raise ValueError(f"target_images: expected the shape ({expected}), got {tuple(target_images.shape)}")
    if target_images.dtype != source_images.dtype:
        raise TypeError(f"target_images: expected {source_images.dtype}, as the source has, got {target_images.dtype}")
    if target_images.device != source_images.device:
        raise ValueError(f"target_images: expected them on {source_images.device}, got {target_images.device}")


def _check_range(labels: Tensor, classes: int) -> None:
    if not 0 <= labels.min() <= labels.max() < classes:
        raise ValueError(f"source_labels: expected values in [0, {classes}), got {labels.unique().tolist()}")
