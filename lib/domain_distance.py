"""Two plainer distances between domains: by their covariances, and by how well a classifier tells them apart.

CORAL compares second moments only, and is a loss. The proxy A-distance is a measurement: it belongs beside an
adaptation result, to say whether the features of the two domains did come closer. `lib.mmd` has the third distance.
"""

import torch
from torch import Tensor

from lib.features import fit_linear_head
from lib.mmd import check_generator, check_samples


def coral_loss(x: Tensor, y: Tensor) -> Tensor:
    """The CORAL loss: the squared distance between the covariance matrices of two samples (Sun & Saenko, 2016, eq. 1).

        L = ‖C_x − C_y‖²_F / (4·d²),   C_x = 1/(n − 1) · Σᵢ (xᵢ − x̄)(xᵢ − x̄)ᵀ

    d is the number of features; ‖·‖²_F is the sum of squared entries. It is zero where the covariances are equal: two
    samples that differ by a shift alone have the distance zero. `x` and `y` are left alone.

    x: shape (n, d); y: shape (m, d); n, m ≥ 2, d ≥ 1, float32 or float64, equal in dtype and device. Returns a tensor
    of no dimension, ≥ 0, differentiable in both; computed in the samples' dtype, under autocast too.
    Raises ValueError for another shape or a different device, TypeError for another dtype.

    Example:
        >>> x, y = torch.tensor([[0.0], [2.0]]), torch.tensor([[5.0], [9.0]])  # variances 2 and 8
        >>> coral_loss(x, y)
        tensor(9.)
    """
    check_samples(x, y, least=2)
    with torch.autocast(x.device.type, enabled=False):  # which would multiply in half precision
        difference = torch.cov(x.T) - torch.cov(y.T)
    return difference.square().sum() / (4 * x.shape[1] ** 2)


def proxy_a_distance(x: Tensor, y: Tensor, generator: torch.Generator, penalty: float = 1e-3) -> float:
    """The proxy A-distance: how well a linear classifier tells the domains apart on rows that it was not fitted on.

        d_A = 2·(1 − 2ε)     (Ben-David et al., 2007)

    ε is the classifier's held-out error. 0: it does no better than chance; 2: it makes no mistake. A little below 0 is
    chance, and is left as it is. The two domains weigh the same: of the larger sample, as many rows as the smaller one
    has are drawn. Of these, one half, the larger where they are odd, fits `fit_linear_head` and the other is tested.

    x: shape (n, d); y: shape (m, d); n, m ≥ 2, d ≥ 1, float32 or float64; taken as they are: features of very
    different scales are best standardised first. generator: draws the halves, on its own device. penalty: that of
    `fit_linear_head`. Returns a number in [−2, 2]; no gradient.
    Raises ValueError for another shape or a different device, TypeError for another dtype.

    Example:
        >>> x = torch.arange(20.0).view(20, 1)
        >>> proxy_a_distance(x, x + 100, torch.Generator().manual_seed(0))
        2.0
    """
    check_samples(x, y, least=2)
    check_generator(generator)
    count = min(len(x), len(y))
    (x_fit, x_test), (y_fit, y_test) = (_halves(sample, count, generator) for sample in (x, y))
    domains = torch.arange(2, device=x.device)  # 0: x, 1: y
    head = fit_linear_head(torch.cat([x_fit, y_fit]), domains.repeat_interleave(len(x_fit)), 2, penalty)
    wrong = head(torch.cat([x_test, y_test])).argmax(1) != domains.repeat_interleave(len(x_test))
    return 2 * (1 - 2 * wrong.double().mean().item())


def _halves(sample: Tensor, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """`count` rows in a random order, in two parts."""
    order = torch.randperm(len(sample), generator=generator, device=generator.device)[:count]
    first, second = sample.detach()[order.to(sample.device)].tensor_split(2)
    return first, second
