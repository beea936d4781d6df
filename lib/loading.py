"""Loading: batches from a data set, in an order and with views that a generator decides.

Several processes may make the batches, and each draws random numbers from a state of its own, or worse, from its copy
of one and the same. Where the seed travels with the image instead, it does not matter who makes it.
"""

import random
from collections.abc import Iterator, Sized
from contextlib import contextmanager
from typing import Any, cast

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, Sampler


def seeded_loader(
    dataset: Dataset[Any], batch_size: int, *, generator: torch.Generator, workers: int = 0, shuffle: bool = True
) -> DataLoader[Any]:
    """A DataLoader whose batches are decided by `generator`, however many processes load them.

    Where each worker has a seed, an image's view depends on the worker that it falls to, and another number of workers
    is another run; a NumPy generator that the data set holds is even copied into every worker, and all draw the same.
    Here the generator gives, at the beginning of each epoch, one seed for each image and then the order of the images,
    and while `dataset[i]` runs, the global random states are set to that seed (see `global_seed`).

    dataset: a length of at least 1 and items by index, any random numbers drawn from the global states. generator: on
    any device; from its state at the beginning of an epoch that epoch can be run again. workers: processes, 0 to load
    in this one. shuffle=False keeps the data set's order. The last batch may be smaller. Raises TypeError for a data
    set without length or index and for no generator, ValueError for an empty data set, for one with a random generator
    among its attributes or its transform's, and for batch_size < 1 or workers < 0.

    Example:
        >>> loader = seeded_loader(range(5), 2, generator=torch.Generator().manual_seed(0), shuffle=False)
        >>> [batch.tolist() for batch in loader]
        [[0, 1], [2, 3], [4]]
    """
    _check_dataset(dataset)
    _check_generator(generator)
    for name, value, least in (("batch_size", batch_size, 1), ("workers", workers, 0)):
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise ValueError(f"{name}: expected an integer of at least {least}, got {value!r}")
    items, order = _SeededItems(dataset), _SeededOrder(len(cast(Sized, dataset)), generator, shuffle)
    own = torch.Generator()  # for what the loader itself draws, which no item will see: else it is the global state
    return DataLoader(
        items, batch_size, sampler=order, num_workers=workers, generator=own, persistent_workers=workers > 0
    )


@contextmanager
def global_seed(seed: int) -> Iterator[None]:
    """Inside the block the global random states of torch, NumPy and Python begin at `seed`; then they are as before.

    For code that draws from them and takes no generator. 0 ≤ seed < 2⁶³; NumPy gets the lowest 32 bits. Of CUDA's
    states, one for each device, the current device's is seeded, where CUDA is in use.

    Example:
        >>> with global_seed(3):
        ...     first = torch.rand(2)
        >>> with global_seed(3):
        ...     torch.equal(first, torch.rand(2))
        True
    """
    numpy_state, python_state = np.random.get_state(), random.getstate()  # noqa: NPY002  the global state is meant
    devices = [torch.cuda.current_device()] if torch.cuda.is_initialized() else []
    with torch.random.fork_rng(devices):
        try:
            torch.default_generator.manual_seed(seed)
            if devices:
                torch.cuda.manual_seed(seed)
            np.random.seed(seed % 2**32)  # noqa: NPY002  the global state is meant
            random.seed(seed)
            yield
        finally:
            np.random.set_state(numpy_state)  # noqa: NPY002  the global state is meant
            random.setstate(python_state)


def draw_seeds(count: int, generator: torch.Generator) -> list[int]:
    """`count` numbers from 0 up to 2⁶³ − 2, to seed other generators with. `generator` may be on any device.

    Raises TypeError for what is no generator.

    Example:
        >>> len(draw_seeds(3, torch.Generator().manual_seed(0)))
        3
    """
    _check_generator(generator)
    return torch.randint(2**63 - 1, (count,), generator=generator, device=generator.device).tolist()


# ---- helpers ------------------------------------------------------------------------------------------------------


def _check_generator(generator: torch.Generator) -> None:
    if not isinstance(generator, torch.Generator):
        raise TypeError(f"generator: expected a torch.Generator, got {type(generator).__name__}")


class _SeededOrder(Sampler[tuple[int, int]]):
    """In each epoch: the index of every item and a seed for it."""

    def __init__(self, count: int, generator: torch.Generator, shuffle: bool) -> None:
        self.count, self.generator, self.shuffle = count, generator, shuffle

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[tuple[int, int]]:
        seeds, source = draw_seeds(self.count, self.generator), self.generator
        shuffled = torch.randperm(self.count, generator=source, device=source.device).tolist() if self.shuffle else None
        return zip(shuffled or range(self.count), seeds, strict=True)


class _SeededItems(Dataset[Any]):
    """The items of a data set, each made under the seed that comes with its index."""

    def __init__(self, dataset: Dataset[Any]) -> None:
        self.dataset = dataset

    def __getitem__(self, drawn: tuple[int, int]) -> Any:
        index, seed = drawn
        with global_seed(seed):
            return self.dataset[index]


def _check_dataset(dataset: Dataset[Any]) -> None:
    kind = type(dataset).__name__
    if isinstance(dataset, IterableDataset) or not (hasattr(dataset, "__len__") and hasattr(dataset, "__getitem__")):
        raise TypeError(f"dataset: expected one with a length and items by index, got {kind}")
    if len(dataset) == 0:
        raise ValueError(f"dataset: expected at least one item, got an empty {kind}")
    if held := next(_generators_in(dataset, "dataset"), None):
        raise ValueError(f"dataset: expected no random generator in it, for workers copy it, got one in {held}")


def _generators_in(value: object, name: str, depth: int = 5) -> Iterator[str]:
    """Where, among the attributes of attributes, a random generator is kept."""
    if isinstance(value, torch.Generator | np.random.Generator | np.random.RandomState | random.Random):
        yield name
    elif depth and not isinstance(value, type):
        for key, part in getattr(value, "__dict__", {}).items():
            yield from _generators_in(part, f"{name}.{key}", depth - 1)
