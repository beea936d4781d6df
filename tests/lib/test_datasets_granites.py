"""Granites: colours against Python's own colorsys, and that the grains' colour, and nothing else, tells them apart."""

import colorsys

import pytest
import torch
from sklearn.linear_model import RidgeClassifier

from lib.datasets import load_task
from lib.datasets.granites import COLOURS, draw_granites, hue_direction


def skewness(images: torch.Tensor) -> torch.Tensor:
    """Of the colours of an image along each of the six hues: few points that stand far out; shape (N, 6)."""
    along = torch.einsum("ncp,kc->nkp", images.flatten(2), hue_direction(torch.arange(6)))
    along = along - along.median(dim=2, keepdim=True).values
    return along.pow(3).mean(2)


def test_task_has_six_stones_and_200_50_100_images_of_each():
    task = load_task("granites")
    assert task.classes == COLOURS
    counts = [split.labels.bincount().tolist() for split in (task.train, task.validation, task.test)]
    assert counts == [[200] * 6, [50] * 6, [100] * 6]


def test_hue_direction_is_the_hue_of_its_name_and_adds_no_light():
    directions = hue_direction(torch.arange(6))
    for number, direction in enumerate(directions.tolist()):
        hue, _, value = colorsys.rgb_to_hsv(*(0.5 + 0.3 * part for part in direction))
        assert (hue - number / 6 + 0.5) % 1 == pytest.approx(0.5, abs=1e-5)  # hue goes round
        assert value > 0.6
    assert torch.allclose(directions.sum(1), torch.zeros(6), atol=1e-6)
    assert torch.allclose(directions.square().sum(1), torch.full((6,), 1.5))


def test_colour_of_the_grains_tells_the_class_and_in_grey_nothing_does():
    labels = torch.arange(6).repeat(40)
    images = draw_granites(labels, generator=torch.Generator().manual_seed(0))
    assert float((skewness(images).argmax(1) == labels).float().mean()) > 0.9
    grey = images.mean(1).flatten(1)
    summary = torch.stack([grey.mean(1), grey.std(1), *grey.quantile(torch.linspace(0, 1, 9), dim=1)], 1).numpy()
    score = RidgeClassifier().fit(summary[:120], labels[:120]).score(summary[120:], labels[120:])
    assert score < 0.32  # chance is 1/6; four standard deviations above it


def test_colour_is_no_matter_of_single_pixels():
    task = load_task("granites", limit=50)
    pixels, tested = (split.images.flatten(1).float().numpy() / 255 for split in (task.train, task.test))
    score = (
        RidgeClassifier(100)
        .fit(pixels - pixels.mean(0), task.train.labels)
        .score(tested - pixels.mean(0), task.test.labels)
    )
    assert score < 0.5
