"""The recorded strategies of lesson 4: whole, what their command gives, and what a run is made of."""

import itertools

from benchmarks import lesson04
from lib.plan import Phase
from lib.results import Recorded, recorded
from lib.strategies import Run


def test_recorded_holds_every_strategy_and_seed_once():
    table = recorded(lesson04.NAME)
    found = [(row["images_per_class"], row["strategy"], row["seed"]) for row in table.rows]
    wanted = itertools.product(lesson04.SIZES, lesson04.STRATEGIES, range(lesson04.SEEDS))
    assert sorted(found) == sorted(wanted)
    assert table.command == lesson04.COMMAND


def test_recorded_trainable_share_is_that_of_the_stages_that_learn():
    table = recorded(lesson04.NAME)
    share = {row["strategy"]: row["trainable_share"] for row in table.rows}
    # resnet10: 5,130 numbers in the head, 3,673,088 in layer4, of 4,910,922
    assert share["extraction"] == round(5_130 / 4_910_922, 6)
    assert share["last two"] == round(3_678_218 / 4_910_922, 6)
    assert share["full"] == share["gradual"] == share["LP-FT"] == 1


def test_last_opens_so_many_stages_for_the_whole_run():
    assert lesson04.last(2, Run(6, 12, 1e-3)) == (Phase(12, 1e-3, stages=2),)


def test_in_lines_gives_means_and_intervals_over_seeds():
    rows = [{"strategy": "full", "images_per_class": 10, "seed": n, "accuracy": 0.01 + 0.1 * n} for n in (0, 1)]
    # two seeds, 1 % and 11 %: t with one degree of freedom is 12.706, so 12.706 · 7.071 / √2
    assert lesson04.in_lines(Recorded("", "", "", tuple(rows))) == "  6.0 ± 63.5 %  full, 10 a class"
