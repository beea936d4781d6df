"""The traps of augmentation: workers that repeat one another's numbers, one draw for a batch, an input written to."""

import random

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from lib.augmentation import PerImage, evaluation_transform, train_transform
from lib.batch_augmentation import BatchAugmentation
from lib.loading import seeded_loader

# from Python 3.12 on, a process with threads that forks is warned; the workers here only draw numbers
forks = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


class Noisy(Dataset):
    """Item i: numbers from NumPy's, torch's and Python's global states; or from a generator that it holds."""

    def __init__(self, held=None):
        if held is not None:
            self.held = held

    def __len__(self):
        return 8

    def __getitem__(self, index):
        if hasattr(self, "held"):
            return self.held.random()
        drawn = [np.random.rand(), torch.rand(()).item(), random.random()]  # noqa: NPY002
        return torch.tensor(drawn, dtype=torch.float64)


def numbers(workers, seed=0, epochs=2):
    loader = seeded_loader(Noisy(), 2, generator=torch.Generator().manual_seed(seed), workers=workers)
    return torch.cat([batch for _ in range(epochs) for batch in loader])


@forks
def test_trap_23_workers_draw_different_numbers_and_the_seed_repeats_them():
    found = numbers(workers=2)
    assert all(len(column.unique()) == 16 for column in found.T)  # no number twice: not by a worker, not by an epoch
    assert torch.equal(found, numbers(workers=0))  # and no matter who draws them
    assert not torch.equal(found, numbers(workers=0, seed=1))


@forks
def test_trap_23_a_generator_in_the_data_set_is_copied_into_every_worker_and_refused():
    noisy = Noisy(np.random.default_rng(0))
    plain = torch.cat(list(DataLoader(noisy, 2, num_workers=2, generator=torch.Generator())))
    assert len(plain.unique()) == 4  # eight items, four numbers: the trap is there
    with pytest.raises(ValueError, match=r"dataset: expected no random generator in it.* got one in dataset\.held"):
        seeded_loader(noisy, 2, generator=torch.Generator(), workers=2)


@pytest.mark.parametrize("kind", ["per image", "batch"])
def test_trap_every_image_of_a_batch_gets_a_draw_of_its_own(kind):
    normalise, full = evaluation_transform(12, (0.5,) * 3, (0.5,) * 3), train_transform(12, (0.5,) * 3, (0.5,) * 3)
    augment = PerImage(full) if kind == "per image" else BatchAugmentation(normalise)
    images = torch.rand(1, 3, 12, 12, generator=torch.Generator().manual_seed(0)).expand(6, -1, -1, -1)
    views = augment(images, torch.Generator().manual_seed(1))
    assert len({tuple(view.flatten().tolist()) for view in views}) == 6


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_trap_augmentation_does_not_write_into_the_callers_batch(dtype):
    images = torch.rand(4, 3, 12, 12, generator=torch.Generator().manual_seed(0))
    images = (images * 255).to(dtype) if dtype == torch.uint8 else images
    before, normalise = images.clone(), evaluation_transform(12, (0.5,) * 3, (0.5,) * 3)
    erasing = BatchAugmentation(normalise, flip=1.0, erase=1.0)
    for augment in (PerImage(train_transform(12, (0.5,) * 3, (0.5,) * 3)), erasing):
        augment(images, torch.Generator()).zero_()
        assert torch.equal(images, before)
    normalise(images).zero_()
    assert torch.equal(images, before)
