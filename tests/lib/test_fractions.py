"""A fair fraction: no level has better company than another."""

import itertools
from collections import Counter

import numpy as np
import pytest

from lib.fractions import PRACTICE_GRID, fair_fraction


def test_fair_fraction_has_each_pair_of_levels_of_any_two_factors_once():
    cells = fair_fraction(PRACTICE_GRID)
    assert len(cells) == 9
    for one, other in itertools.combinations(PRACTICE_GRID, 2):
        pairs = Counter((cell[one], cell[other]) for cell in cells)
        assert set(pairs) == set(itertools.product(PRACTICE_GRID[one], PRACTICE_GRID[other]))
        assert set(pairs.values()) == {1}


def test_fair_fraction_gives_the_main_effects_of_the_whole_grid_where_effects_add_up():
    effects = dict(zip(PRACTICE_GRID, np.random.default_rng(0).normal(size=(4, 3)), strict=True))

    def result(cell):
        return sum(effects[name][PRACTICE_GRID[name].index(level)] for name, level in cell.items())

    whole = [dict(zip(PRACTICE_GRID, levels, strict=True)) for levels in itertools.product(*PRACTICE_GRID.values())]
    for name, levels in PRACTICE_GRID.items():
        means = [
            [np.mean([result(cell) for cell in cells if cell[name] == level]) for level in levels]
            for cells in (whole, fair_fraction(PRACTICE_GRID))
        ]
        np.testing.assert_allclose(*means, atol=1e-12)
        assert len(means[0]) == 3


@pytest.mark.parametrize("factors", [{"a": (0, 1, 2)}, dict.fromkeys("abcd", (0, 1))], ids=["one factor", "two levels"])
def test_fair_fraction_refuses_another_grid(factors):
    with pytest.raises(ValueError, match="expected four with three levels each"):
        fair_fraction(factors)
