"""Feature extraction: a frozen backbone gives the same features every epoch, so they are computed once.

What is left to train is a linear classifier on fixed numbers: a convex problem with one answer.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def extract_features(backbone: nn.Module, images: Tensor, batch_size: int = 256) -> Tensor:
    """The features φ(x) of all images, in their order, with the backbone in evaluation mode.

    images: shape (N, ...), N ≥ 1, on the backbone's device; at most `batch_size` of them are in work at a time, and
    the last batch may be smaller. Returns shape (N, D), without history: `requires_grad` is False, and a head can be
    trained on them. Before it returns, every layer is back in the mode it was found in; nothing else of the backbone
    is touched: no parameter, no running statistic.

    Example:
        >>> extract_features(nn.Flatten(), torch.zeros(5, 3, 2, 2), batch_size=2).shape
        torch.Size([5, 12])
    """
    modes = [(layer, layer.training) for layer in backbone.modules()]
    backbone.eval()
    try:
        with torch.no_grad():
            features = [backbone(batch) for batch in images.split(batch_size)]
    finally:
        for layer, mode in modes:
            layer.training = mode
    return torch.cat(features)


def fit_linear_head(features: Tensor, labels: Tensor, classes: int, penalty: float = 1e-3) -> nn.Linear:
    """The linear classifier that minimises mean cross-entropy plus penalty/2 · ‖W‖² on fixed features.

    features: shape (N, D), floating point, N smaller or larger than D. labels: int64 in [0, classes), shape (N,).
    Returns nn.Linear(D, classes) with weight W and bias b, on the features' device and dtype. The bias is not
    penalised. The objective

        J(W, b) = 1/N Σᵢ −log softmax(W φᵢ + b)[yᵢ] + penalty/2 · Σ W²

    is convex, and for penalty > 0 its predictions are unique where every class has a point, for any N and D: any method
    that runs until they settle, to within 0.01 of probability on points like those it was fitted on, is right.
    `features` and `labels` are left as they are.

    Example:
        >>> head = fit_linear_head(torch.tensor([[-1.0], [1.0]]), torch.tensor([0, 1]), classes=2)
        >>> head(torch.tensor([[3.0]])).argmax().item()
        1
    """
    # skip_init: the start is zero, so nothing need be drawn from the global random state
    head = nn.utils.skip_init(nn.Linear, features.shape[1], classes, device=features.device, dtype=features.dtype)
    for parameter in head.parameters():
        nn.init.zeros_(parameter)
    optimiser = torch.optim.LBFGS(head.parameters(), max_iter=500, line_search_fn="strong_wolfe")

    def objective() -> Tensor:
        optimiser.zero_grad()
        loss = F.cross_entropy(head(features), labels) + penalty / 2 * head.weight.square().sum()
        loss.backward()
        return loss

    optimiser.step(objective)
    return head
