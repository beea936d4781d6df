"""MNIST-M: its arithmetic against NumPy's, its patches against where they were cut out."""

import struct

import numpy as np
import pytest
import torch
from PIL import Image

from lib.datasets import load_task
from lib.datasets.mnist_m import blend, random_patches

SPLITS = ("train", "validation", "test")


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def root(tmp_path):
    """MNIST in miniature, unpacked: 12 training and 4 test images of each of three digits."""
    draw = np.random.default_rng(0)
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for part, per_class in (("train", 12), ("t10k", 4)):
        labels = np.repeat(np.arange(3, dtype=np.uint8), per_class)
        images = draw.integers(0, 256, (len(labels), 28, 28), dtype=np.uint8)
        images[:, 0, 0] = 0
        head = struct.pack(">HBBI", 0, 8, 3, len(labels)) + struct.pack(">II", 28, 28)
        (raw / f"{part}-images-idx3-ubyte").write_bytes(head + images.tobytes())
        head = struct.pack(">HBBI", 0, 8, 1, len(labels))
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(head + labels.tobytes())
    return tmp_path


@pytest.fixture
def photographs(tmp_path):
    """Ten photographs in two folders, each of one colour of its own: (20 k, 255 − 20 k, 7)."""
    for number in range(10):
        folder = tmp_path / "photographs" / ("train" if number % 2 else "test")
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 30 + number), (20 * number, 255 - 20 * number, 7)).save(folder / f"{number}.png")
    (tmp_path / "photographs" / "notes.txt").write_text("no picture")
    return tmp_path / "photographs"


# ---- the arithmetic -----------------------------------------------------------------------------------------------


def test_blend_is_the_absolute_difference_for_every_pair_of_bytes():
    values = torch.arange(256).byte()
    digits, patches = values.view(1, 1, 256, 1), values.view(1, 1, 1, 256).expand(1, 3, 1, 256)
    expected = np.abs(patches.numpy().astype(int) - digits.numpy().astype(int))
    blended = blend(digits, patches)
    assert blended.dtype == torch.uint8
    assert np.array_equal(blended.numpy(), expected)


@pytest.mark.parametrize("wrong", ["digits", "patches"])
def test_blend_refuses_what_is_not_uint8(wrong):
    images = {"digits": torch.zeros(1, 1, 2, 2).byte(), "patches": torch.zeros(1, 3, 2, 2).byte()}
    with pytest.raises(TypeError, match=f"{wrong}: expected uint8, got torch.float32"):
        blend(**(images | {wrong: images[wrong].float()}))


def test_random_patches_are_cut_out_in_one_piece_at_every_place():
    numbers = torch.arange(7 * 9).view(7, 9)
    photograph = torch.stack([numbers, numbers + 70, numbers + 140], dim=2).byte()
    patches = random_patches(600, [photograph], 4, generator())
    assert patches.shape == (600, 3, 4, 4)
    corners = patches[:, 0, 0, 0].long()
    for patch, corner in zip(patches[:50], corners[:50].tolist(), strict=True):
        top, left = divmod(corner, 9)
        assert torch.equal(patch.permute(1, 2, 0), photograph[top : top + 4, left : left + 4])
    assert sorted(corners.unique().tolist()) == [9 * top + left for top in range(4) for left in range(6)]


def test_random_patches_come_from_photographs_of_any_size_and_are_decided_by_the_generator():
    photographs = [torch.full((size, 2 * size, 3), size).byte() for size in (5, 8, 30)]
    first, again, other = (random_patches(300, photographs, 5, generator(seed)) for seed in (1, 1, 2))
    assert first.unique(return_counts=True)[0].tolist() == [5, 8, 30]
    assert int(first[:, 0, 0, 0].bincount()[[5, 8, 30]].min()) > 70
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize(
    ("count", "sizes", "said"),
    [
        (0, [9], "count: expected at least 1 patch, got 0"),
        (1, [], "photographs: expected 5 × 5 pixels or more, got 0 on one side"),
        (1, [9, 4], "photographs: expected 5 × 5 pixels or more, got 4 on one side"),
    ],
)
def test_random_patches_refuses_what_cannot_be_cut_out(count, sizes, said):
    with pytest.raises(ValueError, match=said):
        random_patches(count, [torch.zeros(size, 9, 3).byte() for size in sizes], 5, generator())


# ---- the task -----------------------------------------------------------------------------------------------------


def test_mnist_m_is_mnist_blended_with_photographs_of_its_split_alone(root, photographs):
    task, mnist = (
        load_task(name, root=root, **more) for name, more in (("mnist-m", {"photographs": photographs}), ("mnist", {}))
    )
    assert task.name == "mnist-m"
    assert task.classes == mnist.classes
    colours = []
    for split in SPLITS:
        blended, digits = getattr(task, split), getattr(mnist, split)
        assert torch.equal(blended.labels, digits.labels)
        patches = blended.images[:, :, :1, :1]  # there the digits are 0
        expected = np.abs(patches.numpy().astype(int) - digits.images.numpy().astype(int))
        assert np.array_equal(blended.images.numpy(), expected)
        colours.append(set(patches[:, 0, 0, 0].tolist()))
    assert [len(of_split) for of_split in colours] == [7, 1, 2]
    assert len(set.union(*colours)) == 10
    assert set.union(*colours) == {20 * number for number in range(10)}


def test_mnist_m_takes_the_bundled_photographs_and_the_seed_decides(root):
    first, again, other = (load_task("mnist-m", root=root, seed=seed) for seed in (5, 5, 6))
    assert torch.equal(first.train.images, again.train.images)
    assert not torch.equal(first.test.images, other.test.images)
    assert torch.equal(first.test.labels, other.test.labels)
    corners = torch.cat([getattr(first, split).images[:, :, 0, 0] for split in SPLITS]).float()
    assert float(corners.std(0).min()) > 15  # many places of a photograph


def test_mnist_m_is_scaled_after_blending(root, photographs):
    small, large = (load_task("mnist-m", root=root, photographs=str(photographs), size=size) for size in (None, 56))
    assert large.test.images.shape == (12, 3, 56, 56)
    halved = torch.nn.functional.avg_pool2d(large.test.images.float(), 2)
    inner = (halved - small.test.images.float())[:, :, 2:-2, 2:-2]
    assert abs(float(inner.mean())) < 0.5


def test_mnist_m_limit_is_that_of_the_digits(root):
    task = load_task("mnist-m", root=root, limit=2)
    assert [getattr(task, split).labels.bincount().tolist() for split in SPLITS] == [[2] * 3, [1] * 3, [2] * 3]


def test_mnist_m_without_files_speaks_of_mnist_m(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r'mnist-m is not on this machine: .*load_task\("mnist-m", download=True\)'
    ):
        load_task("mnist-m", root=tmp_path)


def test_mnist_m_refuses_photographs_that_are_too_few_or_too_small(root, photographs):
    Image.new("RGB", (27, 90)).save(photographs / "narrow.png")
    with pytest.raises(ValueError, match=r"photographs: expected 28 × 28 pixels or more, got 90 × 27 in .*narrow.png"):
        load_task("mnist-m", root=root, photographs=photographs)
    with pytest.raises(
        ValueError, match=r"photographs: expected a folder with three pictures or more, got 0 in .*nowhere"
    ):
        load_task("mnist-m", root=root, photographs=photographs / "nowhere")
