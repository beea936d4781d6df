"""Loading by a generator: against the data set itself, in this process and in others."""

import random

import numpy as np
import pytest
import torch
from torch.utils.data import Dataset, IterableDataset, Subset, TensorDataset

from lib.loading import draw_seeds, global_seed, seeded_loader
from tests.lib.global_states import global_states


class Noisy(Dataset):
    """Item i is i and one number from each of the three global states."""

    def __init__(self, count=10):
        self.count = count

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        return index, torch.rand(()).item(), np.random.rand(), random.random()  # noqa: NPY002  as careless data sets draw


class Holding(Noisy):
    """A data set, or a transform, with something among its attributes."""

    def __init__(self, held):
        super().__init__()
        self.held = held


class Endless(IterableDataset):
    def __iter__(self):
        return iter(range(9))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def _fail_after_drawing():
    Noisy()[0]
    raise RuntimeError("midway")


def epoch(loader):
    """All items of an epoch, as rows."""
    return torch.cat([torch.stack([part.double() for part in batch], 1) for batch in loader])


# ---- seeds --------------------------------------------------------------------------------------------------------


def test_global_seed_is_what_each_library_gives_for_that_seed():
    seed = 2**40 + 2**31 + 7  # NumPy takes 32 bits
    with global_seed(seed):
        found = torch.rand(2), np.random.rand(2), random.random()  # noqa: NPY002  what was seeded
    assert torch.equal(found[0], torch.rand(2, generator=generator(seed)))
    assert np.array_equal(found[1], np.random.RandomState(2**31 + 7).rand(2))
    assert found[2] == random.Random(seed).random()


def test_global_seed_puts_everything_back_also_after_an_error():
    before = global_states()
    with pytest.raises(RuntimeError, match="midway"), global_seed(1):
        _fail_after_drawing()
    assert global_states() == before


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_global_seed_reaches_cuda_and_puts_it_back():
    torch.ones(1).cuda()
    before = torch.cuda.get_rng_state()
    with global_seed(4):
        first = torch.rand(3, device="cuda")
    assert torch.equal(torch.cuda.get_rng_state(), before)
    assert torch.equal(first, torch.rand(3, device="cuda", generator=torch.Generator("cuda").manual_seed(4)))


def test_draw_seeds_are_distinct_large_and_decided_by_the_generator():
    seeds = draw_seeds(1000, generator(1))
    assert len(set(seeds)) == 1000 and min(seeds) >= 0 and 2**62 < max(seeds) < 2**63
    assert seeds == draw_seeds(1000, generator(1)) != draw_seeds(1000, generator(2))
    with pytest.raises(TypeError, match=r"generator: expected a torch\.Generator, got NoneType"):
        draw_seeds(1, None)


# ---- the loader ---------------------------------------------------------------------------------------------------


def test_seeded_loader_gives_every_item_once_in_a_new_order_each_epoch():
    loader = seeded_loader(Noisy(), 4, generator=generator())
    first, second = epoch(loader), epoch(loader)
    assert [len(batch[0]) for batch in loader] == [4, 4, 2] and len(loader) == 3
    for rows in (first, second):
        assert sorted(rows[:, 0].tolist()) == list(range(10))
        assert all(len(rows[:, column].unique()) == 10 for column in (1, 2, 3))
    assert not torch.equal(first[:, 0], second[:, 0])
    assert not set(first[:, 1].tolist()) & set(second[:, 1].tolist())


def test_seeded_loader_item_is_the_data_sets_under_its_own_seed():
    rows = epoch(seeded_loader(Noisy(), 3, generator=generator(5), shuffle=False))
    for index, seed in enumerate(draw_seeds(10, generator(5))):
        with global_seed(seed):
            assert tuple(rows[index].tolist()) == pytest.approx(Noisy()[index], rel=1e-12)


def test_seeded_loader_begins_again_from_the_generators_state():
    source = generator(3)
    loader = seeded_loader(Noisy(), 4, generator=source)
    epoch(loader)
    state = source.get_state()
    second = epoch(loader)
    resumed = torch.Generator()
    resumed.set_state(state)
    assert torch.equal(epoch(seeded_loader(Noisy(), 4, generator=resumed)), second)


def test_seeded_loader_leaves_the_global_states_as_they_are():
    before = global_states()
    epoch(seeded_loader(Noisy(), 4, generator=generator()))
    assert global_states() == before


def test_seeded_loader_loads_tensors_and_parts_of_data_sets():
    images, labels = torch.rand(7, 3, 4, 4, generator=generator()), torch.arange(7)
    loader = seeded_loader(Subset(TensorDataset(images, labels), [1, 3, 5]), 2, generator=generator(), shuffle=False)
    assert torch.equal(torch.cat([batch for batch, _ in loader]), images[[1, 3, 5]])


@pytest.mark.parametrize(
    ("dataset", "changes", "error", "words"),
    [
        (Endless(), {}, TypeError, "dataset: expected one with a length and items by index, got Endless"),
        (iter([]), {}, TypeError, "dataset: .*got list_iterator"),
        ([], {}, ValueError, "dataset: expected at least one item, got an empty list"),
        (Noisy(), {"generator": 3}, TypeError, r"generator: expected a torch\.Generator, got int"),
        (Noisy(), {"batch_size": 0}, ValueError, "batch_size: expected an integer of at least 1, got 0"),
        (Noisy(), {"batch_size": 2.0}, ValueError, "batch_size: .*got 2.0"),
        (Noisy(), {"workers": -1}, ValueError, "workers: expected an integer of at least 0, got -1"),
        (Noisy(), {"workers": True}, ValueError, "workers: .*got True"),
    ],
)
def test_seeded_loader_refuses(dataset, changes, error, words):
    with pytest.raises(error, match=words):
        seeded_loader(dataset, **({"batch_size": 2, "generator": generator()} | changes))


@pytest.mark.parametrize("make", [generator, np.random.default_rng, np.random.RandomState, random.Random])
def test_seeded_loader_refuses_a_data_set_with_a_generator_of_its_own(make):
    held = make(0)
    with pytest.raises(ValueError, match=r"dataset: expected no random generator in it.* got one in dataset\.held"):
        seeded_loader(Holding(held), 2, generator=generator())
    with pytest.raises(ValueError, match=r"got one in dataset\.dataset\.held\.held"):
        seeded_loader(Subset(Holding(Holding(held)), [0]), 2, generator=generator())
