"""Trials of the pipeline: each lacks what it is called, and the steps are the pipeline's own."""

from dataclasses import fields

import pytest
import torch

from lib.backbones import preprocessing
from lib.datasets.task import Split, Task
from lib.phases import copy_of_weights
from lib.pipeline import fine_tune
from lib.pipeline_trials import LAST_WEIGHTS, WHOLE, new_network, pipeline_trial, plans, train_to_the_last
from lib.plan import Phase, Plan, two_phases


def split(count, seed):
    images = torch.randint(256, (count, 3, 48, 48), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)
    return Split(images, torch.arange(count) % 2)


@pytest.fixture(scope="module")
def task():
    return Task("noise", ("a", "b"), split(20, 0), split(10, 1), split(10, 2))


def test_plans_differ_from_the_whole_in_the_one_thing_that_they_lack():
    known = plans(2, 3, seed=4)
    assert known[WHOLE] == Plan(two_phases(2, 3), seed=4)
    lacking = {
        name: [one.name for one in fields(plan) if getattr(plan, one.name) != getattr(known[WHOLE], one.name)]
        for name, plan in known.items()
    }
    assert lacking == {
        WHOLE: [],
        LAST_WEIGHTS: [],
        "no frozen norms": ["frozen_norms"],
        "no rates by stage": ["phases"],
        "no label smoothing": ["label_smoothing"],
        "no clipping": ["clip_norm"],
        "one phase": ["phases"],
    }
    alike, [only] = known["no rates by stage"].phases, known["one phase"].phases
    assert [(one.epochs, one.stages, one.decay) for one in alike] == [(2, 2, 1.0), (3, None, 1.0)]
    assert (only.epochs, only.rate, only.stages) == (5, 1e-3, None)


def test_train_to_the_last_makes_the_steps_of_the_pipeline_to_the_bit(task):
    plan, prepare, seen = Plan((Phase(3, 1e-2, 2),), batch_size=8), preprocessing("resnet10"), []
    model, other = new_network(2, seed=3), new_network(2, seed=3)
    fine_tune(
        model, task.train, task.validation, plan, prepare=prepare, report=lambda _: seen.append(copy_of_weights(model))
    )
    train_to_the_last(other, task.train, task.validation, plan, prepare)
    assert len(seen) == 3 and not other.training
    assert all(torch.equal(value, seen[-1][name]) for name, value in other.state_dict().items())


@pytest.mark.parametrize("part", [WHOLE, LAST_WEIGHTS])
def test_pipeline_trial_repeats_and_leaves_the_global_random_state_alone(task, part):
    before = torch.get_rng_state()
    first, again = (pipeline_trial(task, 4, 1, part, first=1, second=1) for _ in range(2))
    assert first == again and all(0 <= share <= 1 for share in first)
    assert torch.equal(torch.get_rng_state(), before)


def test_pipeline_trial_refuses_an_unknown_part(task):
    with pytest.raises(ValueError, match=r"part: expected one of the whole, .*one phase, got 'none'"):
        pipeline_trial(task, 2, 0, "none")
