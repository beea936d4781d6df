"""Blood cells: their anatomy, counted by SciPy, and that neither place nor laboratory gives the kind away."""

import pytest
import scipy.ndimage
import scipy.spatial
import torch
from sklearn.linear_model import RidgeClassifier

from lib.datasets import blood_cells, load_task
from lib.datasets.blood_cells import KINDS

NUMBER = {name: number for number, name in enumerate(KINDS)}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def anatomy(name, count=40):
    """Depth in the nuclei of cells of one kind in a wide, steady field, and their look."""
    kinds = torch.full((count,), NUMBER[name])
    draws = generator(NUMBER[name])
    look = blood_cells._look(kinds, draws)
    axis = torch.linspace(-10, 10, 101)
    x, y = axis.expand(count, 101, 101), axis.view(1, -1, 1).expand(count, 101, 101)
    return blood_cells._nucleus(x, y, look, draws), look


@pytest.mark.parametrize("name", ["blood-cells", "blood-cells-elsewhere"])
def test_task_has_eight_kinds_and_250_50_100_images_of_each(name):
    task = load_task(name)
    assert task.classes == tuple(KINDS)
    assert [split.labels.bincount().tolist() for split in (task.train, task.validation, task.test)] == [
        [250] * 8,
        [50] * 8,
        [100] * 8,
    ]


def test_laboratories_elsewhere_are_others():
    here, elsewhere = load_task("blood-cells"), load_task("blood-cells-elsewhere")
    grounds = [task.train.images.flatten(2).float().quantile(0.9, dim=2) for task in (here, elsewhere)]
    shift = (grounds[0].mean(0) - grounds[1].mean(0)).abs() / grounds[0].std(0)
    assert float(shift.max()) > 0.2


@pytest.mark.parametrize("name", [name for name in KINDS if name != "platelets"])
def test_nucleus_is_in_one_piece(name):
    depth, _ = anatomy(name)
    pieces = [scipy.ndimage.label(image > -0.15)[1] for image in depth.numpy()]
    assert sum(number == 1 for number in pieces) >= 0.9 * len(pieces)


def test_platelets_are_several_bodies():
    depth, _ = anatomy("platelets")
    pieces = [scipy.ndimage.label(image > 0)[1] for image in depth.numpy()]
    assert sum(pieces) / len(pieces) > 2.2


@pytest.mark.parametrize(
    ("larger", "smaller"), [("blast", "neutrophil"), ("lymphocyte", "erythroblast"), ("blast", "monocyte")]
)
def test_nucleus_fills_more_of_one_kind_than_of_another(larger, smaller):
    shares = []
    for name in (larger, smaller):
        depth, look = anatomy(name)
        areas = (depth > 0).sum((1, 2)) * 0.2**2
        shares.append(areas / (torch.pi * look.radius.flatten() ** 2))
    assert float(shares[0].mean()) > 1.2 * float(shares[1].mean())


@pytest.mark.parametrize(("indented", "round_"), [("monocyte", "lymphocyte"), ("neutrophil", "blast")])
def test_nucleus_is_more_indented_in_one_kind_than_in_another(indented, round_):
    solidity = []  # its area as a share of its convex hull's
    for name in (indented, round_):
        depth, _ = anatomy(name)
        hulls = [scipy.spatial.ConvexHull((image > 0).nonzero().numpy()).volume for image in depth]
        solidity.append(float(((depth > 0).sum((1, 2)) / torch.tensor(hulls)).mean()))
    assert solidity[0] < solidity[1] - 0.05


def test_red_cells_are_paler_in_the_middle_and_darker_where_they_overlap(monkeypatch):
    field = blood_cells._field(300, generator())
    assert float(blood_cells._red_cells(*field, generator(1)).max()) > 0.7  # of one cell alone it is 0.6 at most
    monkeypatch.setattr(blood_cells, "_RED_CELLS", 1)
    density = blood_cells._red_cells(*field, generator(1))
    assert 0.5 < float(density.max()) <= 0.6
    whole = density[(density.sum((1, 2)) > 20) & (density[:, :1].sum((1, 2)) + density[:, -1:].sum((1, 2)) == 0)]
    whole = whole[(whole[:, :, 0].sum(1) + whole[:, :, -1].sum(1)) == 0]
    assert len(whole) > 20
    for image in whole.numpy():
        row, column = (round(place) for place in scipy.ndimage.center_of_mass(image > 0.01))
        assert image[row, column] < 0.92 * image.max()


def test_kind_cannot_be_read_off_single_pixels():
    """A linear classifier on raw pixels, 60 images a class; chance is 12.5 %. All 250 a class give 40 %."""
    task = load_task("blood-cells", limit=60)
    pixels, tested = (split.images.flatten(1).float().numpy() / 255 for split in (task.train, task.test))
    classifier = RidgeClassifier(300).fit(pixels - pixels.mean(0), task.train.labels)
    assert classifier.score(tested - pixels.mean(0), task.test.labels) < 0.42
