"""The target task: real digits on photographs, in splits that share nothing."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from lib.datasets import TASKS, digits, load_task
from lib.datasets.digits import clean_digits, digits_on_photographs

SPLITS = ("train", "validation", "test")


@pytest.mark.parametrize("make", [digits_on_photographs, clean_digits])
def test_task_has_every_digit_once_in_three_splits_of_known_sizes(make):
    task = make()
    labels = torch.cat([getattr(task, split).labels for split in SPLITS])
    assert labels.bincount().tolist() == torch.from_numpy(load_digits().target).bincount().tolist()
    assert task.test.labels.bincount().tolist() == [60] * 10
    assert task.validation.labels.bincount().tolist() == [20] * 10
    for split in SPLITS:
        images = getattr(task, split).images
        assert images.dtype == torch.uint8
        assert images.shape[1:] == (3, 48, 48)


@pytest.mark.parametrize("seed", [0, 1])
def test_indices_no_digit_is_in_two_splits(seed):
    rows = torch.cat(list(digits._indices(torch.from_numpy(load_digits().target), seed).values()))
    assert sorted(rows.tolist()) == list(range(1797))


@pytest.mark.parametrize("seed", [0, 1])
def test_tiles_no_pixel_of_a_photograph_is_in_two_splits(seed, monkeypatch):
    pixels = np.arange(2 * 427 * 640, dtype=np.int32).reshape(2, 427, 640, 1)  # each pixel is its own number
    monkeypatch.setattr(digits, "load_sample_images", lambda: SimpleNamespace(images=list(pixels)))
    tiles = digits.photograph_tiles(seed)
    assert {split: len(part) for split, part in tiles.items()} == {"test": 30, "validation": 20, "train": 90}
    together = torch.cat([part.flatten() for part in tiles.values()])
    assert torch.equal(together.sort().values, torch.from_numpy(pixels.flatten()))


def test_tiles_are_as_busy_in_one_split_as_in_another():
    busy = [float(part.float().std((1, 2, 3)).mean()) for part in digits.photograph_tiles(0).values()]
    assert max(busy) / min(busy) < 1.1


def test_patches_are_cut_out_of_one_tile_each():
    tiles = torch.arange(4, dtype=torch.uint8).view(4, 1, 1, 1).expand(4, 61, 64, 3)
    patches = digits._patches(60, tiles, torch.Generator().manual_seed(0)) * 255
    assert patches.shape == (60, 3, 48, 48)
    assert torch.equal(patches.amax((1, 2, 3)), patches.amin((1, 2, 3)))
    assert sorted(patches[:, 0, 0, 0].unique().round().int().tolist()) == [0, 1, 2, 3]


def test_same_seed_same_images_other_seed_others():
    first, other = digits_on_photographs(0), digits_on_photographs(1)
    digits_on_photographs.cache_clear()
    again = digits_on_photographs(0)
    assert torch.equal(first.test.images, again.test.images)
    assert not torch.equal(first.test.images, other.test.images)


def test_blending_is_the_absolute_difference_of_patch_and_digit():
    task = digits_on_photographs()
    generator = torch.Generator().manual_seed(0)
    pixels, labels = digits._digits()
    rows = digits._indices(labels, 0)["test"]
    posed = digits.pose(pixels[rows], generator)
    patches = digits._patches(len(rows), digits.photograph_tiles(0)["test"], generator)
    expected = ((patches - posed).abs() * 255).round().byte()
    assert torch.equal(task.test.images, expected)
    inside = posed.expand_as(patches) > 0.99
    assert torch.allclose(task.test.images[inside] / 255, 1 - patches[inside], atol=0.015)


def test_clean_digits_stand_at_the_same_poses_in_white_on_black():
    clean, photographs = clean_digits(), digits_on_photographs()
    assert torch.equal(clean.train.labels, photographs.train.labels)
    assert torch.equal(clean.train.images[:, 0], clean.train.images[:, 2])
    corners = clean.train.images[:, 0, ::47, ::47].float()
    assert float(corners.mean()) < 2


def test_no_digit_is_cut_off_hardly_any_of_its_ink_touches_the_edge():
    ink = clean_digits().train.images[:, 0].double()
    inside = ink[:, 1:-1, 1:-1].sum((1, 2))
    assert float((inside / ink.sum((1, 2))).min()) > 0.97


def test_load_task_knows_its_tasks_by_name():
    for name in TASKS:
        assert load_task(name).name == name
    assert load_task("clean-digits", seed=1) is clean_digits(1)
    with pytest.raises(ValueError, match="no task is called 'clean-digit'; the closest: clean-digits"):
        load_task("clean-digit")


# ---- a few of them ------------------------------------------------------------------------------------------------


def test_few_has_as_many_of_each_class_and_more_holds_fewer():
    split = digits_on_photographs().train
    small, large = split.few(3, seed=5), split.few(10, seed=5)
    assert small.labels.bincount().tolist() == [3] * 10
    assert large.labels.bincount().tolist() == [10] * 10
    of_large = {image.numpy().tobytes() for image in large.images}
    assert all(image.numpy().tobytes() in of_large for image in small.images)
    assert small.labels.tolist() != sorted(small.labels.tolist())


def test_few_draws_others_with_another_seed():
    split = digits_on_photographs().train
    assert not torch.equal(split.few(3, seed=0).images, split.few(3, seed=1).images)


@pytest.mark.parametrize("count", [0, 95, -1])
def test_few_refuses_more_than_there_are(count):
    with pytest.raises(ValueError, match=f"per_class: expected 1 to 94 images a class, got {count}"):
        digits_on_photographs().train.few(count, seed=0)
