"""Folders of pictures: their splits, how they are cut and scaled (against torchvision v2), and what is refused."""

import re

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import v2

from lib.datasets import load_task

SPLITS = ("train", "validation", "test")


def fill(folder, names, count, first=0, size=(20, 16)):
    """A subfolder for each name with `count` flat pictures, each of a grey that no other has."""
    for number, name in enumerate(names):
        (folder / name).mkdir(parents=True)
        for i in range(count):
            grey = first + number * count + i
            Image.new("L", size, grey).save(folder / name / f"{i}.png")
    return folder


def greys(split):
    return sorted(split.images[:, 0, 0, 0].tolist())


def test_folder_is_divided_by_the_seed_into_three_splits_of_its_classes(tmp_path):
    fill(tmp_path / "leaves", ["oak", "ash"], 10)
    task, again, other = (load_task(tmp_path / "leaves", seed=seed) for seed in (3, 3, 4))
    assert task.name == "leaves"
    assert task.classes == ("ash", "oak")
    assert [getattr(task, split).labels.bincount().tolist() for split in SPLITS] == [[7, 7], [1, 1], [2, 2]]
    assert sorted(greys(task.train) + greys(task.validation) + greys(task.test)) == list(range(20))
    assert torch.equal(task.train.images, again.train.images)
    assert greys(task.test) != greys(other.test)
    assert task.test.images.shape == (4, 3, 128, 128)
    assert torch.equal(task.test.images[:, 0, 0, 0] < 10, task.test.labels == 1)  # oak was filled first


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (["train"], [14, 2, 4]),
        (["train", "val"], [18, 2, 6]),
        (["train", "test"], [18, 2, 6]),
        (["train", "val", "test"], [20, 6, 6]),
        (["train", "valid", "test"], [20, 6, 6]),
        (["train", "validation", "test"], [20, 6, 6]),
    ],
)
def test_folder_keeps_the_splits_that_it_has(tmp_path, there, expected):
    for number, name in enumerate(there):
        fill(tmp_path / name, ["a", "b"], 3 if number else 10, first=60 * number)
    task = load_task(tmp_path, size=8)
    assert [len(getattr(task, split)) for split in SPLITS] == expected
    seen = [greys(getattr(task, split)) for split in SPLITS]
    assert all(value < 60 for value in seen[0])
    if len(there) == 3:
        assert all(60 <= value < 120 for value in seen[1])
    if len(there) > 1:
        assert all(value >= 60 * (len(there) - 1) for value in seen[2])


@pytest.mark.parametrize("shape", [(96, 64), (64, 96), (64, 64), (160, 32)])
@pytest.mark.parametrize("size", [32, 48])
def test_pictures_are_cut_to_the_middle_and_scaled_as_torchvision_does(tmp_path, shape, size):
    fill(tmp_path, ["a"], 2)
    coarse = np.random.default_rng(0).integers(0, 256, (shape[0] // 8, shape[1] // 8, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize(shape[::-1], Image.Resampling.BICUBIC)
    picture.save(tmp_path / "a" / "picture.png")
    task = load_task(tmp_path, size=size)
    every = torch.cat([getattr(task, split).images for split in SPLITS])
    [ours] = every[every.flatten(1).float().std(1) > 5]
    theirs = v2.Compose([v2.Resize(size), v2.CenterCrop(size), v2.PILToTensor()])(picture)
    difference = (ours.int() - theirs.int())[:, 2:-2, 2:-2].abs()  # they scale first, so their edge sees beyond the cut
    assert int(difference.max()) <= 1


def test_pictures_of_every_mode_come_out_in_three_channels(tmp_path):
    (tmp_path / "a").mkdir()
    for number, (mode, colour) in enumerate({"L": 200, "RGBA": (200, 200, 200, 255), "RGB": (200, 200, 200)}.items()):
        Image.new(mode, (9, 9), colour).save(tmp_path / "a" / f"{number}.png")
    task = load_task(tmp_path, size=9)
    assert all(torch.equal(getattr(task, split).images.unique(), torch.tensor([200]).byte()) for split in SPLITS)


def test_folder_may_be_named_by_a_string_with_a_slash(tmp_path, monkeypatch):
    fill(tmp_path / "leaves", ["oak"], 3)
    monkeypatch.chdir(tmp_path)
    assert load_task("./leaves", size=4).name == "leaves"


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (lambda folder: None, FileNotFoundError, "expected a folder with a subfolder of pictures for each class"),
        (lambda folder: (folder / "a").mkdir(), FileNotFoundError, "expected a folder with a subfolder of pictures"),
        (
            lambda folder: fill(folder, ["a"], 2),
            ValueError,
            "expected more than 2 images of each class to divide, got 2",
        ),
        (
            lambda folder: (fill(folder / "train", ["a", "b"], 4), fill(folder / "test", ["a", "c"], 4)),
            ValueError,
            r"test: expected the classes of .*train, got \['a', 'c'\]",
        ),
    ],
)
def test_folder_that_is_no_task_is_refused_in_its_own_words(tmp_path, make, error, said):
    make(tmp_path)
    with pytest.raises(error, match=said):
        load_task(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no picture", None])
def test_picture_that_cannot_be_read_is_named(tmp_path, content):
    fill(tmp_path, ["a"], 3, size=(60, 60))
    path = tmp_path / "a" / "1.png"
    path.write_bytes(path.read_bytes()[:60] if content is None else content)
    with pytest.raises(OSError, match=f"{tmp_path.name}: {re.escape(str(path))} cannot be read"):
        load_task(tmp_path)
