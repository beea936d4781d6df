"""Choosing a model for the target domain without target labels.

An epoch, a rate or a method picked by accuracy on labelled target images gives a result that nobody can have in
practice, where these labels are what is missing. What can be had instead: how confident and how varied the predictions
on the target are, whether they follow its clusters, and the loss on labelled source images, weighted towards the
target. Each is a stand-in, none is safe alone, and plain accuracy on held-out source images is hard to beat (Musgrave
et al., 2022, on a million checkpoints): take more than one. `lib.features.extract_features` gives what they take.
"""

import torch
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_mutual_info_score
from torch import Tensor

from lib.features import fit_linear_head
from lib.mmd import check_samples


def target_entropy(logits: Tensor) -> float:
    """The mean entropy of the predictions, in nats: lower is better, 0 where all are certain.

        H = 1/N Σᵢ Σ_c −pᵢ_c·log pᵢ_c,   pᵢ = softmax(logitsᵢ)

    Not to be trusted alone: a network that gives every image the same class, with confidence, has the best score.

    logits: of target images, in evaluation mode, shape (N, C), N, C ≥ 1, floating point, finite. Returns a number in
    [0, log C], computed in float64. Raises ValueError for another shape and for entries that are not finite, TypeError
    for another dtype.

    Example:
        >>> round(target_entropy(torch.zeros(3, 2)), 4)  # log 2
        0.6931
    """
    return torch.special.entr(_probabilities(logits)).sum(1).mean().item()


def information_maximisation(logits: Tensor) -> float:
    """The mutual information of image and prediction, in nats: higher is better.

        I = H(1/N Σᵢ pᵢ) − 1/N Σᵢ H(pᵢ),   pᵢ = softmax(logitsᵢ),   H(p) = Σ_c −p_c·log p_c

    Confident predictions are worth something only where they differ from image to image: a network that gives every
    image the same prediction scores 0, one that is certain of equally many images of each class log C (Bridle et al.,
    1991; for domain adaptation Shi & Sha, 2012). It presumes that the classes are about equally frequent in the target.

    logits: as in `target_entropy`. Returns a number in [0, log C]. Raises what `target_entropy` raises.

    Example:
        >>> certain = torch.tensor([[100.0, 0.0], [0.0, 100.0]])
        >>> round(information_maximisation(certain), 4), round(information_maximisation(certain[:1]), 4)
        (0.6931, 0.0)
    """
    mean_prediction = _probabilities(logits).mean(0)
    return max(0.0, torch.special.entr(mean_prediction).sum().item() - target_entropy(logits))


def cluster_agreement(features: Tensor, logits: Tensor, seed: int = 0) -> float:
    """How far the predicted classes are the clusters of the features: higher is better.

    ClassAMI of Musgrave et al. (2022): the features of the target images are put into C clusters by k-means
    (scikit-learn's, the best of ten starts), and the adjusted mutual information of cluster and predicted class is
    taken: 1 where one determines the other, about 0 where they agree by chance. A network that gives every image the
    same class scores 0. Where fewer than C rows differ, there are as many clusters as there are different rows.

    features: of target images, shape (N, D), D ≥ 1, float32 or float64, finite; logits: of the same images, shape
    (N, C), as in `target_entropy`. seed: of the starts; the global random state is left alone. Computed on the CPU.
    Raises ValueError for another shape and for entries that are not finite, TypeError for another dtype.

    Example:
        >>> features = torch.tensor([[0.0], [0.1], [9.0], [9.1]])
        >>> cluster_agreement(features, torch.tensor([[2.0, 1.0], [2.0, 1.0], [1.0, 2.0], [1.0, 2.0]]))
        1.0
    """
    predicted = _probabilities(logits).argmax(1)
    check_samples(features, features, names=("features", "features"))
    _check_finite("features", features)
    if len(features) != len(logits):
        raise ValueError(f"features: expected {len(logits)} rows, one for each of logits, got {len(features)}")
    if (predicted == predicted[0]).all():
        return 0.0  # scikit-learn has 1 where there is one cluster, too: the score of a network that collapsed
    count = min(logits.shape[1], len(features.unique(dim=0)))
    clusters = KMeans(count, n_init=10, random_state=seed).fit_predict(features.detach().cpu().numpy())
    return float(adjusted_mutual_info_score(predicted.cpu().numpy(), clusters))


