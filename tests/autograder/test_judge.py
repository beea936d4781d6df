"""From an implementation to a verdict."""

import numpy as np
import pytest
import torch

from autograder.exercise import Outcome
from autograder.exercises import EXERCISES, find, of_lesson
from autograder.judge import assess, first_difference, judge, run
from autograder.probes import observe, seen
from lib.features import extract_features
from lib.freezing import freeze, trainable_fraction


@pytest.mark.parametrize("name", EXERCISES)
def test_assess_gives_the_reference_all_points_on_a_seed_that_verify_does_not_use(name):
    verdict = assess(find(name), EXERCISES[name].reference, seed=987_654)
    assert verdict.passed
    assert verdict.points == verdict.possible == EXERCISES[name].points


def test_assess_gives_half_an_idea_its_half():
    def only_parameters(module):
        for parameter in module.parameters():
            parameter.requires_grad_(False)
            parameter.grad = None
        return module

    verdict = assess(find("freeze"), only_parameters, 0)
    assert (verdict.points, verdict.possible) == (2, 4)
    assert verdict.misconception == "gradients-only"


def test_assess_says_when_it_raised_and_what():
    def broken(module):
        raise KeyError("layer9")

    verdict = assess(find("freeze"), broken, 0)
    assert verdict.points == 0
    assert verdict.findings[0].got == "it raised KeyError: 'layer9'"


def test_assess_is_not_fooled_by_an_object_equal_to_everything():
    class Everything(float):
        def __eq__(self, _other):
            return True

        def __float__(self):
            return 0.5

        __hash__ = None

    verdict = assess(find("trainable_fraction"), lambda model: Everything(123.0), 0)
    assert verdict.points == 0


def test_assess_is_not_fooled_by_a_tensor_subclass():
    class Agreeable(torch.Tensor):
        @classmethod
        def __torch_function__(cls, function, types, arguments=(), options=None):
            return True

    verdict = assess(find("extract_features"), lambda *_, **__: torch.zeros(12, 5).as_subclass(Agreeable), 0)
    assert verdict.points == 0


def test_judge_refuses_a_wrong_number_of_outcomes():
    with pytest.raises(ValueError, match="expected one for each of 2 cases, got 1"):
        judge(find("freeze"), [Outcome()], 0)


def test_judge_finds_missing_observations_wrong():
    cases = len(find("freeze").cases(0))
    assert judge(find("freeze"), [Outcome({})] * cases, 0).points == 0


def test_first_difference_is_none_for_a_right_answer_and_the_tensors_for_a_wrong_one():
    exercise = find("extract_features")
    assert first_difference(exercise, run(exercise, extract_features, 0), 0) is None
    wrong = run(exercise, lambda *a, **k: extract_features(*a, **k) + 1, 0)
    name, expected, got = first_difference(exercise, wrong, 0)
    assert name == "features"
    torch.testing.assert_close(got, expected + 1)


def test_find_names_the_closest():
    with pytest.raises(ValueError, match=r"no exercise 'freze'; the closest are: freeze"):
        find("freze")
    with pytest.raises(TypeError, match="got int"):
        find(3)
    assert find("freeze").reference is freeze


def test_of_lesson_keeps_the_order_of_the_lesson():
    names = [exercise.name for exercise in of_lesson("03_feature_extraction_vs_fine_tuning")]
    assert names[0] == trainable_fraction.__name__
    assert len(names) == 5
    assert of_lesson("99_nothing") == []


def test_seen_keeps_plain_data_and_describes_the_rest():
    assert seen([1, (True, None)]) == [1, [True, None]]
    assert seen({1}) == "an object of type set"
    assert [type(seen(one)) for one in (np.int64(3), np.float32(3), np.bool_(True))] == [int, float, str]
    assert type(seen(torch.nn.Parameter(torch.zeros(1)))) is torch.Tensor
    assert seen(torch.zeros(2, 2).to_sparse()) == "a torch.sparse_coo tensor"


def test_observe_makes_single_precision_and_gradients_whatever_a_cell_has_set():
    def made(implementation, device):
        layer = torch.nn.Linear(2, 1)
        return {"type": str(layer.weight.dtype), "gradients": layer(torch.ones(1, 2)).requires_grad}

    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    try:
        seen = observe(made, None, "cpu", {})
        assert seen == {"observations": {"type": "torch.float32", "gradients": True}}
        assert torch.get_default_dtype() == torch.float64 and not torch.is_grad_enabled()
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)


def test_observe_is_the_same_each_time_and_leaves_the_global_random_state_alone():
    def probe(implementation, device):
        return {"drawn": implementation()}

    state = torch.get_rng_state()
    first, second = (observe(probe, lambda: torch.rand(3), "cpu", {}) for _ in range(2))
    assert torch.equal(first["observations"]["drawn"], second["observations"]["drawn"])
    assert torch.equal(torch.get_rng_state(), state)
