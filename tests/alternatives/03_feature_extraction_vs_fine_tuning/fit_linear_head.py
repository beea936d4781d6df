"""Right answers in other styles than the reference's."""

import numpy as np
import torch
import torch.nn.functional as F
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from torch import nn


def fit_linear_head_by_gradient_descent(features, labels, classes, penalty=1e-3):
    head = nn.Linear(features.shape[1], classes).to(features.device, features.dtype)
    optimizer = torch.optim.SGD(head.parameters(), lr=0.5)
    for _ in range(1000):
        optimizer.zero_grad()
        loss = F.cross_entropy(head(features), labels) + 0.5 * penalty * (head.weight**2).sum()
        loss.backward()
        optimizer.step()
    return head


def fit_linear_head_by_decoupled_groups(features, labels, classes, penalty=1e-3):
    """weight_decay is this penalty's gradient, if only the weight has it."""
    head = nn.Linear(features.shape[1], classes, device=features.device, dtype=features.dtype)
    groups = [{"params": [head.weight], "weight_decay": penalty}, {"params": [head.bias]}]
    optimizer = torch.optim.Adam(groups, lr=0.05)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 600)
    for _ in range(600):
        optimizer.zero_grad()
        F.cross_entropy(head(features), labels).backward()
        optimizer.step()
        schedule.step()
    return head


def fit_linear_head_by_scikit_learn(features, labels, classes, penalty=1e-3):
    """scikit-learn minimises C·Σ loss + ½‖W‖²: C = 1 / (N · penalty). For two classes it keeps one row of two."""
    x, y = features.double().cpu().numpy(), labels.cpu().numpy()
    if classes == 2:
        return fit_linear_head_by_scipy(features, labels, classes, penalty)
    fitted = LogisticRegression(C=1 / (len(x) * penalty), tol=1e-8, max_iter=5000).fit(x, y)
    head = nn.Linear(x.shape[1], classes, device=features.device, dtype=features.dtype)
    with torch.no_grad():
        head.weight.copy_(torch.from_numpy(fitted.coef_))
        head.bias.copy_(torch.from_numpy(fitted.intercept_))
    return head


def fit_linear_head_by_scipy(features, labels, classes, penalty=1e-3):
    """NumPy and the gradient by hand."""
    x, y = features.double().cpu().numpy(), labels.cpu().numpy()
    n, d = x.shape
    targets = np.eye(classes)[y]

    def objective(flat):
        w, b = flat[: classes * d].reshape(classes, d), flat[classes * d :]
        scores = x @ w.T + b
        scores = scores - scores.max(1, keepdims=True)
        log_p = scores - np.log(np.exp(scores).sum(1, keepdims=True))
        residual = (np.exp(log_p) - targets) / n
        value = -(targets * log_p).sum() / n + penalty / 2 * (w**2).sum()
        return value, np.concatenate([(residual.T @ x + penalty * w).ravel(), residual.sum(0)])

    flat = minimize(objective, np.zeros(classes * (d + 1)), jac=True, method="BFGS").x
    head = nn.Linear(d, classes).to(features)
    head.weight.data = torch.as_tensor(flat[: classes * d].reshape(classes, d)).to(features)
    head.bias.data = torch.as_tensor(flat[classes * d :]).to(features)
    return head
