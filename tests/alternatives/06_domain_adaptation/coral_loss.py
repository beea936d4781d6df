"""Right answers in other styles than the reference's."""

import torch


def coral_loss_by_loops(x, y):
    d = x.shape[1]
    mx = x.mean(0)
    my = y.mean(0)
    total = 0
    for a in range(d):
        for b in range(d):
            cx = ((x[:, a] - mx[a]) * (x[:, b] - mx[b])).sum() / (len(x) - 1)
            cy = ((y[:, a] - my[a]) * (y[:, b] - my[b])).sum() / (len(y) - 1)
            total = total + (cx - cy) ** 2
    return total / (4 * d * d)


def coral_loss_by_products(x, y):
    """XᵀX − n·x̄x̄ᵀ, in double precision, as the paper writes it."""
    out = []
    for sample in (x.double(), y.double()):
        mean = sample.mean(dim=0, keepdim=True)
        out.append((sample.T @ sample - len(sample) * mean.T @ mean) / (len(sample) - 1))
    return (torch.linalg.matrix_norm(out[0] - out[1], "fro").clamp(min=1e-30) ** 2 / (4 * x.size(1) ** 2)).to(x.dtype)


def coral_loss_by_einsum(x, y):
    a, b = x - x.mean(0), y - y.mean(0)
    c_x = torch.einsum("ni,nj->ij", a, a) / (a.shape[0] - 1)
    c_y = torch.einsum("ni,nj->ij", b, b) / (b.shape[0] - 1)
    return torch.nn.functional.mse_loss(c_x, c_y) / 4


def coral_loss_by_cov(x, y):
    difference = torch.atleast_2d(x.t().cov()) - torch.atleast_2d(y.t().cov())
    return torch.trace(difference @ difference.T) / 4 / x.size(-1) ** 2
