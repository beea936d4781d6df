"""The recorded adaptation, whole, with what is asked of it; target labels have no influence; the arithmetic."""

import dataclasses
import itertools

import pytest
import torch
from torch import nn

from benchmarks import adaptation
from benchmarks.adaptation import PAIRS, Result, measure, run, shares, table
from lib.adaptation import METHODS, ON_TARGET, SOURCE_ONLY
from lib.adversarial import DomainAdversarialNetwork
from lib.datasets import load_task
from lib.datasets.task import Split, Task
from lib.results import mean_and_interval, recorded

PAIR = next(iter(PAIRS))


def small_task(name: str, seed: int = 0) -> Task:
    return load_task(name, seed=seed, limit=4)


@pytest.fixture
def small(monkeypatch):
    """Few images and a small network, so that a run takes no time."""

    def network_for(classes, seed):
        torch.manual_seed(seed)
        first = nn.Conv2d(3, 4, 8, stride=8)
        layers = [first, nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, classes)]
        return DomainAdversarialNetwork(nn.Sequential(*layers), classes)

    monkeypatch.setattr(adaptation, "network_for", network_for)
    monkeypatch.setattr(adaptation, "load_task", small_task)


def without_seconds(result):
    return dataclasses.replace(result, seconds=0.0)


# ---- what is recorded ---------------------------------------------------------------------------------------------


def test_recorded_holds_every_pair_method_and_seed_once():
    found = [adaptation._key(row) for row in adaptation.known()]
    assert sorted(found) == sorted(itertools.product(PAIRS, METHODS, range(5)))
    assert recorded(adaptation.NAME).command.startswith("python -m benchmarks.adaptation --record")


@pytest.mark.parametrize("pair", PAIRS)
def test_recorded_adversarial_adaptation_closes_half_of_the_gap(pair):
    best = max(
        mean_and_interval(shares(list(adaptation.known()), pair, name))[0] for name in ("DANN", "DANN + information")
    )
    assert best >= 0.5


# ---- the protocol -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", METHODS)
def test_run_target_labels_never_take_part_but_where_they_are_the_source(small, monkeypatch, name):
    first = run(PAIR, name, 0, steps=4)

    def shuffled(task: str, seed: int = 0) -> Task:
        whole = small_task(task, seed)
        if task != PAIRS[PAIR][1]:
            return whole
        parts = [Split(split.images, split.labels.flip(0)) for split in (whole.train, whole.validation)]
        return Task(whole.name, whole.classes, *parts, whole.test)

    monkeypatch.setattr(adaptation, "load_task", shuffled)
    again = run(PAIR, name, 0, steps=4)
    assert (without_seconds(first) == without_seconds(again)) is (name != ON_TARGET)


def test_run_leaves_the_global_random_state_alone():
    before = torch.get_rng_state()
    adaptation.network_for(10, 3)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("seed", [0, 1])
def test_pairs_of_the_same_handwriting_have_the_same_digits_in_the_same_splits(seed):
    clean, photographs = (load_task(name, seed=seed) for name in PAIRS[PAIR])
    for split in ("train", "validation", "test"):
        digits, blended = (getattr(task, split) for task in (clean, photographs))
        assert torch.equal(digits.labels, blended.labels)


# ---- the command --------------------------------------------------------------------------------------------------


def rows(seeds):
    """Source only 0.5, on target 0.9, the others between; a little more with each seed."""
    scores = dict.fromkeys(METHODS, 0.8) | {SOURCE_ONLY: 0.5, ON_TARGET: 0.9}
    keys = itertools.product(range(seeds), PAIRS, scores.items())
    results = (Result(pair, name, seed, score + 0.02 * seed, 0, 0, 0, 1, 0) for seed, pair, (name, score) in keys)
    return [dataclasses.asdict(result) for result in results]


def test_shares_are_of_each_seeds_own_gap():
    assert shares(rows(2), PAIR, "DANN") == pytest.approx([0.75, 0.75])
    assert shares(rows(2), PAIR, ON_TARGET) == pytest.approx([1, 1])


def test_shares_of_the_chosen_are_those_of_the_highest_agreement_among_the_adapted():
    changed = rows(2)
    for row in changed:
        row["agreement"] = 0.9 if row["method"] == SOURCE_ONLY else 0.5
        if (row["method"], row["seed"]) == ("MMD", 1):
            row |= {"agreement": 0.6, "accuracy": 0.72}
    assert shares(changed, PAIR, adaptation.CHOSEN) == pytest.approx([0.75, 0.5])


def test_table_gives_means_and_intervals_over_seeds():
    # 80 and 82 %: t with one degree of freedom is 12.706, so 12.706 · 1.414 / √2
    assert "| DANN | 81.0 ± 12.7 % (75 ± 0 %) | 81.0 ± 12.7 % (75 ± 0 %) |" in table(rows(2))
    assert "| DANN | 80.0 % (75 %) | 80.0 % (75 %) |" in table(rows(1))
    assert "Seeds: 0, 1." in table(rows(2))


def test_measure_goes_on_where_it_was(monkeypatch, capsys):
    asked = []

    def results(keys, processes):
        asked.extend(keys)
        return (Result(*key, 0.123456, 0, 0, 0, 1, 0) for key in keys)

    monkeypatch.setattr(adaptation, "_results", results)
    have = rows(2)
    again = list(measure(3, have))
    assert again[: len(have)] == have
    assert asked == [(pair, name, 2) for pair in PAIRS for name in METHODS]
    assert again[-1]["accuracy"] == 0.1235
    assert list(measure(1, have)) == rows(1)
    assert "seed 2, digits → digits on photographs, DANN" in capsys.readouterr().out
