"""Mixing: training on blends of two images, with the labels blended alike.

Mixup blends every pixel of two images (Zhang et al., 2018); CutMix pastes a box of one into the other (Yun et al.,
2019). Both ask the network to say how much of each class it sees, so both soften the targets and the loss must take
them soft. Neither is sure to help: on fine-tuning they can cost accuracy, so measure.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from lib.mixing_checks import check_batch, check_box, check_loss, check_whole


def mixup(
    images: Tensor,
    labels: Tensor,
    classes: int,
    alpha: float = 0.2,
    *,
    per_sample: bool = False,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Each image blended with a partner from the same batch, and the targets that say how much of each is in it.

        x̃ᵢ = λ·xᵢ + (1 − λ)·xⱼ,   ỹᵢ = λ·yᵢ + (1 − λ)·yⱼ,   λ ~ Beta(α, α)   (Zhang et al., 2018, §2)

    y is the one-hot label. The partners j are a random permutation of the batch, so an image may meet itself; a batch
    of one always does, and stays as it is. One λ serves the whole batch, as in the authors' code; with per_sample=True
    every image has its own.

    images: floating point, shape (N, ...), nothing empty; integer pixels cannot hold a blend. labels: int64 in
    [0, classes), shape (N,), on the images' device; they are indices, so that labels smoothed already cannot get in.
    alpha: finite, above 0. generator: on any device; it draws λ, `symmetric_beta(alpha, K, generator)`, K = 1 or, for
    per_sample, N; then the partners, torch.randperm(N); and nothing else draws.
    Returns new tensors on the images' device: the mixed images, in their shape and dtype, and targets, (N, classes),
    rows that sum to 1, float64 for float64 images, else float32. λ is first rounded to the images' dtype. `images` and
    `labels` are left as they are. Raises TypeError for a wrong type, ValueError for a wrong shape, device or value.

    Example:
        >>> images, labels = torch.tensor([[0.0], [1.0]]), torch.tensor([0, 1])
        >>> mixed, targets = mixup(images, labels, classes=2, generator=torch.Generator().manual_seed(1))
        >>> torch.equal(mixed[:, 0], targets[:, 1])
        True
    """
    check_batch(images, labels, classes)
    if not images.is_floating_point():
        raise TypeError(f"images: expected a floating-point type, got {images.dtype}")
    lam = symmetric_beta(alpha, len(images) if per_sample else 1, generator).to(images.dtype)
    partners = _moved(torch.randperm(len(images), generator=generator, device=generator.device), images.device)
    return _blend(images, partners, lam), _blend(_one_hot(labels, classes, images), partners, lam)


def cutmix(
    images: Tensor,
    labels: Tensor,
    classes: int,
    alpha: float = 1.0,
    *,
    per_sample: bool = False,
    generator: torch.Generator,
) -> tuple[Tensor, Tensor]:
    """Each image with a box of it replaced by the same box of a partner, and targets by the areas.

        x̃ᵢ = M ⊙ xᵢ + (1 − M) ⊙ xⱼ,   ỹᵢ = λ'·yᵢ + (1 − λ')·yⱼ   (Yun et al., 2019, eq. 1)

    M is 0 inside the box and 1 outside. λ ~ Beta(α, α) sets the size of the box, its centre is uniform over the
    pixels, and λ' is the share of the pixels that the image keeps after the box has been clipped to it: see
    `cutmix_box`. The paper's α is 1. The partners j are a random permutation of the batch. One box serves the whole
    batch; with per_sample=True every image has its own.

    images: any dtype, uint8 too, shape (N, C, H, W), nothing empty. labels: int64 in [0, classes), shape (N,), on the
    images' device. alpha: finite, above 0. generator: on any device; it draws `symmetric_beta(alpha, K, generator)`,
    K = 1 or, for per_sample, N; torch.randperm(N); torch.randint(H, (K,)), the centres' rows; torch.randint(W, (K,)),
    their columns; and nothing else draws.
    Returns new tensors on the images' device: the mixed images, in their shape and dtype, and the targets, shape
    (N, classes), rows that sum to 1, float64 for float64 images and float32 for others. `images` and `labels` are left
    as they are. Raises TypeError for a wrong type, ValueError for a wrong shape, device or value.

    Example:
        >>> images, labels = torch.arange(2.0).view(2, 1, 1, 1).expand(2, 1, 8, 8), torch.tensor([0, 1])
        >>> mixed, targets = cutmix(images, labels, classes=2, generator=torch.Generator().manual_seed(0))
        >>> torch.equal(mixed.mean((1, 2, 3)), targets[:, 1])
        True
    """
    check_batch(images, labels, classes, axes=4)
    lam = symmetric_beta(alpha, len(images) if per_sample else 1, generator)
    partners = _moved(torch.randperm(len(images), generator=generator, device=generator.device), images.device)
    height, width = images.shape[2:]
    centre = [torch.randint(n, lam.shape, generator=generator, device=lam.device) for n in (height, width)]
    boxes, kept = cutmix_box(height, width, lam, torch.stack(centre, dim=1))
    return _paste(images, partners, boxes), _blend(_one_hot(labels, classes, images), partners, kept)


