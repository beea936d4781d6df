"""The four techniques on one small task: what each may change, and that a seed decides everything."""

import pytest
import torch

from lib import comparison
from lib.comparison import RECIPES, Recipe, compare, learn, prepared
from lib.datasets.digits import clean_digits
from lib.features import extract_features
from lib.training import accuracy

SHORT = Recipe(True, epochs=1, rate=1e-3, head_rate=1e-3)


def test_compare_gives_the_same_result_for_the_same_seed_and_leaves_the_random_state_alone():
    before = torch.get_rng_state()
    first, again, other = (compare("fine-tuned", clean_digits(), 2, seed, recipe=SHORT) for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert (first.accuracy, first.train_accuracy) == (again.accuracy, again.train_accuracy)
    assert first.accuracy != other.accuracy


def test_learn_frozen_gives_the_bundled_features_and_a_linear_head():
    few = clean_digits().train.few(3, seed=0)
    model = learn(RECIPES["frozen"], few, 10, seed=0)
    backbone = comparison.load_backbone("resnet10")
    comparison.remove_head(backbone)
    features = extract_features(backbone, prepared(few))
    assert torch.equal(extract_features(model[0], prepared(few)), features)
    assert accuracy(model, prepared(few), few.labels) == 1.0


def test_learn_random_differs_from_frozen_in_the_weights_alone():
    few = clean_digits().train.few(3, seed=0)
    model = learn(RECIPES["random"], few, 10, seed=0)
    untouched = comparison.load_backbone("resnet10", weights=None, seed=0)
    assert torch.equal(model[0].layer1[0].conv1.weight, untouched.layer1[0].conv1.weight)


def test_compare_tests_on_the_split_that_is_asked_for():
    task = clean_digits()
    on_test = compare("frozen", task, 3, 0)
    on_validation = compare("frozen", task, 3, 0, on="validation")
    model = learn(RECIPES["frozen"], task.train.few(3, 0), 10, 0)
    assert on_test.accuracy == accuracy(model, prepared(task.test), task.test.labels)
    assert on_validation.accuracy == accuracy(model, prepared(task.validation), task.validation.labels)


def test_compare_refuses_an_unknown_technique():
    with pytest.raises(ValueError, match="technique: expected one of scratch, random, frozen, fine-tuned, got 'magic'"):
        compare("magic", clean_digits(), 3, 0)
