"""What a network holds, stage by stage: probes of every stage, the plane in which classes lie apart, the first filters.

`lib.representation` has the measures; here they are applied to all stages of a network at once.
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lib.points import centred
from lib.representation import linear_probe_accuracy

PENALTY = 0.01  # of every probe: that of the head in `lib.comparison`


def probe_stages(
    fitted: Mapping[str, Tensor], labels: Tensor, tested: Mapping[str, Tensor], targets: Tensor, classes: int
) -> dict[str, float]:
    """Accuracy of a linear probe after each stage, by the stage's name: fitted on some images, tested on others.

    fitted, tested: features by stage, as `stage_features` gives them, with the same stages. labels, targets: their
    class numbers, int64 in [0, classes). Returns shares in [0, 1].

    Example:
        >>> features, labels = {"stem": torch.tensor([[0.0], [1.0]])}, torch.tensor([0, 1])
        >>> probe_stages(features, labels, features, labels, 2)
        {'stem': 1.0}
    """
    return {
        stage: linear_probe_accuracy(features, labels, tested[stage], targets, classes, PENALTY)
        for stage, features in fitted.items()
    }


def class_plane(features: Tensor, labels: Tensor, others: Tensor) -> Tensor:
    """Two coordinates for each of `others`: along the two directions in which the classes' means lie furthest apart.

    Features are standardised by `features`, as a probe does it; the directions are the first two principal ones of the
    class means of `features`, so `others` have no part in choosing them. features: shape (N, D), D at least 2, labels:
    int64, shape (N,), three classes or more; others: shape (M, D). Returns shape (M, 2). A direction's sign means
    nothing and is set so that its largest entry is above 0.

    Example:
        >>> features, labels = torch.tensor([[0.0, 0.0], [4.0, 0.0], [0.0, 1.0]]), torch.tensor([0, 1, 2])
        >>> class_plane(features, labels, features).shape
        torch.Size([3, 2])
    """
    deviation = centred(features).std(0, correction=0)
    deviation[deviation == 0] = 1
    scaled = (features - features.mean(0)) / deviation
    means = torch.stack([scaled[labels == name].mean(0) for name in labels.unique()])
    directions = torch.linalg.svd(centred(means), full_matrices=False).Vh[:2]
    signs = directions.gather(1, directions.abs().argmax(1, keepdim=True)).sign()
    return ((others - features.mean(0)) / deviation) @ (signs * directions).T


def first_filters(network: nn.Module, count: int, side: int = 28) -> Tensor:
    """The filters of the network's first convolution as images in [0, 1], shape (count, 3, side, side).

    Those that answer most strongly come first. Each is scaled by itself: grey is 0, its largest weight is at an end of
    the scale. Raises ValueError where the first convolution does not see three channels, or has fewer filters.

    Example:
        >>> network = nn.Conv2d(3, 4, 3)
        >>> filters = first_filters(network, 2)
        >>> filters.shape, float((filters - 0.5).abs().amax())  # black or white is the largest weight
        (torch.Size([2, 3, 28, 28]), 0.5)
    """
    weights = next(layer for layer in network.modules() if isinstance(layer, nn.Conv2d)).weight.detach()
    if weights.shape[1] != 3 or len(weights) < count:
        raise ValueError(f"network: expected {count} filters of three channels, got {tuple(weights.shape)}")
    chosen = weights[weights.flatten(1).norm(dim=1).argsort(descending=True, stable=True)[:count]]
    scaled = 0.5 + 0.5 * chosen / chosen.abs().amax((1, 2, 3), keepdim=True)
    return F.interpolate(scaled, size=(side, side), mode="nearest")