def cutmix_box(height: int, width: int, lam: Tensor, centre: Tensor) -> tuple[Tensor, Tensor]:
    """CutMix's boxes for given λ and centres, clipped to the image, and the λ' that is right for what was clipped.

        r_h = ⌊½·√(1 − λ)·H⌋,   r_w = ⌊½·√(1 − λ)·W⌋   (Yun et al., 2019, eq. 2, halved and in whole pixels)
        rows [max(cᵧ − r_h, 0), min(cᵧ + r_h, H)),   columns [max(cₓ − r_w, 0), min(cₓ + r_w, W))
        λ' = 1 − area / (H·W)

    The drawn λ is right only for a box that lies wholly inside. λ' ≥ λ, always: clipping and rounding take from the
    box, so what the image keeps can only grow. Nothing is random.

    lam: λ in [0, 1], floating point, shape (K,). centre: (row, column) of pixels in the image, int64, shape (K, 2), on
    the same device. Returns (top, left, bottom, right), int64, shape (K, 4), bottom and right excluded, and λ',
    float64, shape (K,). Raises TypeError for a wrong type, ValueError for a wrong shape, device or value.

    Example:
        >>> cutmix_box(8, 8, torch.tensor([0.75, 0.75]), torch.tensor([[4, 4], [0, 4]]))
        (tensor([[2, 2, 6, 6],
                [0, 2, 2, 6]]), tensor([0.7500, 0.8750], dtype=torch.float64))
    """
    check_box(height, width, lam, centre)
    size = torch.tensor([height, width], device=lam.device)
    half = (0.5 * (1 - lam.double()).sqrt().unsqueeze(1) * size).long()  # (K, 2): .long() rounds down
    first, last = (centre - half).clamp(min=0), (centre + half).minimum(size)
    kept = 1 - (last - first).prod(dim=1).double() / (height * width)
    return torch.cat([first, last], dim=1), kept


def soft_target_cross_entropy(logits: Tensor, targets: Tensor, label_smoothing: float = 0.0) -> Tensor:
    """The mean cross-entropy between soft targets and what the network gives, with the smoothing done here and once.

        L = −1/N · Σᵢ Σ_c t'ᵢ_c · log softmax(zᵢ)_c,   t' = (1 − ε)·t + ε/C   (smoothing: Szegedy et al., 2016, §7)

    `mixup` and `cutmix` soften the labels but do not smooth them, and the two add: with mixing the highest target falls
    to (1 − ε)·λ + ε/C. To mix and then smooth is to smooth and then mix, so the order is free, but not the number:
    doing both smooths by 1 − (1 − ε)². Targets that are smoothed already need label_smoothing=0, the default.

    logits z: floating point, finite, shape (N, C), N ≥ 1, C ≥ 1. targets t: class indices, int64 in [0, C), shape (N,),
    or probabilities, floating point, shape (N, C), each ≥ 0, rows that sum to 1 (to 0.01). label_smoothing ε: in
    [0, 1]. Returns a scalar, as F.cross_entropy does for both kinds of targets, computed and given in float32, or in
    float64 for float64 logits. Differentiable in logits and soft targets. Raises TypeError for a wrong type, ValueError
    for a wrong shape, device or value.

    Example:
        >>> soft_target_cross_entropy(torch.zeros(1, 4), torch.tensor([[0.7, 0.3, 0.0, 0.0]])).exp()
        tensor(4.)
    """
    check_loss(logits, targets, label_smoothing)
    log_probabilities = logits.log_softmax(1, dtype=torch.promote_types(logits.dtype, torch.float32))
    soft = targets if targets.is_floating_point() else F.one_hot(targets, logits.shape[1])
    smoothed = (1 - label_smoothing) * soft.to(log_probabilities) + label_smoothing / logits.shape[1]
    return -(smoothed * log_probabilities).sum(1).mean()


