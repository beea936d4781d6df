"""Strategies as plans: the same epochs for all, what each opens, shares counted by hand, and the rule of thumb."""

import pytest
from torch import nn
from torchvision.models.resnet import BasicBlock, ResNet

from lib.freezing import freeze_until, trainable_fraction
from lib.plan import Phase
from lib.stages import stages
from lib.strategies import STRATEGIES, recommend_strategy, trainable_shares

OPENS = {  # stages that learn in each phase, for a network of six
    "extraction": [1],
    "partial": [2],
    "gradual": [1, 2, 3, 4, 5, 6],
    "LP-FT": [1, None],
    "full": [None],
    "scratch": [None],
}


@pytest.mark.parametrize("epochs", [6, 12, 17])
@pytest.mark.parametrize("name", STRATEGIES)
def test_strategy_plan_divides_all_epochs_and_opens_what_its_name_says(name, epochs):
    plan = STRATEGIES[name].plan(depth=6, epochs=epochs)
    assert sum(phase.epochs for phase in plan.phases) == epochs
    assert [phase.stages for phase in plan.phases] == OPENS[name]
    assert plan.frozen_norms == (name != "scratch")


def test_strategy_plan_hands_its_options_on_and_the_rate_to_the_head():
    strategy = STRATEGIES["LP-FT"]
    plan = strategy.plan(depth=6, epochs=4, schedule="constant", seed=3)
    assert (plan.schedule, plan.seed) == ("constant", 3)
    assert [phase.rate for phase in plan.phases] == [10 * strategy.rate, strategy.rate]
    assert STRATEGIES["scratch"].plan(6, 4).phases[0].decay == 1.0


@pytest.mark.parametrize(("depth", "opened"), [(2, 2), (3, 2), (5, 2), (6, 2), (8, 3), (9, 3)])
def test_partial_opens_the_last_third_and_at_least_two(depth, opened):
    assert STRATEGIES["partial"].plan(depth, epochs=1).phases[0].stages == opened


@pytest.mark.parametrize(("name", "epochs", "phases"), [("gradual", 5, 6), ("LP-FT", 1, 2)])
def test_strategy_plan_refuses_fewer_epochs_than_phases(name, epochs, phases):
    with pytest.raises(ValueError, match=f"epochs: expected at least one for each of {phases} phases, got {epochs}"):
        STRATEGIES[name].plan(depth=6, epochs=epochs)


def test_trainable_shares_are_those_counted_by_hand():
    model = nn.Sequential(nn.Linear(5, 7), nn.Linear(7, 3, bias=False), nn.Linear(3, 2))  # 42 + 21 + 8
    phases = (Phase(1, 0.1, stages=1), Phase(1, 0.1, stages=2), Phase(1, 0.1))
    assert trainable_shares(model, phases) == [8 / 71, 29 / 71, 1.0]


def test_trainable_shares_are_what_freezing_leaves():
    model = ResNet(BasicBlock, [1, 1, 1, 1], num_classes=3)
    for count, name in enumerate(reversed(stages(model)), start=1):
        [share] = trainable_shares(model, (Phase(1, 0.1, stages=count),))
        assert share == pytest.approx(trainable_fraction(freeze_until(model, name)), abs=1e-12)


def test_trainable_shares_leave_the_model_alone_and_refuse_too_many_stages():
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)).requires_grad_(False)
    trainable_shares(model, (Phase(1, 0.1),))
    assert not any(parameter.requires_grad for parameter in model.parameters())
    with pytest.raises(ValueError, match="phases: expected at most the 2 stages that the model has, got 3"):
        trainable_shares(model, (Phase(1, 0.1, stages=3),))


# ---- the rule of thumb --------------------------------------------------------------------------------------------

GUIDE = [
    (999, "similar", "plenty", "extraction"),
    (1_000, "similar", "plenty", "partial"),
    (10_000, "similar", "plenty", "full"),
    (100_000, "similar", "plenty", "full"),
    (1, "distant", "plenty", "gradual"),
    (9_999, "distant", "plenty", "gradual"),
    (99_999, "distant", "plenty", "full"),
    (100_000, "distant", "plenty", "scratch"),
    (999, "distant", "little", "extraction"),
    (1_000, "similar", "little", "partial"),
    (10**6, "distant", "little", "partial"),
]


@pytest.mark.parametrize(("images", "domain", "compute", "expected"), GUIDE)
def test_recommend_strategy_is_the_table(images, domain, compute, expected):
    recommendation = recommend_strategy(images, domain, compute)
    assert recommendation.strategy == expected in STRATEGIES
    assert recommendation.reason.endswith(".")


@pytest.mark.parametrize("compute", ["little", "plenty"])
@pytest.mark.parametrize("domain", ["similar", "distant"])
def test_recommend_strategy_never_opens_less_for_more_images(domain, compute):
    order = ["extraction", "partial", "gradual", "full", "scratch"]
    found = [order.index(recommend_strategy(10**power, domain, compute).strategy) for power in range(7)]
    assert found == sorted(found)


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        ((0,), "images: expected an integer of at least 1, got 0"),
        ((True,), "images: expected an integer of at least 1, got True"),
        ((1.5,), "images: expected an integer of at least 1, got 1.5"),
        ((10, "far"), "domain: expected 'similar' or 'distant', got 'far'"),
        ((10, "similar", "some"), "compute: expected 'little' or 'plenty', got 'some'"),
    ],
    ids=["none", "bool", "fraction", "domain", "compute"],
)
def test_recommend_strategy_refuses(case, sentence):
    with pytest.raises(ValueError, match=sentence):
        recommend_strategy(*case)
