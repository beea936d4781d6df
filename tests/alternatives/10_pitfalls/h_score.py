"""Right answers in other styles than the reference's."""

import numpy as np
import torch


def h_score_by_pinv(features, labels, shrinkage=0.0):
    x = features.double()
    means = torch.zeros_like(x)
    for name in labels.unique():
        means[labels == name] = x[labels == name].mean(0)
    own = torch.atleast_2d(torch.cov(x.T, correction=0))
    between = torch.atleast_2d(torch.cov(means.T, correction=0))
    if shrinkage > 0:
        eye = torch.eye(len(own)).to(own)
        own = (1 - shrinkage) * own + shrinkage * own.trace() / len(own) * eye
        return (1 - shrinkage) * torch.trace(torch.linalg.pinv(own) @ between).item()
    return torch.trace(torch.linalg.pinv(own) @ between).item()


def h_score_by_numpy(features, labels, shrinkage=0.0):
    x, y = features.cpu().numpy().astype(float), labels.cpu().numpy()
    g = np.array([x[y == label].mean(axis=0) for label in y])
    sigma, sigma_b = np.atleast_2d(np.cov(x.T), np.cov(g.T))  # both with N − 1
    d = x.shape[1]
    sigma = (1 - shrinkage) * sigma + shrinkage * np.trace(sigma) / d * np.eye(d)
    return (1 - shrinkage) * float(np.trace(np.dot(np.linalg.pinv(sigma, rcond=1e-12), sigma_b)))


def h_score_by_directions(features, labels, shrinkage=0.0):
    """Eigenvectors of Σ with a variance above rounding; without shrinkage each divided by its variance."""
    x = features - features.mean(0)
    variances, axes = torch.linalg.eigh(x.T @ x / len(x))
    floor = 1e-9 * variances.max()
    target = variances.sum() / len(variances)
    score = 0.0
    for variance, axis in zip(variances, axes.T, strict=False):
        if variance < floor:
            continue
        along, between = x @ axis, 0.0
        for name in labels.unique():
            share = (labels == name).double().mean()
            between = between + share * along[labels == name].mean() ** 2
        score += (1 - shrinkage) * between / ((1 - shrinkage) * variance + shrinkage * target)
    return float(score)
