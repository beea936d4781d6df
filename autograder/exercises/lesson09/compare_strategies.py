"""Exercise: every strategy under one protocol."""

import copy
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import nn

from autograder.exercise import Case, Exercise, Misconception, Property
from autograder.probes import lesson09 as probes
from lib.protocol import compare_strategies


def _cases(seed: int) -> list[Case]:
    few, more = ((5, 20), (2, 10), (4, 16))[seed % 3]
    return [
        Case(
            f"two strategies, {few} and {more} images a class, seeds 0 to 2",
            {"strategies": ["extraction", "full"], "sizes": [few, more], "seeds": [0, 1, 2]},
        ),
        Case(
            f"three strategies at {more} images a class, seeds 7 and 3",
            {"strategies": ["partial", "gradual", "full"], "sizes": [more], "seeds": [7, 3]},
        ),
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------

Rows = list[dict[str, Any]]
Given = dict[str, Any]


def _with(
    *,
    begin: Callable[[nn.Module, int], nn.Module] = lambda model, _: copy.deepcopy(model),
    drawn_by: Callable[[int, int], int] = lambda seed, _: seed,
    trained_by: Callable[[int, int], int] = lambda seed, _: seed,
    validated_on: Callable[[Any, Any], Any] = lambda validation, _: validation,
    scored: Callable[[Any, Any], Any] = lambda _, test: test,
    slow: bool = False,
) -> Callable[..., Rows]:
    """The protocol with one part of it replaced; position: of the strategy, from 0."""

    def compare(
        strategies: Mapping[str, Any], sizes: Sequence[int], seeds: Sequence[int], *, model: nn.Module, **given: Any
    ) -> Rows:
        rows, score, clock, test = [], given["score"], given["clock"], given["test"]
        for size, seed in itertools.product(sizes, seeds):
            for position, (name, train) in enumerate(strategies.items()):
                training, validation = given["draw"](size, drawn_by(seed, position))
                network, begun = begin(model, position), clock()
                train(network, training, validated_on(validation, test), trained_by(seed, position))
                seconds = clock() - begun
                row = {"strategy": name, "images_per_class": size, "seed": seed}
                row["accuracy"] = score(network, scored(validation, test))
                row["validation_accuracy"] = score(network, validation)
                row["train_accuracy"] = score(network, training)
                rows.append(row | {"seconds": clock() - begun if slow else seconds})
        return rows

    return compare


def _restored(strategies: Any, sizes: Any, seeds: Any, *, model: nn.Module, **given: Any) -> Rows:
    start = copy.deepcopy(model.state_dict())

    def begin(network: nn.Module, position: int) -> nn.Module:
        network.load_state_dict(start)
        return network

    return _with(begin=begin)(strategies, sizes, seeds, model=model, **given)


def _one_copy(strategies: Any, sizes: Any, seeds: Any, *, model: nn.Module, **given: Any) -> Rows:
    kept = [model]

    def begin(network: nn.Module, position: int) -> nn.Module:
        kept[0] = copy.deepcopy(network) if position == 0 else kept[0]
        return kept[0]

    return _with(begin=begin)(strategies, sizes, seeds, model=model, **given)


def _best_seed(strategies: Any, sizes: Any, seeds: Any, **given: Any) -> Rows:
    best: dict[Any, dict[str, Any]] = {}
    for row in compare_strategies(strategies, sizes, seeds, **given):
        key = row["strategy"], row["images_per_class"]
        best[key] = max(best.get(key, row), row, key=lambda one: one["accuracy"])
    return list(best.values())


def _means(strategies: Any, sizes: Any, seeds: Any, **given: Any) -> Rows:
    rows = compare_strategies(strategies, sizes, seeds, **given)
    means = []
    for name, size in itertools.product(strategies, sizes):
        mine = [row for row in rows if (row["strategy"], row["images_per_class"]) == (name, size)]
        mean = {key: sum(float(row[key]) for row in mine) / len(mine) for key in ("accuracy", "seconds")}
        means.append({"strategy": name, "images_per_class": size} | mean)
    return means


def _in_step(strategies: Any, sizes: Any, seeds: Any, **given: Any) -> Rows:
    pairs = zip(itertools.cycle(sizes), seeds, strict=False)
    return [row for size, seed in pairs for row in compare_strategies(strategies, [size], [seed], **given)]


EXERCISE = Exercise(
    lesson="09_strategy_comparison",
    reference=compare_strategies,
    probe=probes.compare_strategies,
    cases=_cases,
    properties=(
        Property("There is one row for each strategy, size and seed.", 1, ("how many rows", "runs")),
        Property(
            "At one size and seed all strategies get the same images, and the same seed; none gets the test split.",
            2,
            ("what the strategies are given",),
        ),
        Property(
            "Every run begins at a fresh copy of the model, which is left as it is.",
            2,
            ("how each run begins", "the model is left as it is"),
        ),
        Property(
            "The three accuracies are the trained network's, and the test split is scored once a run.",
            2,
            ("accuracy", "validation_accuracy", "train_accuracy", "how often the test split is scored"),
        ),
        Property("The seconds are those of training.", 1, ("seconds",)),
    ),
    misconceptions=(
        Misconception(
            "carried-over",
            _with(begin=lambda model, _: model),
            "Your strategies train the model itself: the second begins where the first has ended, and whoever comes "
            "last looks best. Each run needs a network of its own.",
        ),
        Misconception(
            "shallow-copy",
            _with(begin=lambda model, _: copy.copy(model)),
            "Your copy is a new object around the same tensors: training it trains the model. What copies all the way "
            "down?",
        ),
        Misconception(
            "one-copy-a-seed",
            _one_copy,
            "You copy the model once for each seed, and all strategies train that copy, one after the other. A copy "
            "belongs to a run.",
        ),
        Misconception(
            "weights-restored",
            _restored,
            "You put the weights back before each run, but what a strategy has frozen stays frozen, and a mode stays "
            "too: `state_dict` holds neither. Train a copy instead.",
        ),
        Misconception(
            "own-images",
            _with(drawn_by=lambda seed, position: seed + 100 * position),
            "Your strategies see different images at the same seed: a lucky draw then counts as a better strategy, and "
            "the runs are no pairs any more.",
        ),
        Misconception(
            "own-seeds",
            _with(trained_by=lambda seed, position: seed + 100 * position),
            "The images are the same, but each strategy is handed another seed, so the order of the batches differs "
            "for no reason. All get the seed of the row.",
        ),
        Misconception(
            "validated-on-test",
            _with(validated_on=lambda _, test: test),
            "You hand the test split to the strategies as their validation images. They choose their best epoch by "
            "it, and then it tests nothing any more.",
        ),
        Misconception(
            "scored-on-validation",
            _with(scored=lambda validation, _: validation),
            "Your accuracy is that of the validation split, by which a strategy may have chosen its epoch: it comes "
            "out too high. Another split was kept for this.",
        ),
        Misconception(
            "best-seed",
            _best_seed,
            "You report the best seed of each strategy, chosen by the test split. That is the luckiest run, and it "
            "leaves nothing to tell luck by.",
        ),
        Misconception(
            "means",
            _means,
            "You return means. With them the pairs are lost, and with these the interval and the test: one row a run.",
        ),
        Misconception(
            "in-step",
            _in_step,
            "You walk through sizes and seeds in step. Every size is to be run with every seed.",
        ),
        Misconception(
            "scoring-timed",
            _with(slow=True),
            "Your seconds contain the scoring. It costs the same for all, and hides what the strategies cost.",
        ),
    ),
    difficulty=2,
    minutes=15,
    hints=(
        "Three loops: sizes, seeds, strategies. What has to be made once for each size and seed, and what for each "
        "run?",
        "draw(size, seed) stands outside the innermost loop, copy.deepcopy(model) inside it. Read the clock right "
        "before and right after the call that trains, and score the three splits after that.",
    ),
)
