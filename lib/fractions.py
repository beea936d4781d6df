"""A fair fraction of a grid: fewer runs, in which no choice has better company than another.

A full grid of four factors with three levels takes 81 runs. Nine are enough to compare the levels of each factor, if
each level of one factor meets each level of every other equally often: an orthogonal array.
"""

import itertools
from collections.abc import Mapping, Sequence
from typing import TypeVar

Level = TypeVar("Level")

PRACTICE_GRID = {
    "backbone": ("resnet10", "efficientnet_mini", "convnext_mini"),
    "strategy": ("extraction", "partial", "full"),
    "augmentation": ("basic", "Mixup", "CutMix"),
    "schedule": ("constant", "cosine", "one-cycle"),
}


def fair_fraction(factors: Mapping[str, Sequence[Level]]) -> list[dict[str, Level]]:
    """A ninth of the grid of four factors with three levels each: nine cells, each pair of levels in exactly one.

        cell (i, j):  levels i, j, i + j, i + 2j  (mod 3) of the four factors,   i, j = 0, 1, 2

    Two cells differ in three of the four factors, always. So the mean over the three cells with a level is over all
    levels of the other factors, once each. What two factors do *together* cannot be told from it: an effect of two is
    mixed with the means of the other two. Returns the cells as dictionaries, factor → level, in the order of (i, j).
    Raises ValueError for another number of factors or of levels.

    Example:
        >>> cells = fair_fraction({name: (0, 1, 2) for name in "abcd"})
        >>> len(cells), cells[5]
        (9, {'a': 1, 'b': 2, 'c': 0, 'd': 2})
    """
    if len(factors) != 4 or any(len(levels) != 3 for levels in factors.values()):
        raise ValueError(f"factors: expected four with three levels each, got {[*map(len, factors.values())]}")
    places = ((i, j, (i + j) % 3, (i + 2 * j) % 3) for i, j in itertools.product(range(3), repeat=2))
    levels = [tuple(values) for values in factors.values()]
    return [dict(zip(factors, (own[k] for own, k in zip(levels, one, strict=True)), strict=True)) for one in places]
