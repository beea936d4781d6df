"""Drawn digits: white on black at the poses of the handwritten ones, and the same ten classes as theirs."""

import torch
from sklearn.neighbors import KNeighborsClassifier

from lib.datasets import load_task
from lib.datasets.drawn_digits import draw_digits


def pooled(split):
    """Each image's ink, cut out and brought to 12 × 12 cells."""
    cells = []
    for image in split.images[:, 0].float() / 255:
        rows, columns = ((image > 0.25).any(axis).nonzero().flatten() for axis in (1, 0))
        ink = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        cells.append(torch.nn.functional.adaptive_avg_pool2d(ink[None], 12).flatten())
    return torch.stack(cells).numpy()


def test_task_has_ten_digits_and_300_50_100_images_of_each():
    task = load_task("drawn-digits")
    counts = [split.labels.bincount().tolist() for split in (task.train, task.validation, task.test)]
    assert counts == [[300] * 10, [50] * 10, [100] * 10]
    assert task.classes == load_task("clean-digits").classes


def test_ground_and_poses_are_those_of_the_handwritten_digits():
    drawn, written = (load_task(name).train.images for name in ("drawn-digits", "clean-digits"))
    assert torch.equal(drawn[:, 0], drawn[:, 2])
    assert float(drawn[:, :, ::47, ::47].float().mean()) < 2
    heights = [(images[:, 0] > 64).any(2).sum(1).float() for images in (drawn, written)]
    assert abs(float(heights[0].mean() - heights[1].mean())) < 5
    assert abs(float(drawn.float().mean() / written.float().mean()) - 1) < 0.25  # about as much ink


def test_labels_mean_the_same_digits_in_both_domains_and_there_is_a_gap_between_them():
    drawn, written = load_task("drawn-digits", limit=100), load_task("clean-digits", limit=40)
    classifier = KNeighborsClassifier(3).fit(pooled(drawn.train), drawn.train.labels)
    at_home = classifier.score(pooled(drawn.validation), drawn.validation.labels)
    abroad = classifier.score(pooled(written.test), written.test.labels)
    assert at_home > 0.9
    assert 0.4 < abroad < at_home - 0.1


def test_draw_digits_draws_each_digit_in_many_ways():
    ones = draw_digits(torch.ones(60).long(), generator=torch.Generator().manual_seed(0))
    assert len({image.numpy().tobytes() for image in ones}) == 60
    ink = ones.sum((1, 2, 3))
    assert float(ink.max() / ink.min()) > 3
