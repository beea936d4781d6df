"""Right answers in other styles than the reference's."""

import copy
import itertools


def compare_strategies_in_three_loops(strategies, sizes, seeds, *, model, draw, test, score, clock=None):
    table = []
    for size in sizes:
        for seed in seeds:
            images = draw(size, seed)
            for name in strategies:
                network = copy.deepcopy(model)
                start = clock()
                strategies[name](network, images[0], images[1], seed)
                end = clock()
                table.append(
                    {
                        "strategy": name,
                        "images_per_class": size,
                        "seed": seed,
                        "accuracy": score(network, test),
                        "validation_accuracy": score(network, images[1]),
                        "train_accuracy": score(network, images[0]),
                        "seconds": end - start,
                    }
                )
    return table


def compare_strategies_strategy_by_strategy(strategies, sizes, seeds, *, model, draw, test, score, clock=None):
    """Strategies outermost, drawn anew for each: the same call draws the same images."""

    def run(name, size, seed):
        training, validation = draw(size, seed)
        network = copy.deepcopy(model)
        begun = clock()
        strategies[name](network, training, validation, seed)
        row = dict(strategy=name, images_per_class=size, seed=seed, seconds=clock() - begun)
        splits = dict(train_accuracy=training, validation_accuracy=validation, accuracy=test)
        return row | {column: score(network, split) for column, split in splits.items()}

    return [run(*cell) for cell in itertools.product(strategies, sizes, seeds)]


def compare_strategies_copied_beforehand(strategies, sizes, seeds, *, model, draw, test, score, clock=None):
    """A copy for each run before the first of them begins; rows from the last to the first, in a tuple."""
    cells = [(name, size, seed) for seed in seeds for name in strategies for size in sizes]
    networks = [copy.deepcopy(model) for _ in cells]
    rows = ()
    for (name, size, seed), network in zip(cells, networks, strict=True):
        few, held_out = draw(size, seed)
        started = clock()
        strategies[name](network, few, held_out, seed)
        taken = clock() - started
        found = {"accuracy": score(network, test), "train_accuracy": score(network, few)}
        found["validation_accuracy"] = score(network, held_out)
        rows = ({"seed": seed, "images_per_class": size, "strategy": name, "seconds": taken, **found}, *rows)
    return rows
