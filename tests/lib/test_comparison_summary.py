"""What a grid of runs says: Holm's correction against closed testing, paired tests and intervals against SciPy."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lib.comparison_summary import by_seed, holm, in_markdown, level_means, measured_strategy, summary
from lib.results import Recorded

law = settings(max_examples=60, deadline=None, derandomize=True)


def run(strategy="full", size=5, seed=0, accuracy=0.5, **others):
    row = {
        "task": "stones", "backbone": "resnet10", "strategy": strategy, "augmentation": "none", "schedule": "cosine",
        "images_per_class": size, "seed": seed, "accuracy": accuracy, "validation_accuracy": accuracy,
        "train_accuracy": 1.0, "seconds": 2.0, "memory_bytes": 3_000_000, "trainable_share": 0.25, "epochs": 12,
        "recipe": "r1",
    }  # fmt: skip
    return row | others


def table(*rows):
    return Recorded("a command", "2026-01-31", "cpu, 1 threads", tuple(rows))


def drawn(seed=0, seeds=6, sizes=(5, 20), names=("full", "partial", "scratch")):
    """Accuracies by strategy and size, shape (names, sizes, seeds), and the table that holds them."""
    accuracies = np.random.default_rng(seed).uniform(0.2, 0.9, (len(names), len(sizes), seeds))
    places = itertools.product(enumerate(names), enumerate(sizes), range(seeds))
    return accuracies, table(*(run(n, z, s, accuracies[i, j, s]) for (i, n), (j, z), s in places))


# ---- Holm ---------------------------------------------------------------------------------------------------------


@law
@given(st.lists(st.sampled_from([0.0, 0.001, 0.01, 0.02, 0.04, 0.05, 0.3, 0.5, 1.0]), max_size=6))
def test_holm_is_closed_testing_with_bonferroni(p_values):
    """A hypothesis falls when every set of hypotheses that has it falls by Bonferroni (Marcus et al., 1976)."""
    count = len(p_values)
    sets = [s for size in range(1, count + 1) for s in itertools.combinations(range(count), size)]
    expected = [max(min(1.0, len(s) * min(p_values[j] for j in s)) for s in sets if i in s) for i in range(count)]
    assert holm(p_values) == pytest.approx(expected, abs=1e-12)


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@pytest.mark.parametrize("wrong", [-0.1, 1.1, math.nan])
def test_holm_refuses_what_is_no_probability(wrong):
    with pytest.raises(ValueError, match=r"p_values: expected numbers in \[0, 1\], got"):
        holm([0.5, wrong])


# ---- the summary --------------------------------------------------------------------------------------------------


def test_summary_is_scipys_at_each_size():
    accuracies, runs = drawn()
    lines = summary(runs, baseline="full")
    assert [(line.level, line.at["images_per_class"]) for line in lines] == list(
        itertools.product(["full", "partial", "scratch"], [5, 20])
    )
    p_values = []
    for line, ours in zip(lines, accuracies.reshape(-1, 6), strict=True):
        theirs = accuracies[0, [5, 20].index(line.at["images_per_class"])]
        low, high = stats.t.interval(0.95, 5, loc=ours.mean(), scale=stats.sem(ours))
        assert (line.mean, line.half) == pytest.approx((ours.mean(), (high - low) / 2))
        assert line.seeds == 6 and line.gap == pytest.approx(1 - ours.mean())
        assert (line.seconds, line.memory_bytes, line.trainable_share) == (2.0, 3e6, 0.25)
        if line.level == "full":
            assert (line.difference, line.p, line.p_holm) == (None, None, None)
            continue
        test = stats.permutation_test((ours - theirs,), np.mean, permutation_type="samples", n_resamples=np.inf)
        assert (line.difference, line.p) == pytest.approx(((ours - theirs).mean(), test.pvalue))
        p_values.append(line.p)
    assert [line.p_holm for line in lines if line.p is not None] == holm(p_values)


def test_summary_compares_seed_with_seed_in_whatever_order_they_come():
    rows = [run("full", seed=s, accuracy=s / 10) for s in range(5)]
    rows += [run("partial", seed=s, accuracy=s / 10 + 0.01) for s in (3, 0, 4, 2, 1)]
    line = summary(table(*rows))[1]
    assert line.difference == pytest.approx(0.01)
    assert line.p == 2 / 2**5


def test_summary_compares_levels_of_any_factor_with_the_others_alike():
    rows = [run(schedule=name, augmentation=a, seed=s, accuracy=0.5 + 0.1 * (name == "constant") + 0.2 * (a == "basic"))
            for name in ("cosine", "constant") for a in ("none", "basic") for s in range(2)]  # fmt: skip
    lines = summary(table(*rows), "cosine", factor="schedule")
    assert [(line.level, line.at["augmentation"], line.mean) for line in lines] == [
        ("cosine", "none", 0.5), ("cosine", "basic", 0.7), ("constant", "none", 0.6), ("constant", "basic", 0.8),
    ]  # fmt: skip
    assert [line.difference for line in lines[2:]] == pytest.approx([0.1, 0.1])


def test_summary_of_one_seed_has_no_interval():
    full, partial = summary(table(run("full"), run("partial", accuracy=0.75)))
    assert (full.half, partial.half, partial.p) == (None, None, 1.0)
    assert "| partial | 75.0 | +25.0 | 1 | 1 |" in in_markdown([full, partial])


def test_summary_refuses_what_cannot_be_paired():
    with pytest.raises(ValueError, match="baseline: expected 'full' to have the seeds"):
        summary(table(run("full", seed=0), run("partial", seed=0), run("partial", seed=1)))
    with pytest.raises(ValueError, match="baseline: expected 'nothing' to have the seeds"):
        summary(table(run("full")), "nothing")
    with pytest.raises(ValueError, match=r"factor: expected one of task, .*, images_per_class, got 'seed'"):
        summary(table(run("full")), factor="seed")


def test_in_markdown_has_the_factors_that_vary_and_a_line_each():
    _, runs = drawn()
    lines = in_markdown(summary(runs)).splitlines()
    assert lines[0].startswith("| images_per_class | level | accuracy % |")
    assert in_markdown(summary(table(run(trainable_share=1.0)))).endswith("| +50.0 | 2.0 | 3.0 | 100 |")
    assert len(lines) == 2 + 6 and len({line.count("|") for line in lines}) == 1


def test_level_means_are_over_all_other_factors():
    accuracies, runs = drawn()
    found = level_means(runs, "images_per_class")
    assert [mean for mean, _ in found.values()] == pytest.approx(list(accuracies.mean((0, 2))))
    assert sorted(found["5"][1]) == sorted(accuracies[:, 0].ravel())


def test_by_seed_refuses_a_factor_that_is_left_open():
    with pytest.raises(ValueError, match="where: expected one run a seed, got several"):
        by_seed(table(run(size=5), run(size=20)), "accuracy", strategy="full")


# ---- what was measured to be enough -------------------------------------------------------------------------------


def measured(differences, seconds=1.0):
    """A cheap strategy beside a dear one, whose validation accuracies it misses by so much, and whose test it beats."""
    rows = [run("full", seed=s, validation_accuracy=0.6 + s / 50, seconds=9.0) for s in range(len(differences))]
    rows += [run("extraction", seed=s, validation_accuracy=0.6 + s / 50 - gap, seconds=seconds, accuracy=0.9)
             for s, gap in enumerate(differences)]  # fmt: skip
    return table(*rows)


def test_measured_strategy_is_the_quickest_that_is_not_surely_worse():
    surely, perhaps = [0.05, 0.06, 0.05, 0.06], [0.2, -0.1, 0.15, -0.05]
    for gaps, expected in ((surely, "full"), (perhaps, "extraction")):
        found = measured_strategy(measured(gaps), 5)
        low = stats.ttest_1samp(gaps, 0).confidence_interval(0.95).low
        assert found.strategy == expected
        assert (low <= 0) == (expected == "extraction")
        assert found.reason.startswith("full had the best validation accuracy, 63.0 %")
    assert "extraction was not surely worse, and took 1.0 s instead of 9.0" in found.reason


def test_measured_strategy_takes_the_best_where_nothing_is_quicker():
    assert measured_strategy(measured([0.1, -0.05, 0.02], seconds=20.0), 5).strategy == "full"


def test_measured_strategy_refuses():
    with pytest.raises(ValueError, match="images_per_class: expected one that was measured, 5, got 7"):
        measured_strategy(measured([0.1, 0.2]), 7)
    with pytest.raises(ValueError, match="table: expected the same two or more seeds of all"):
        measured_strategy(measured([0.1]), 5)
    with pytest.raises(ValueError, match="where: expected one run a seed, got several"):
        measured_strategy(table(run(), run(schedule="constant")), 5)
