"""Right answers in other styles than the reference's."""

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import nn

from lib.features import fit_linear_head


def linear_probe_accuracy_by_loops(train_features, train_labels, test_features, test_labels, classes, penalty=1e-3):
    train, test = train_features.clone(), test_features.clone()
    for column in range(train.shape[1]):
        mean = train[:, column].mean()
        std = train[:, column].std(unbiased=False)
        train[:, column] -= mean
        test[:, column] -= mean
        if std > 0:
            train[:, column] /= std
            test[:, column] /= std
    head = fit_linear_head(train, train_labels, classes, penalty)
    right = 0
    for row, label in zip(test, test_labels, strict=True):
        if head(row).argmax() == label:
            right += 1
    return right / len(test)


def linear_probe_accuracy_by_scikit_learn(
    train_features, train_labels, test_features, test_labels, classes, penalty=1e-3
):
    """scikit-learn minimises C·Σ loss + ½‖W‖², so C = 1 / (N · penalty)."""
    scaler = StandardScaler().fit(train_features.double().cpu().numpy())
    model = LogisticRegression(C=1 / (len(train_labels) * penalty), tol=1e-8, max_iter=5000)
    model.fit(scaler.transform(train_features.double().cpu().numpy()), train_labels.cpu().numpy())
    return model.score(scaler.transform(test_features.double().cpu().numpy()), test_labels.cpu().numpy())


def linear_probe_accuracy_with_a_loop_of_its_own(
    train_features, train_labels, test_features, test_labels, classes, penalty=1e-3
):
    """Everything in double precision, gradient descent by hand, and a tensor in the end."""
    x, z = train_features.double(), test_features.double()
    scale = x.std(0, correction=0)
    scale = torch.where(scale == 0, torch.ones_like(scale), scale)
    x, z = (x - x.mean(0)) / scale, (z - x.mean(0)) / scale
    W = torch.zeros(classes, x.shape[1], dtype=x.dtype, device=x.device)
    b = torch.zeros(classes, dtype=x.dtype, device=x.device)
    targets = F.one_hot(train_labels, classes).to(x.dtype)
    for _ in range(400):
        wrong = ((x @ W.T + b).softmax(1) - targets) / len(x)
        W = W - 0.7 * (wrong.T @ x + penalty * W)
        b = b - 0.7 * wrong.sum(0)
    return (z @ W.T + b).argmax(1).eq(test_labels).double().mean()


def linear_probe_accuracy_by_batch_norm(
    train_features, train_labels, test_features, test_labels, classes, penalty=1e-3
):
    """A batch-norm layer knows how to standardise; the momentum None makes its mean the batch's own."""
    norm = nn.BatchNorm1d(train_features.shape[1], eps=1e-12, momentum=None, affine=False).to(train_features)
    with torch.no_grad():
        norm(train_features)
        n = len(train_features)
        norm.running_var *= (n - 1) / n
        norm.running_var[norm.running_var == 0] = 1
        norm.eval()
        train, test = norm(train_features), norm(test_features)
    head = fit_linear_head(train, train_labels, classes, penalty)
    guesses = head(test).detach().cpu().numpy().argmax(1)
    return np.mean(guesses == test_labels.cpu().numpy())
