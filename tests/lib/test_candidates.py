"""Candidates for transfer: their scores, their ranks, and the networks behind their names."""

import pytest
import torch
from scipy.stats import kendalltau

from lib import candidates
from lib.candidates import CANDIDATES, network, ranked, scores
from lib.datasets import load_task
from lib.results import Recorded


def rows(*found):
    names = ("candidate", "target", "seed", "score", "accuracy")
    return Recorded("", "", "", tuple(dict(zip(names, row, strict=True)) for row in found))


def test_ranked_averages_the_seeds_that_all_have_and_is_kendall_s_tau():
    table = rows(
        ("a", "t", 0, 1.0, 0.2), ("b", "t", 0, 2.0, 0.5), ("c", "t", 0, 3.0, 0.4),
        ("a", "t", 1, 3.0, 0.4), ("b", "t", 1, 4.0, 0.7), ("c", "t", 1, 5.0, 0.6),
        ("a", "t", 2, 99.0, 0.9), ("a", "other", 0, 0.0, 0.0),
    )  # fmt: skip
    points, tau = ranked(table, "score", "t")
    assert points == {"a": pytest.approx((2.0, 0.3)), "b": pytest.approx((3.0, 0.6)), "c": pytest.approx((4.0, 0.5))}
    assert tau == pytest.approx(kendalltau([2, 3, 4], [0.3, 0.6, 0.5]).statistic) == pytest.approx(1 / 3)
    assert ranked(rows(("a", "t", 0, 1.0, 0.2), ("b", "t", 0, 1.0, 0.3)), "score", "t")[1] == 0.0
    with pytest.raises(ValueError, match="task_name: expected one with two candidates"):
        ranked(table, "score", "other")


def test_network_refuses_names_it_does_not_know():
    with pytest.raises(ValueError, match=r"candidate: expected one of resnet10, .*, got 'resnet10, then cats'"):
        network("resnet10, then cats")


def test_scores_tell_a_pretrained_network_from_one_that_never_learnt():
    few = load_task("digits-on-photographs").train.few(5, seed=0)
    trained, never = (
        dict(zip("mlhs", scores(name, few), strict=True)) for name in ("resnet10", "resnet10, never trained")
    )
    assert trained["m"] > never["m"] and trained["l"] > never["l"]
    assert trained["h"] == pytest.approx(never["h"]) == pytest.approx(9.0)  # fewer points than features: K − 1


@pytest.mark.slow
def test_network_trained_further_has_a_head_for_that_task_and_is_a_new_copy(monkeypatch):
    monkeypatch.setattr(candidates, "FURTHER_EPOCHS", 1)
    monkeypatch.setattr(candidates, "FURTHER_IMAGES", 2)
    candidates._trained_further.cache_clear()
    name = next(name for name in CANDIDATES if name.endswith("granites"))
    first, second = network(name), network(name)
    candidates._trained_further.cache_clear()
    assert first.fc.out_features == 6 and not first.training
    assert all(torch.equal(p, q) and p is not q for p, q in zip(first.parameters(), second.parameters(), strict=True))