def symmetric_beta(alpha: float, count: int, generator: torch.Generator) -> Tensor:
    """`count` numbers in [0, 1] from Beta(α, α), drawn from `generator` and nothing else.

        B = ½·(1 + T / √(1 + T²)),   T = √(U^(−1/α) − 1) · cos 2πV,   U, V uniform

    √(2α)·T has Student's t distribution with 2α degrees of freedom (Bailey, 1994), and B is the symmetric beta that
    belongs to it (Devroye, 1996). It is exact, needs no rejection and serves any α > 0; torch.distributions.Beta takes
    no generator. Returns float64, shape (count,), on the generator's device. Raises TypeError where `generator` is
    none, ValueError for α not above 0 or not finite, or count < 1.

    Example:
        >>> symmetric_beta(0.2, 3, torch.Generator().manual_seed(0)).shape
        torch.Size([3])
    """
    if not isinstance(generator, torch.Generator):
        raise TypeError(f"generator: expected a torch.Generator, got {type(generator).__name__}")
    if not isinstance(alpha, int | float) or not 0 < alpha < math.inf:
        raise ValueError(f"alpha: expected a finite number above 0, got {alpha!r}")
    check_whole("count", count)
    u, v = torch.rand(2, count, dtype=torch.float64, generator=generator, device=generator.device)
    t = torch.expm1(-u.log() / alpha).sqrt() * (2 * math.pi * v).cos()
    return (1 + t.atan().sin()) / 2  # sin(atan T) is T / √(1 + T²), also where a small α makes T infinite


def box_mask(boxes: Tensor, height: int, width: int) -> Tensor:
    """True inside each box; boxes (top, left, bottom, right), shape (K, 4), give bool, shape (K, 1, height, width)."""
    top, left, bottom, right = boxes.view(-1, 4, 1, 1, 1).unbind(1)
    rows = torch.arange(height, device=boxes.device).view(-1, 1)
    columns = torch.arange(width, device=boxes.device)
    return (rows >= top) & (rows < bottom) & (columns >= left) & (columns < right)


@dataclass(frozen=True)
class Mixing:
    """What a training loop calls on each batch: Mixup, CutMix or neither, by chance.

    probability: of mixing a batch at all; of those mixed, `cutmix_share` get CutMix, the others Mixup. Both in [0, 1].
    A batch that is not mixed comes back as it is, with one-hot targets. The rest is as in `mixup` and `cutmix`. Raises
    ValueError for a wrong value.

    Example:
        >>> mix = Mixing(classes=3, probability=0.0)
        >>> mix(torch.zeros(2, 3, 4, 4), torch.tensor([2, 0]), torch.Generator())[1]
        tensor([[0., 0., 1.],
                [1., 0., 0.]])
    """

    classes: int
    mixup_alpha: float = 0.2
    cutmix_alpha: float = 1.0
    probability: float = 1.0
    cutmix_share: float = 0.5
    per_sample: bool = False

    def __post_init__(self) -> None:
        for name in ("probability", "cutmix_share"):
            if not isinstance(getattr(self, name), int | float) or not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}: expected a number in [0, 1], got {getattr(self, name)!r}")

    def __call__(self, images: Tensor, labels: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """The images and soft targets to train on. `generator` draws whether, then which, then what that one draws."""
        check_batch(images, labels, self.classes)
        whether, which = torch.rand(2, generator=generator, device=generator.device).tolist()
        if whether >= self.probability:
            return images, _one_hot(labels, self.classes, images)
        mix, alpha = (cutmix, self.cutmix_alpha) if which < self.cutmix_share else (mixup, self.mixup_alpha)
        return mix(images, labels, self.classes, alpha, per_sample=self.per_sample, generator=generator)


# ---- helpers ------------------------------------------------------------------------------------------------------


def _moved(tensor: Tensor, device: torch.device) -> Tensor:
    """On `device`. To a GPU it goes without a wait; from one it must be waited for, or its values are not there yet."""
    return tensor.to(device, non_blocking=device.type == "cuda")


def _one_hot(labels: Tensor, classes: int, images: Tensor) -> Tensor:
    return F.one_hot(labels, classes).to(torch.float64 if images.dtype == torch.float64 else torch.float32)


def _blend(values: Tensor, partners: Tensor, lam: Tensor) -> Tensor:
    """λ·valuesᵢ + (1 − λ)·valuesⱼ, shape (N, ...), for λ of shape (1,) or (N,)."""
    share = _moved(lam, values.device).to(values.dtype).view(-1, *[1] * (values.ndim - 1))
    chosen = values.index_select(0, partners) if values.is_contiguous() else values[partners]  # which keeps the layout
    return chosen.lerp_(values, share)


def _paste(images: Tensor, partners: Tensor, boxes: Tensor) -> Tensor:
    """The images with their partners' pixels inside the boxes, of which there are N or one for all."""
    if len(boxes) > 1:
        inside = box_mask(_moved(boxes, images.device), *images.shape[2:])
        return torch.where(inside, images[partners], images)
    mixed, (top, left, bottom, right) = images.clone(), boxes[0].tolist()
    theirs, ours = (whole[:, :, top:bottom, left:right] for whole in (images, mixed))  # no more is read than needed
    if images.requires_grad:
        ours.copy_(theirs.index_select(0, partners))
    else:
        torch.index_select(theirs, 0, partners, out=ours)  # straight to where they belong
    return mixed
