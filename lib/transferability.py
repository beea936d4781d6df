"""Transferability: which pre-trained network suits a target task, told from its outputs, without training it.

Each score needs one pass of the target's training images through the network, and their labels. LogME and the H-score
look at features, LEEP at the probabilities of the source classes, NCE at source labels. Higher is better for all four.
They rank networks for one target task; across tasks, with other labels, their values cannot be compared.

Labels are names: only classes that occur count, however few their members, and renumbering them changes no score. All
four compute in float64, on the device of their arguments, draw nothing, and leave the arguments as they are.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from lib.points import centred, check_features, check_labels


def log_me(features: Tensor, labels: Tensor) -> float:
    """LogME: how well a Bayesian linear model of the features explains the labels (You et al., 2021).

    For each class c, let y be 1 at its points and 0 elsewhere, and y = F w + noise with weights w ~ N(0, 1/α) and noise
    N(0, 1/β). The weights are integrated out, and α and β are those under which the labels are likeliest (eq. 2):

        LogME = mean over c of  max over α, β of  1/N · log N(y; 0, I/β + F Fᵀ/α)

    features: F, shape (N, D), float32 or float64, finite; used as they are, neither centred nor given a bias. labels:
    int64, not negative, shape (N,). N and D are at least 1, and either may be larger. Rotating the features or scaling
    them all by one number changes nothing.

    The maximum is over 0 < β ≤ 10⁶, so that it is finite where features fit a class exactly, and over all α > 0, its
    limits included: features of no use get α = ∞. Any method that gets within 10⁻⁵ of the maximum is right. Here:
    MacKay's fixed point, as in the paper, but begun for each class at the best of 45 ratios β/α, for
    there may be several maxima, and run until no class gains 10⁻¹², or 1,000 times. The paper's code begins at
    α = β = 1, adds 10⁻⁵ to denominators, and stops when α/β moves by less than a thousandth. Directions in which the
    features are no more than rounding are left out, as in `h_score`.

    Raises TypeError for other types, ValueError for other shapes, values or devices.

    Example:
        >>> labels = torch.tensor([0, 0, 1, 1])
        >>> useful, useless = torch.tensor([[1.0], [1.1], [-1.0], [-0.9]]), torch.tensor([[1.0], [-1.0], [1.0], [-1.0]])
        >>> log_me(useful, labels) > log_me(useless, labels)
        True
    """
    members = _members(features, labels)
    basis, variances = _directions(features.detach().double(), torch.finfo(features.dtype).eps)
    along = (basis.T @ members).square()  # (r, K): ‖y‖² by direction
    across = (members.sum(0) - along.sum(0)).clamp_min(0)  # (K,): the part of ‖y‖² that no weights reach
    problem = (variances / variances[:1]).unsqueeze(1), along, across, len(labels)
    starts = torch.logspace(-6, 16, 45, dtype=torch.float64, device=features.device)
    evidence = torch.stack([_evidence(start, *problem) for start in starts])  # (45, K)
    best, ratio = evidence.max(0).values, starts[evidence.argmax(0)]
    for _ in range(1000):
        ratio = _next_ratio(ratio, *problem)
        evidence = _evidence(ratio, *problem)
        gained, best = (evidence - best).max(), torch.maximum(evidence, best)
        if gained < 1e-12:
            break
    return float(best.mean())


def leep(source_probabilities: Tensor, labels: Tensor) -> float:
    """LEEP: mean log-likelihood of the labels, guessed from the source classes alone (Nguyen et al., 2020, eq. 2).

        LEEP = 1/N Σᵢ log Σ_z P̂(yᵢ | z) θ(xᵢ)_z,   P̂(y, z) = 1/N Σ over i with yᵢ = y of θ(xᵢ)_z

    source_probabilities: θ, shape (N, Z), float32 or float64: the network's softmax over its Z source classes, each row
    summing to 1 within 0.001. labels: int64, not negative, shape (N,). A source class to which no image gives
    probability explains nothing: its P̂(y | z) counts as 0.

    Between −H(Y), where the source classes tell nothing, and 0, where they tell the label. With probabilities of 0 and
    1 it is `nce` of the predicted source labels.

    Raises TypeError for other types, ValueError for other shapes, values (logits, for instance) or devices.

    Example:
        >>> theta = torch.tensor([[0.9, 0.1, 0.0], [0.8, 0.2, 0.0], [0.1, 0.9, 0.0]])
        >>> round(leep(theta, torch.tensor([5, 5, 7])), 4)
        -0.2449
    """
    members = _members(source_probabilities, labels, "source_probabilities")
    theta = source_probabilities.detach().double()
    _check_probabilities("source_probabilities", theta)
    joint = members.T @ theta / len(labels)  # (K, Z): P̂(y, z)
    given = joint / joint.sum(0).clamp_min(torch.finfo(joint.dtype).tiny)  # P̂(y | z)
    return float(((members @ given) * theta).sum(1).log().mean())


def nce(source_labels: Tensor, labels: Tensor) -> float:
    """NCE: the negative conditional entropy of the labels, given source labels of the same images (Tran et al., 2019).

        NCE = −H(Y | Z) = Σ_{y, z} P̂(y, z) log P̂(y | z),   P̂ the shares counted over the images

    source_labels, labels: int64, not negative, shape (N,), N ≥ 1. Where the source task labelled other images, take the
    classes that the network predicts for these. In nats, between −H(Y) and 0, where each source class has one label.

    Raises TypeError for other types, ValueError for other shapes, values or devices.

    Example:
        >>> round(nce(torch.tensor([0, 0, 1, 1]), torch.tensor([0, 0, 0, 1])), 4)
        -0.3466
    """
    source = _one_hot("source_labels", source_labels)
    joint = source.T @ _one_hot("labels", labels, source) / len(source)  # (Z, K)
    return float(torch.special.xlogy(joint, joint / joint.sum(1, keepdim=True)).sum())


def h_score(features: Tensor, labels: Tensor, shrinkage: float = 0.0) -> float:
    """H-score: the variance between classes, each direction measured by its own variance (Bao et al., 2019).

        H = tr( Σ⁺ Σ_B ),   Σ = cov(φ),   Σ_B = cov(E[φ | y]),   Σ⁺ the pseudo-inverse

    features: φ, shape (N, D), float32 or float64, finite. labels: int64, not negative, shape (N,). Directions whose
    singular value is at most max(N, D) · eps of the largest, eps of the features' type, are rounding and are left out.
    Between 0 and min(K − 1, D) for K classes; invertible linear maps of the features do not change it. 0 for constant
    features or a single class. With N ≤ D any labels fit, and H says nothing unless it is shrunk.

    shrinkage: a in [0, 1]. With a > 0, H = (1 − a) · tr( Σ_a⁻¹ Σ_B ), where Σ_a = (1 − a) Σ + a · tr(Σ)/D · I (Ibrahim
    et al., 2022, who take a = `ledoit_wolf_shrinkage(features)`). It then depends on the features' scales.

    Raises TypeError for other types, ValueError for other shapes, values or devices.

    Example:
        >>> round(h_score(torch.tensor([[1.0], [2.0], [3.0], [4.0]]), torch.tensor([0, 0, 1, 1])), 4)
        0.8
    """
    members = _members(features, labels)
    if not 0 <= shrinkage <= 1:
        raise ValueError(f"shrinkage: expected a number in [0, 1], got {shrinkage!r}")
    basis, variances = _directions(centred(features.detach().double()), torch.finfo(features.dtype).eps)
    # √N · basis are the features whitened: their covariance is I. (r, K): share of class × its squared mean
    between = (basis.T @ members).square() / members.sum(0)
    own = (1 - shrinkage) * variances
    weights = own / (own + shrinkage * variances.sum() / features.shape[1])  # 1 without shrinkage
    return float((weights @ between).sum())


def ledoit_wolf_shrinkage(features: Tensor) -> float:
    """How far to pull a covariance matrix from few points towards a multiple of I (Ledoit & Wolf, 2004).

        a = min(1, b²/d²),   d² = ‖Σ − tr(Σ)/D · I‖²,   b² = 1/N² Σᵢ ‖φᵢ φᵢᵀ − Σ‖²,   φ centred, Frobenius norms

    features: shape (N, D), float32 or float64, finite. Between 0 and 1; 0 for constant features, and for D = 1, where
    there is nothing to pull. Raises TypeError for other types, ValueError for other shapes or values.

    Example:
        >>> round(ledoit_wolf_shrinkage(torch.tensor([[0.0, 0.0], [1.0, 0.5], [3.0, 0.2], [4.0, 1.0]])), 4)
        0.2352
    """
    check_features("features", features)
    points = centred(features.detach().double())
    _, variances = _directions(points, torch.finfo(features.dtype).eps)
    total = float(variances.square().sum())  # ‖Σ‖²
    noise = (float(points.square().sum(1).square().mean()) - total) / len(features)
    distance = total - float(variances.sum()) ** 2 / features.shape[1]
    return noise / max(noise, distance) if noise > 0 and features.shape[1] > 1 else 0.0


# ---- helpers ------------------------------------------------------------------------------------------------------


def _evidence(ratio: Tensor, variances: Tensor, along: Tensor, across: Tensor, count: int) -> Tensor:
    """Log evidence for each class and point at ratio = β/α, (K,) or (), with the best β ≤ 10⁶ for it."""
    gain = ratio * variances  # (r, K): what weighs for a direction over what weighs against it, βσ²/α
    energy = across + (along / (1 + gain)).sum(0)  # ‖y − F m‖² + α/β · ‖m‖², m the posterior mean of w
    beta = (count / energy).clamp_max(1e6)
    return (beta / (2 * math.pi)).log() / 2 - (gain.log1p().sum(0) + beta * energy) / (2 * count)


def _next_ratio(ratio: Tensor, variances: Tensor, along: Tensor, across: Tensor, count: int) -> Tensor:
    """One step of the fixed point: α = γ / ‖m‖² and β = (N − γ) / ‖y − F m‖², γ the number of weights in effect."""
    gain = ratio * variances
    gamma = (gain / (1 + gain)).sum(0)
    residual = along / (1 + gain).square()
    weights = ratio.square() * (variances * residual).sum(0)  # ‖m‖²
    beta = ((count - gamma) / (across + residual.sum(0))).clamp_max(1e6)
    return beta * weights / gamma.clamp_min(torch.finfo(gamma.dtype).tiny)  # 0 for features of no use


def _directions(features: Tensor, eps: float) -> tuple[Tensor, Tensor]:
    """Left singular vectors, (N, r), and the features' mean square along each, (r,); rounding left out."""
    basis, values, _ = torch.linalg.svd(features, full_matrices=False)
    real = values > max(features.shape) * eps * values[0]
    return basis[:, real], values[real].square() / len(features)


def _members(features: Tensor, labels: Tensor, name: str = "features") -> Tensor:
    check_features(name, features)
    return _one_hot("labels", labels, features)


def _one_hot(name: str, labels: Tensor, beside: Tensor | None = None) -> Tensor:
    """Who is of which class, (N, K) of 0 and 1 in float64; a column for each class that occurs."""
    check_labels(name, labels, beside)
    return F.one_hot(labels.unique(return_inverse=True)[1]).double()


def _check_probabilities(name: str, rows: Tensor) -> None:
    sums = rows.sum(1)
    if rows.min() < 0 or (sums - 1).abs().max() > 1e-3:
        got = f"a least entry of {rows.min():.4g} and sums from {sums.min():.4g} to {sums.max():.4g}"
        raise ValueError(f"{name}: expected rows of probabilities, each summing to 1, got {got}")
