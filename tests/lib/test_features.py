"""Feature extraction and the linear head, against scikit-learn, SciPy and the plain way."""

import copy

import pytest
import torch
from scipy.optimize import approx_fprime
from sklearn.linear_model import LogisticRegression
from torch import nn
from torchvision.models import resnet18

from lib.features import extract_features, fit_linear_head


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_extract_features_equals_one_pass_in_evaluation_mode():
    torch.manual_seed(0)
    backbone = resnet18(weights=None)
    images = drawn(7, 3, 32, 32)
    expected = copy.deepcopy(backbone).eval()(images)
    torch.testing.assert_close(extract_features(backbone, images, batch_size=3), expected.detach())


def test_extract_features_leaves_modes_and_statistics_also_if_the_backbone_fails():
    backbone = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(), nn.Linear(3, 2))
    backbone[1].eval()
    before = copy.deepcopy(backbone.state_dict())
    extract_features(backbone, drawn(5, 3))
    with pytest.raises(RuntimeError):
        extract_features(backbone, drawn(5, 4))
    assert [layer.training for layer in backbone] == [True, False, True]
    assert all(torch.equal(value, before[name]) for name, value in backbone.state_dict().items())


def test_extract_features_can_train_a_head():
    features = extract_features(nn.Linear(3, 4), drawn(5, 3))
    head = nn.Linear(4, 2)
    head(features).sum().backward()
    assert not features.requires_grad
    assert head.weight.grad is not None


@pytest.mark.parametrize("width", [5, 120], ids=["fewer features than points", "more"])
@pytest.mark.parametrize("penalty", [0.01, 0.3])
def test_fit_linear_head_agrees_with_scikit_learn(penalty, width):
    labels = torch.arange(90) % 3
    features = drawn(90, width).double() + labels.unsqueeze(1) * 0.7
    head = fit_linear_head(features, labels, 3, penalty)
    theirs = LogisticRegression(C=1 / (90 * penalty), tol=1e-10, max_iter=10_000).fit(features.numpy(), labels.numpy())
    ours = head(features).softmax(1).detach().numpy()
    assert ours == pytest.approx(theirs.predict_proba(features.numpy()), abs=1e-4)


def test_fit_linear_head_ends_where_finite_differences_vanish():
    features, labels = drawn(30, 4, seed=3).double(), torch.arange(30) % 2
    head = fit_linear_head(features, labels, 2, 0.1)

    def objective(flat):
        weight, bias = torch.from_numpy(flat[:8]).view(2, 4), torch.from_numpy(flat[8:])
        loss = nn.functional.cross_entropy(features @ weight.T + bias, labels)
        return float(loss + 0.05 * weight.square().sum())

    end = torch.cat([head.weight.flatten(), head.bias]).detach().numpy()
    assert abs(approx_fprime(end, objective, 1e-6)).max() < 1e-4


def test_fit_linear_head_keeps_dtype_and_leaves_the_global_random_state_alone():
    state = torch.get_rng_state()
    head = fit_linear_head(drawn(6, 2).double(), torch.tensor([0, 1, 2] * 2), 3)
    assert head.weight.dtype == torch.float64
    assert torch.equal(torch.get_rng_state(), state)
