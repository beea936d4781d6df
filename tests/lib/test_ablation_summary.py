"""What an ablation says, against NumPy and SciPy."""

import itertools

import numpy as np
import pytest
from scipy import stats

from lib.ablation_summary import ablation_table
from lib.fractions import PRACTICE_GRID, fair_fraction

GRID = {"net": ["a", "b"], "rate": [1, 2, 3]}


def rows(seeds=(0, 1, 2)):
    draw = np.random.default_rng(0).random
    cells = itertools.product(seeds, *GRID.values())
    return [{"seed": s, "net": n, "rate": r, "accuracy": draw(), "validation_accuracy": draw()} for s, n, r in cells]


def test_ablation_table_effects_are_paired_t_intervals():
    table = rows()
    scores = np.array([row["accuracy"] for row in table]).reshape(3, 2, 3)
    pairs = {
        ("net", "b"): (scores[:, 1].mean(1), scores[:, 0].mean(1)),
        ("rate", 3): (scores[:, :, 2].mean(1), scores[:, :, 0].mean(1)),
    }
    for (factor, level), (ours, theirs) in pairs.items():
        mean, half = ablation_table(table, GRID).effects[factor][level]
        low, high = stats.ttest_rel(ours, theirs).confidence_interval(0.95)
        assert (mean - half, mean + half) == pytest.approx((low, high))


def test_ablation_table_chooses_by_validation_whatever_the_test_says():
    table = rows()
    validation = np.array([row["validation_accuracy"] for row in table]).reshape(3, 6).mean(0)
    tested = np.array([row["accuracy"] for row in table]).reshape(3, 6).mean(0)
    found, place = ablation_table(table, GRID), int(validation.argmax())
    assert found.best == {"net": GRID["net"][place // 3], "rate": GRID["rate"][place % 3]}
    assert found.accuracy == pytest.approx(tested[place])
    other = [row | {"accuracy": 1 - row["accuracy"]} for row in table]
    assert ablation_table(other, GRID).best == found.best


def test_ablation_table_leaves_broken_seeds_out_and_does_not_care_for_order():
    table = rows()
    assert ablation_table([*table[::-1], rows((7,))[0]], GRID) == ablation_table(table, GRID)


def test_ablation_table_does_not_count_runs_outside_the_grid():
    """As many runs as there are cells do not make a seed whole."""
    other = rows((0,))[0] | {"net": "c"}
    assert ablation_table([*rows(), other], GRID) == ablation_table(rows(), GRID)
    assert ablation_table([*rows()[1:], other], GRID).seeds == [1, 2]


def test_ablation_table_names_what_is_missing_in_the_fair_fraction():
    cells = fair_fraction(PRACTICE_GRID)
    table = [cell | {"seed": 0, "accuracy": 0.5, "validation_accuracy": 0.5} for cell in cells]
    found = ablation_table(table, PRACTICE_GRID)
    assert len(found.missing) == 72 and not [cell for cell in found.missing if cell in cells]
    assert found.effects["strategy"] == {"partial": (0.0, None), "full": (0.0, None)}


def test_ablation_table_refuses_rows_without_a_whole_seed():
    broken = [row for row in rows((0, 1)) if (row["seed"], row["net"]) in ((0, "a"), (1, "b"))]
    with pytest.raises(ValueError, match="rows: expected a seed with a run of every measured cell"):
        ablation_table(broken, GRID)
