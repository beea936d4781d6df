"""Probes of every stage, the plane of the classes and the first filters, against points and weights set by hand."""

import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler
from torch import nn

from lib.representation import linear_probe_accuracy
from lib.stage_probes import PENALTY, class_plane, first_filters, probe_stages


def points(seed: int = 0, count: int = 60, width: int = 5):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 3
    means = 3 * torch.randn(3, width, generator=torch.Generator().manual_seed(9), dtype=torch.float64)
    return means[labels] + torch.randn(count, width, generator=generator, dtype=torch.float64), labels


def test_probe_stages_asks_each_stage_by_itself():
    (told, labels), (unseen, targets) = points(0), points(1)
    fitted, tested = ({"early": 0 * each, "late": each} for each in (told, unseen))
    found = probe_stages(fitted, labels, tested, targets, 3)
    assert list(found) == ["early", "late"]
    assert found["early"] == pytest.approx(1 / 3)
    assert found["late"] == linear_probe_accuracy(told, labels, unseen, targets, 3, PENALTY) > 0.9


def test_class_plane_is_the_principal_plane_of_the_standardised_class_means():
    (told, labels), (unseen, _) = points(0), points(1)
    scaler = StandardScaler().fit(told.numpy())
    scaled = torch.from_numpy(scaler.transform(told.numpy()))
    means = torch.stack([scaled[labels == name].mean(0) for name in range(3)])
    expected = (
        torch.from_numpy(scaler.transform(unseen.numpy())) @ torch.from_numpy(PCA(2).fit(means.numpy()).components_).T
    )
    found = class_plane(told, labels, unseen)
    torch.testing.assert_close(found.abs(), expected.abs())


def test_class_plane_does_not_look_at_the_others_and_bears_a_constant_feature():
    (told, labels), (unseen, _) = points(0), points(1)
    told[:, 2] = unseen[:, 2] = 0.5
    whole = class_plane(told, labels, unseen)
    assert whole.isfinite().all()
    torch.testing.assert_close(class_plane(told, labels, unseen[:1]), whole[:1])


def test_first_filters_shows_the_strongest_first_with_zero_as_grey():
    network = nn.Sequential(nn.Conv2d(3, 4, 2), nn.Flatten())
    with torch.no_grad():
        network[0].weight.zero_()
        network[0].weight[2, 0, 0, 0], network[0].weight[1, 1, 1, 1] = -4.0, 2.0
    found = first_filters(network, 2, side=4)
    assert found.shape == (2, 3, 4, 4)
    assert found[0, 0, 0, 0] == 0 and found[1, 1, 3, 3] == 1
    assert found[0, 1].unique().item() == 0.5


@pytest.mark.parametrize(
    ("layer", "count"), [(nn.Conv2d(1, 4, 3), 2), (nn.Conv2d(3, 4, 3), 5)], ids=["one channel", "too few filters"]
)
def test_first_filters_refuses_what_is_no_picture(layer, count):
    with pytest.raises(ValueError, match=f"network: expected {count} filters of three channels"):
        first_filters(nn.Sequential(layer), count)
