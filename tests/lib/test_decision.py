"""What a guide costs, against NumPy and by hand; and the recordings under the names of lib.strategies."""

import numpy as np
import pytest

from lib.decision import decision_regret, nearest, recommended, recorded_evidence
from lib.results import recorded


def by_numpy(table, guide):
    regrets = []
    for case, runs in table.items():
        names, values = list(runs), np.array(list(runs.values()))
        seeds = np.arange(values.shape[1])
        rivals = [np.delete(values, seed, axis=1).mean(1).argmax() for seed in seeds]
        regrets.append((values[rivals, seeds] - values[names.index(guide[case])]).mean())
    return 100 * np.mean(regrets)


def test_decision_regret_is_that_of_numpy_on_random_tables():
    random = np.random.default_rng(0)
    table = {
        f"case {seeds}": {name: random.random(seeds).tolist() for name in "abcd"[:count]}
        for seeds, count in ((2, 2), (3, 4), (7, 3))
    }
    guide = dict(zip(table, "bac", strict=True))
    assert decision_regret(table, guide) == pytest.approx(by_numpy(table, guide))


def test_decision_regret_is_zero_on_average_where_all_strategies_are_alike():
    random = np.random.default_rng(1)
    values = random.normal(0.5, 0.05, size=(400, 6, 5))
    table = {
        str(case): {str(name): list(runs) for name, runs in enumerate(of_case)} for case, of_case in enumerate(values)
    }
    in_sample = 100 * np.mean(values.mean(2).max(1) - values[:, 0].mean(1))
    assert abs(decision_regret(table, dict.fromkeys(table, "0"))) < 0.3 < 2 < in_sample


def test_decision_regret_of_the_surely_best_is_zero_and_of_another_the_gap():
    table = {"case": {"good": [0.8, 0.9, 0.7], "poor": [0.5, 0.6, 0.4]}}
    assert decision_regret(table, {"case": "good", "other": "poor"}) == 0
    assert decision_regret(table, {"case": "poor"}) == pytest.approx(30)


def test_recorded_evidence_has_five_seeds_of_every_strategy_and_the_recorded_numbers():
    evidence = recorded_evidence()
    assert len({one.case for one in evidence}) == len(evidence) == 11
    assert all(len(values) == 5 for one in evidence for values in one.accuracies.values())
    ten = next(one for one in evidence if one.case == "digits on photographs, 10 a class")
    table = recorded("fine_tuning_strategies")
    assert ten.accuracies["partial"] == table.values("accuracy", strategy="last two", images_per_class=10)
    assert ten.seconds["full"] == pytest.approx(sum(table.values("seconds", strategy="full", images_per_class=10)) / 5)
    assert (ten.images, ten.domain, ten.lesson) == (100, "similar", 4)
    stone = next(one for one in evidence if one.case == "granites, 20 a class")
    assert stone.accuracies["full"] == recorded("lesson01_granites").values(
        "accuracy", technique="fine-tuned", images_per_class=20
    )
    assert not stone.seconds


@pytest.mark.parametrize(("asked", "found"), [(1, 5), (9, 5), (12, 20), (20, 20), (5000, 50)])
def test_nearest_goes_by_the_ratio_of_sizes(asked, found):
    assert nearest(recorded_evidence(), "blood cells", asked).images_per_class == found


def test_nearest_names_the_targets_that_there_are():
    with pytest.raises(
        ValueError, match="target: expected one of digits on photographs, blood cells, granites, got 'x'"
    ):
        nearest(recorded_evidence(), "x", 5)


def test_recommended_leaves_out_what_was_not_recorded():
    found = recommended(recorded_evidence(), lambda one: "gradual")
    assert list(found) == ["digits on photographs, 10 a class"] + [
        f"blood cells, {size} a class" for size in (5, 20, 50)
    ]
    assert set(found.values()) == {"gradual"}
