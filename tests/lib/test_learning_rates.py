"""Rates by stage and schedules, against the formulas' own arithmetic and torch's schedulers."""

import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.optim import lr_scheduler as schedulers
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts, LambdaLR, OneCycleLR
from torchvision.models import resnet18

from lib.freezing import freeze
from lib.learning_rates import (
    cosine_with_warmup,
    layer_learning_rates,
    one_cycle,
    parameter_groups,
    slanted_triangular,
    warm_restarts,
)
from lib.stages import stages
from tests.lib.classifiers import build, for_every_classifier

quick = settings(max_examples=50, deadline=None, derandomize=True)


# ---- a rate for each stage ----------------------------------------------------------------------------------------


@quick
@given(st.integers(1, 12), st.floats(1e-6, 10), st.floats(0.01, 1))
def test_layer_learning_rates_top_has_the_base_and_each_ratio_is_the_decay(count, base, decay):
    rates = list(layer_learning_rates([str(i) for i in range(count)], base, decay).values())
    assert rates[-1] == base
    assert all(low == pytest.approx(high * decay) for low, high in pairwise(rates))


def test_layer_learning_rates_of_six_stages_gives_the_base_on_top_not_a_fifth_of_it():
    assert layer_learning_rates("abcdef", 1e-3, 0.2)["f"] == 1e-3  # the lesson's listing gives 2e-4


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (([], 0.1, 0.5), "names"),
        ((["a", "a"], 0.1, 0.5), "names"),
        ((["a"], 0.0, 0.5), "base"),
        ((["a"], math.inf, 0.5), "base"),
        ((["a"], 0.1, 0.0), "decay"),
        ((["a"], 0.1, 1.1), "decay"),
    ],
)
def test_layer_learning_rates_refuses(arguments, named):
    with pytest.raises(ValueError, match=f"{named}: expected .*, got"):
        layer_learning_rates(*arguments)


@pytest.mark.parametrize("name", ["resnet18", "vit_b_16", "convnext_tiny", "googlenet", "swin_t", "densenet121"])
def test_parameter_groups_hold_every_parameter_once(name):
    model = build(name)
    groups = parameter_groups(model, 1e-2, 0.3)
    held = [id(parameter) for group in groups for parameter in group["params"]]
    assert sorted(held) == sorted(id(parameter) for parameter in model.parameters())


def test_parameter_groups_frozen_or_not_are_the_same():
    model = resnet18(weights=None)
    before = [(group["name"], len(group["params"])) for group in parameter_groups(model, 0.1)]
    freeze(model.layer1)
    assert [(group["name"], len(group["params"])) for group in parameter_groups(model, 0.1)] == before


def test_parameter_groups_decay_weights_and_neither_biases_nor_norms():
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(2, 2))
    decays = {id(p): group["weight_decay"] for group in parameter_groups(model, 0.1) for p in group["params"]}
    assert {name: decays[id(p)] for name, p in model.named_parameters()} == {
        "0.weight": 0.01,
        "0.bias": 0.0,
        "1.weight": 0.0,
        "1.bias": 0.0,
        "3.weight": 0.01,
        "3.bias": 0.0,
    }


def test_parameter_groups_give_each_stage_its_rate():
    model = resnet18(weights=None)
    rates = layer_learning_rates(list(stages(model)), 1e-2, 0.3)
    for group in parameter_groups(model, 1e-2, 0.3):
        assert group["lr"] == rates[group["name"].split(",")[0]]


def test_parameter_groups_shared_parameter_is_updated_once():
    first, second = nn.Linear(3, 3), nn.Linear(3, 3)
    second.weight = first.weight
    groups = parameter_groups(nn.Sequential(first, second), 0.1, 0.5)
    held = [p for group in groups for p in group["params"] if p is first.weight]
    assert len(held) == 1
    assert next(group["name"] for group in groups if any(p is first.weight for p in group["params"])) == "0"
    with pytest.raises(ValueError, match="weight_decay: expected a number of at least 0, got -1"):
        parameter_groups(first, 0.1, weight_decay=-1)


def _sequential(optimiser):
    parts = [schedulers.ConstantLR(optimiser, 0.5, 9), schedulers.ExponentialLR(optimiser, 0.5)]
    return schedulers.SequentialLR(optimiser, parts, [1])


SCHEDULERS = {
    "lambda": lambda optimiser: LambdaLR(optimiser, lambda step: 0.5),
    "step": lambda optimiser: schedulers.StepLR(optimiser, 1, 0.5),
    "exponential": lambda optimiser: schedulers.ExponentialLR(optimiser, 0.5),
    "sequential": _sequential,
}


