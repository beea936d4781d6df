"""The protocol of a comparison: what every strategy gets alike, so that a difference is the strategy's own.

Each run trains a fresh copy of one network on images that the size and the seed alone decide. So runs of one size and
seed are pairs, which `lib.statistics` compares.
"""

import copy
import itertools
import time
from collections.abc import Callable, Mapping, Sequence

from torch import nn

from lib.datasets.task import Split
from lib.grid_table import Row

Training = Callable[[nn.Module, Split, Split, int], object]


def compare_strategies(
    strategies: Mapping[str, Training],
    sizes: Sequence[int],
    seeds: Sequence[int],
    *,
    model: nn.Module,
    draw: Callable[[int, int], tuple[Split, Split]],
    test: Split,
    score: Callable[[nn.Module, Split], float],
    clock: Callable[[], float] = time.process_time,
) -> list[Row]:
    """Train a fresh copy of the model with each strategy, on each size and seed: one row a run, in any order.

    strategies: name → function that trains, called with (network, training, validation, seed): it changes the network;
    what it returns is of no use. model: where every run begins; it is left as it is. draw: `draw(size, seed)` returns
    the training and the validation split of a size and a seed, the same ones at each call. test: scored once in each
    run, when it is over; no strategy gets it. score: `score(network, split)` returns the accuracy, in [0, 1]. clock:
    returns the time in seconds.

    A row is a dictionary with "strategy", "images_per_class" (the size), "seed", then "accuracy" (on the test split),
    "validation_accuracy", "train_accuracy", each of the trained network, and "seconds": what training took by the
    clock, without drawing, copying and scoring. Nothing here is random: who draws is given the seed, the same for all
    strategies. All runs are reported, none is chosen.

    Example:
        >>> doing_nothing = {"as it is": lambda network, training, validation, seed: None}
        >>> splits = dict.fromkeys([(5, 0), (5, 1)], ("few", "some"))
        >>> rows = compare_strategies(doing_nothing, [5], [0, 1], model=nn.Linear(2, 2), test="others",
        ...     draw=lambda size, seed: splits[size, seed], score=lambda network, split: 0.5)
        >>> [(row["images_per_class"], row["seed"], row["accuracy"]) for row in rows]
        [(5, 0, 0.5), (5, 1, 0.5)]
    """
    rows: list[Row] = []
    for size, seed in itertools.product(sizes, seeds):
        training, validation = draw(size, seed)
        for name, train in strategies.items():
            network = copy.deepcopy(model)
            begun = clock()
            train(network, training, validation, seed)
            row: Row = {"strategy": name, "images_per_class": size, "seed": seed, "seconds": clock() - begun}
            row["accuracy"] = score(network, test)
            row["validation_accuracy"] = score(network, validation)
            row["train_accuracy"] = score(network, training)
            rows.append(row)
    return rows
