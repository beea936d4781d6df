"""Batches of two domains: images stay in their domain, labels with their images."""

import pytest
import torch

from lib import practice_domains, settings
from lib.comparison import prepared
from lib.datasets import load_task
from lib.practice_domains import domain_batches


def few():
    return load_task("digits-on-photographs").train.few(2, 0)


def made(source, target, steps, size):
    return domain_batches(prepared(source), source.labels, prepared(target), steps, size, seed=0)


def test_domain_batches_hold_shifted_images_of_each_domain_and_labels_of_the_source():
    source = load_task("clean-digits").train.few(3, 0)
    batches = made(source, few(), 4, 5)
    again = made(source, few(), 4, 5)
    assert [(len(a), len(b), len(c)) for a, b, c in batches] == [(5, 5, 5)] * 4
    assert all(
        torch.equal(x, y) for one, two in zip(batches, again, strict=True) for x, y in zip(one, two, strict=True)
    )
    assert all(one.device.type == settings.device().type for one in batches[0])


def test_domain_batches_keep_labels_with_their_images_and_images_in_their_domain(monkeypatch):
    monkeypatch.setattr(practice_domains, "shifted", lambda images, _: images)
    source, target = load_task("clean-digits").train.few(3, 0), few()

    def rows(images, split):
        known = prepared(split)
        found = [[row for row, one in enumerate(known) if torch.equal(one, image)] for image in images]
        assert all(len(row) == 1 for row in found)
        return [row[0] for row in found]

    batches = made(source, target, 3, 5)
    for images, labels, others in batches:
        drawn, theirs = rows(images, source), rows(others, target)
        assert labels.tolist() == source.labels[drawn].tolist()
        assert len(set(drawn)) == len(set(theirs)) == 5
    assert len({tuple(rows(others, target)) for _, _, others in batches}) == 3


@pytest.mark.parametrize("size", [0, 21])
def test_domain_batches_refuse_more_images_than_a_domain_has(size):
    source = load_task("clean-digits").train.few(3, 0)
    with pytest.raises(ValueError, match=f"size: expected 1 to 20, the images of the smaller domain, got {size}"):
        made(source, few(), 1, size)
