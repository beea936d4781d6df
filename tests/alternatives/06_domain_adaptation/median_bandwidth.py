"""Right answers in other styles than the reference's."""

import torch


def median_bandwidth_by_loops(x, y):
    z = [*x.detach(), *y.detach()]
    distances = []
    for i in range(len(z)):
        for j in range(i + 1, len(z)):
            d = ((z[i] - z[j]) ** 2).sum() ** 0.5
            if len(distances) == 0:
                distances = [d]
            else:
                distances = [*distances, d]
    distances = sorted(distances)
    return distances[(len(distances) - 1) // 2]


@torch.no_grad()
def median_bandwidth_by_a_mask(x, y):
    """Every pair twice, which does not move the lower median; the diagonal left out."""
    pooled = torch.vstack((x, y))
    squares = (pooled.unsqueeze(0) - pooled.unsqueeze(1)).pow(2).sum(-1)
    off = ~torch.eye(len(pooled), dtype=torch.bool, device=x.device)
    return squares[off].median().sqrt()


def median_bandwidth_by_triangle(x, y):
    pooled = torch.cat((x, y), dim=0).detach()
    matrix = torch.cdist(pooled, pooled, compute_mode="donot_use_mm_for_euclid_dist")
    i, j = torch.triu_indices(len(pooled), len(pooled), offset=1)
    return torch.median(matrix[i, j])


def median_bandwidth_by_numpy(x, y):
    import numpy as np

    pooled = np.concatenate([x.detach().cpu().numpy(), y.detach().cpu().numpy()])
    upper = np.triu_indices(len(pooled), 1)
    distances = np.linalg.norm(pooled[upper[0]] - pooled[upper[1]], axis=1)
    return torch.tensor(np.quantile(distances, 0.5, method="lower"), dtype=x.dtype, device=x.device)