@pytest.mark.parametrize("kind", SCHEDULERS)
def test_parameter_groups_ratios_survive_schedulers(kind):
    optimiser = torch.optim.SGD(parameter_groups(resnet18(weights=None), 1e-2, 0.3))
    before = [group["lr"] for group in optimiser.param_groups]
    schedule = SCHEDULERS[kind](optimiser)
    for _ in range(2):
        optimiser.step()
        schedule.step()
    after = [group["lr"] for group in optimiser.param_groups]
    assert [now / then for now, then in zip(after, before, strict=True)] == pytest.approx(
        [after[-1] / 1e-2] * len(after)
    )
    assert after[-1] < 1e-2


# ---- schedules ----------------------------------------------------------------------------------------------------


def rates(make, steps):
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule, seen = make(optimiser), []
    for _ in range(steps):
        seen.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    return seen


def test_one_cycle_is_what_torch_makes_of_it():
    theirs = rates(lambda o: OneCycleLR(o, 1.0, total_steps=40, pct_start=0.3), 40)
    assert [one_cycle(step, steps=40) for step in range(40)] == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("growth", [1, 2])
def test_warm_restarts_are_what_torch_makes_of_them(growth):
    theirs = rates(lambda o: CosineAnnealingWarmRestarts(o, 5, growth, eta_min=0.1), 33)
    assert [warm_restarts(step, period=5, growth=growth, floor=0.1) for step in range(33)] == pytest.approx(theirs)


def test_cosine_with_warmup_without_warmup_is_torch_cosine_annealing():
    theirs = rates(lambda o: schedulers.CosineAnnealingLR(o, 20, eta_min=0.2), 21)
    assert [cosine_with_warmup(step, steps=20, floor=0.2) for step in range(21)] == pytest.approx(theirs)


@quick
@given(st.integers(2, 200), st.data())
def test_cosine_with_warmup_rises_to_one_at_warmup_and_falls_to_the_floor(steps, data):
    warmup, floor = data.draw(st.integers(0, steps - 1)), data.draw(st.floats(0, 1))
    factors = [cosine_with_warmup(step, steps=steps, warmup=warmup, floor=floor) for step in range(steps + 3)]
    assert factors[warmup] == 1.0
    assert factors[: warmup + 1] == sorted(factors[: warmup + 1])
    assert factors[warmup:] == sorted(factors[warmup:], reverse=True)
    assert factors[steps] == factors[-1] == pytest.approx(floor)
    assert factors[0] > 0


@quick
@given(st.integers(10, 500), st.floats(0.05, 0.95), st.floats(1, 100))
def test_slanted_triangular_is_the_paper_s_equation_where_that_is_defined(steps, cut, ratio):
    peak = math.floor(steps * cut)
    if peak == 0:
        return
    for step in range(steps):
        p = step / peak if step < peak else 1 - (step - peak) / (peak * (1 / cut - 1))
        expected = (1 + max(p, 0) * (ratio - 1)) / ratio
        assert slanted_triangular(step, steps=steps, cut=cut, ratio=ratio) == pytest.approx(expected)
    assert slanted_triangular(peak, steps=steps, cut=cut, ratio=ratio) == 1.0


@pytest.mark.parametrize(
    ("schedule", "step", "options", "named"),
    [
        (cosine_with_warmup, -1, {"steps": 5}, "step"),
        (cosine_with_warmup, 0, {"steps": 0}, "steps"),
        (cosine_with_warmup, 0, {"steps": 5, "warmup": 5}, "warmup"),
        (cosine_with_warmup, 0, {"steps": 5, "floor": 1.5}, "floor"),
        (slanted_triangular, 0, {"steps": 5, "cut": 1.0}, "cut"),
        (slanted_triangular, 0, {"steps": 5, "ratio": 0.5}, "ratio"),
        (slanted_triangular, -1, {"steps": 5}, "step"),
        (one_cycle, 0, {"steps": 10, "rise": 0.05}, "rise"),
        (one_cycle, 0, {"steps": 10, "rise": 1.0}, "rise"),
        (warm_restarts, 0, {"period": 0}, "period"),
        (warm_restarts, 0, {"period": 3, "growth": 0}, "growth"),
        (warm_restarts, 0, {"period": 3, "floor": -0.1}, "floor"),
    ],
)
def test_schedules_refuse(schedule, step, options, named):
    with pytest.raises(ValueError, match=f"^{named}: expected .*, got"):
        schedule(step, **options)


@for_every_classifier
def test_parameter_groups_partition_all_80_classifiers(name):
    model = build(name)
    groups = parameter_groups(model, 1e-2, 0.3)
    held = [id(parameter) for group in groups for parameter in group["params"]]
    assert sorted(held) == sorted(id(parameter) for parameter in model.parameters())
