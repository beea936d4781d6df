"""The batches of a run: every image once, whole and normalised once, whatever is done to it on the way."""

import pytest
import torch
from torch import nn
from torchvision.transforms import v2

from lib import distributed
from lib.augmentation import PerImage, train_transform
from lib.augmentation_trials import only
from lib.backbones import Normalisation
from lib.batch_augmentation import BatchAugmentation
from lib.datasets.task import Split
from lib.feed import Feed, chunk
from lib.freezing import freeze
from lib.plan import Plan

PREPARE = Normalisation((0.4, 0.5, 0.6), (0.2, 0.25, 0.3))


def data(count=7):
    images = torch.randint(256, (count, 3, 8, 8), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    return Split(images, torch.arange(count))


def feed(**options):
    model = nn.Sequential(nn.Conv2d(3, 2, 8), nn.Flatten(), nn.Linear(2, 7))
    return Feed(model, data(), data(), Plan(**options), PREPARE, 0)


def epoch(**options):
    """The images of an epoch, in the order of their labels, and the batches' weights."""
    images, labels, weights = zip(*feed(batch_size=3, **options).batches(0), strict=True)
    return torch.cat(images)[torch.cat(labels).argsort()], weights


@pytest.mark.parametrize(
    "augment",
    [None, only(), PerImage(v2.Identity())],
    ids=["plain", "all-at-once", "one-by-one"],
)
def test_batches_hold_every_image_once_and_normalised_once(augment):
    images, weights = epoch(augment=augment)
    torch.testing.assert_close(images, PREPARE(data().images), atol=1e-5, rtol=0)
    assert weights == (1, 1, 1)


def test_batches_give_a_process_without_a_share_an_image_that_does_not_count(monkeypatch):
    monkeypatch.setattr(distributed, "rank", lambda: 1)
    monkeypatch.setattr(distributed, "world", lambda: 2)
    batches = [(len(images), len(labels), weight) for images, labels, weight in feed(batch_size=3).batches(0)]
    assert batches == [(1, 1, 2 / 3), (1, 1, 2 / 3), (1, 1, 0)]


@pytest.mark.parametrize(
    "augment",
    [BatchAugmentation(PREPARE), PerImage(train_transform(8, PREPARE.mean, PREPARE.std))],
    ids=["all-at-once", "one-by-one"],
)
def test_batches_refuse_an_augmentation_that_normalises_already(augment):
    with pytest.raises(ValueError, match=r"augment: expected images in \[0, 1\], which `prepare` .*, got -[12]"):
        epoch(augment=augment)


def test_validation_batches_are_never_augmented():
    black = feed(augment=lambda images, generator: images * 0)
    [(images, labels)] = black.validation_batches()
    torch.testing.assert_close(images, PREPARE(data().images))
    assert torch.equal(labels, data().labels)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        pytest.param((3, 48, 48), 256, id="as-many-as-ever"),
        pytest.param((3, 224, 224), 11, id="larger-pictures-fewer"),
        pytest.param((960,), 256, id="features"),
        pytest.param((3, 1024, 1024), 1, id="at-least-one"),
    ],
)
def test_chunk_holds_as_many_values_as_256_small_pictures_on_a_cpu(shape, expected):
    assert chunk(torch.empty(2, *shape)) == expected


def test_feed_works_in_chunks_and_loses_no_image(monkeypatch):
    monkeypatch.setattr("lib.feed._VALUES", 2 * 3 * 8 * 8)
    sizes = [len(images) for images, _ in feed().validation_batches()]
    assert sizes == [2, 2, 2, 1]
    model = nn.Sequential(freeze(nn.Conv2d(3, 2, 8)), nn.Flatten(), nn.Linear(2, 7))
    [(features, labels)] = Feed(model, data(), data(), Plan(), PREPARE, 0).validation_batches()
    torch.testing.assert_close(features.flatten(1), model[0](PREPARE(data().images)).flatten(1))
    assert labels.tolist() == list(range(7))
