"""Right answers in other styles than the reference's."""

import numpy as np
import torch


def linear_cka_by_numpy(x, y):
    a, b = (np.array(each.detach().cpu(), dtype=np.float64) for each in (x, y))
    a = a - a.mean(axis=0, keepdims=True)
    b = b - b.mean(axis=0, keepdims=True)
    return np.linalg.norm(b.T @ a) ** 2 / (np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b))


def linear_cka_by_gram_matrices(x, y):
    """⟨K, L⟩ / (‖K‖ · ‖L‖) with centred Gram matrices."""
    x, y = x.double(), y.double()
    n = len(x)
    H = torch.eye(n, dtype=torch.float64, device=x.device) - 1.0 / n
    K, L = H @ x @ x.T @ H, H @ y @ y.T @ H
    return torch.sum(K * L) / torch.sqrt(torch.sum(K * K) * torch.sum(L * L))


def linear_cka_by_einsum(x, y):
    x, y = (each.double() - each.double().mean(0) for each in (x, y))

    def squared(a, b):
        return torch.einsum("nd,ne->de", a, b).square().sum()

    return (squared(x, y) / (squared(x, x) * squared(y, y)).sqrt()).item()


def linear_cka_by_loops(x, y):
    """The sum of squared covariances, feature by feature."""
    x, y = x.double(), y.double()

    def total(a, b):
        result = 0.0
        for i in range(a.shape[1]):
            for j in range(b.shape[1]):
                result += float(((a[:, i] - a[:, i].mean()) * (b[:, j] - b[:, j].mean())).sum()) ** 2
        return result

    return total(x, y) / (total(x, x) ** 0.5 * total(y, y) ** 0.5)


def linear_cka_by_singular_values(x, y):
    """Kornblith et al.'s other form: how well the principal directions of one line up with the other's."""
    (u, s, _), (v, t, _) = (
        torch.linalg.svd(each.double() - each.double().mean(0), full_matrices=False) for each in (x, y)
    )
    overlap = (u.T @ v) ** 2
    return float((s**2 @ overlap @ t**2) / ((s**4).sum().sqrt() * (t**4).sum().sqrt()))
