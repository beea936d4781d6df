"""Lesson 1's measurements: whole, and made of what they say."""

import itertools

import torch

from benchmarks import lesson01
from lib.comparison import RECIPES
from lib.results import recorded


def test_recorded_holds_every_run_and_every_probe_once():
    granites, stages = recorded("lesson01_granites"), recorded("lesson01_stages")
    found = [(row["technique"], row["images_per_class"], row["seed"]) for row in granites.rows]
    assert sorted(found) == sorted(itertools.product(RECIPES, lesson01.SIZES, range(lesson01.SEEDS)))
    counts = dict.fromkeys(lesson01.PROBED, lesson01.SEEDS) | {lesson01.SOURCE: lesson01.GROUPS}
    for network, (task, count) in itertools.product(lesson01.NETWORKS, counts.items()):
        for stage in ("stem", "layer1", "layer2", "layer3", "layer4", "head"):
            assert len(stages.values("accuracy", network=network, task=task, stage=stage)) == count
    assert {granites.command, stages.command} == {lesson01.COMMAND}


def test_recordings_miss_nothing():
    assert [one.missing() for one in lesson01.RECORDINGS] == [0, 0]


def test_divided_learns_from_the_first_ten_of_each_character_and_tests_on_the_others():
    labels = torch.tensor([7, 3] * 12 + [5])
    fitted, tested = lesson01.divided(labels, torch.tensor([3, 7]))
    assert labels[fitted].tolist() == [3] * 10 + [7] * 10
    assert labels[tested].tolist() == [3, 3, 7, 7]
    assert not set(fitted.tolist()) & set(tested.tolist())


def test_character_groups_are_ten_characters_each_and_share_none():
    everyone = torch.cat(lesson01.character_groups())
    assert len(everyone.unique()) == len(everyone) == 10 * lesson01.GROUPS