def importance_weights(source: Tensor, target: Tensor, at: Tensor, penalty: float = 1e-3) -> Tensor:
    """How much more likely each feature vector is in the target domain than in the source: w(f) = p_T(f) / p_S(f).

        w(f) = n_S/n_T · P(target | f) / P(source | f)     (You et al., 2019)

    The probabilities are those of `fit_linear_head` with this penalty, fitted to tell the two domains apart; the paper
    has a small network. Weights are on average about 1 over the source.

    source: features of n_S source images; target: of n_T target images; at: of the N source images to be weighted,
    which must not be among `source`, or the classifier knows them already. Shapes (n_S, D), (n_T, D), (N, D); float32
    or float64, equal in dtype and device. Returns shape (N,), float64, ≥ 0; no gradient.
    Raises ValueError for another shape or a different device, TypeError for another dtype.

    Example:
        >>> source, target = torch.tensor([[0.0], [1.0]]), torch.tensor([[1.0], [2.0]])
        >>> weights = importance_weights(source, target, at=torch.tensor([[0.5], [1.5]]))
        >>> bool(weights[0] < 1 < weights[1])
        True
    """
    check_samples(source, target, names=("source", "target"))
    check_samples(source, at, names=("source", "at"))
    domains = torch.arange(2, device=source.device)  # 0: source, 1: target
    labels = domains.repeat_interleave(torch.tensor([len(source), len(target)], device=source.device))
    head = fit_linear_head(torch.cat([source, target]).detach(), labels, 2, penalty)
    scores = head(at.detach()).detach().double()
    return (scores[:, 1] - scores[:, 0]).exp() * len(source) / len(target)


def deep_embedded_validation(losses: Tensor, weights: Tensor) -> float:
    """The risk on the target, estimated from labelled source images (You et al., 2019, Algorithm 1): lower is better.

        R = mean(w·ℓ) + η·mean(w) − η,   η = −Cov(w·ℓ, w) / Var(w)

    The first term is the importance-weighted loss. The others cancel on average, as weights have the mean 1, and lower
    its variance: w is a control variate. Cov and Var divide by N − 1; where all weights are equal, η is 0. A few large
    weights can still decide the result: look at them too.

    losses: ℓ, of labelled source images that neither training nor the weights have seen, such as cross-entropy or 0 and
    1 for right and wrong; weights: `importance_weights` of the same images; both of shape (N,), N ≥ 2, floating point,
    finite, weights ≥ 0. Returns a number, computed in float64; an estimate, so it may come out below 0.
    Raises ValueError for another shape or range and for entries that are not finite, TypeError for another dtype.

    Example:
        >>> deep_embedded_validation(torch.tensor([0.0, 1.0, 1.0]), torch.tensor([1.0, 1.0, 1.0]))
        0.6666666666666666
    """
    for name, values in (("losses", losses), ("weights", weights)):
        if values.shape != losses.shape or values.ndim != 1 or len(values) < 2:
            raise ValueError(f"{name}: expected the shape (N,) for both, with N ≥ 2, got {tuple(values.shape)}")
        _check_finite(name, values)
    if weights.min() < 0:
        raise ValueError(f"weights: expected numbers of at least 0, got {weights.min().item()}")
    weights = weights.detach().double()
    weighted = losses.detach().double() * weights
    if weights.min() == weights.max():
        return weighted.mean().item()
    covariance = torch.cov(torch.stack([weighted, weights]))  # (2, 2)
    eta = -covariance[0, 1] / covariance[1, 1]
    return (weighted.mean() + eta * weights.mean() - eta).item()


def _probabilities(logits: Tensor) -> Tensor:
    """The softmax in float64, without history."""
    if logits.ndim != 2 or logits.numel() < 1:
        raise ValueError(f"logits: expected the shape (N, C) with N, C ≥ 1, got {tuple(logits.shape)}")
    _check_finite("logits", logits)
    return logits.detach().double().softmax(1)


def _check_finite(name: str, values: Tensor) -> None:
    if not values.is_floating_point():
        raise TypeError(f"{name}: expected a floating-point tensor, got {values.dtype}")
    if not values.isfinite().all():
        raise ValueError(f"{name}: expected finite numbers, got {int((~values.isfinite()).sum())} others")
