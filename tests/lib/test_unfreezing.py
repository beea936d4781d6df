"""Gradual unfreezing: from the top down, when it is due, and the same again after a stop."""

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torchvision.models import resnet18

from lib.batchnorm import norms_with_buffers
from lib.freezing import is_frozen, is_pinned
from lib.learning_rates import parameter_groups
from lib.stages import stages
from lib.unfreezing import GradualUnfreezer, every_epochs, plateau_schedule
from tests.lib.classifiers import build, for_every_classifier

losses = st.lists(st.floats(0, 2), max_size=15)
quick = settings(max_examples=60, deadline=None, derandomize=True)


def small():
    torch.manual_seed(0)
    parts = [nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.ReLU()) for _ in range(3)]
    return nn.Sequential(*parts, nn.Linear(3, 2))


def open_stages(model):
    return [name for name, stage in stages(model).items() if all(p.requires_grad for p in stage.parameters())]


def test_gradual_unfreezer_opens_from_the_head_down_and_says_what():
    model = resnet18(weights=None)
    unfreezer = GradualUnfreezer(model, every_epochs(2))
    order, opened = ["head", "layer4", "layer3", "layer2", "layer1", "stem"], []
    assert open_stages(model) == unfreezer.trainable == ["head"]
    for epoch in range(1, 13):
        opened += unfreezer.step(1.0)
        assert open_stages(model) == unfreezer.trainable == order[: 1 + min(5, epoch // 2)][::-1]
    assert opened == order[1:]


@quick
@given(losses, st.integers(1, 4))
def test_gradual_unfreezer_never_freezes_again_and_is_never_ahead_of_its_schedule(seen, patience):
    model, before = small(), 0
    unfreezer = GradualUnfreezer(model, lambda so_far: plateau_schedule(so_far, patience))
    for epoch, loss in enumerate(seen, start=1):
        unfreezer.step(loss)
        count = len(unfreezer.trainable) - 1
        assert before <= count == min(3, plateau_schedule(seen[:epoch], patience))
        before = count


def test_gradual_unfreezer_frozen_stages_are_fixed_and_open_ones_learn():
    model = small()
    unfreezer = GradualUnfreezer(model, frozen_norms=False)
    unfreezer.step(1.0)
    model.train()
    assert is_frozen(model[0]) and is_frozen(model[1])
    assert model[2][1].training
    unfreezer.step(1.0)
    assert not is_pinned(model[1][1])


def test_gradual_unfreezer_keeps_the_statistics_of_norms_that_learn_unless_told_otherwise():
    model = small()
    unfreezer = GradualUnfreezer(model)
    for _ in range(3):
        unfreezer.step(1.0)
    assert all(map(is_pinned, norms_with_buffers(model).values()))
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_gradual_unfreezer_leaves_alone_what_was_frozen_by_hand_in_an_open_stage():
    model = small()
    unfreezer = GradualUnfreezer(model)
    unfreezer.step(1.0)
    model[2][0].bias.requires_grad_(False)
    unfreezer.step(1.0)
    assert not model[2][0].bias.requires_grad
    assert model[1][0].bias.requires_grad


@pytest.mark.parametrize("stop", range(1, 6))
def test_gradual_unfreezer_resumed_run_equals_one_never_stopped(stop):
    def run(model, optimiser, unfreezer, epochs):
        for epoch in epochs:
            generator = torch.Generator().manual_seed(epoch)
            images, labels = torch.randn(8, 3, generator=generator), torch.arange(8) % 2
            optimiser.zero_grad()
            loss = nn.functional.cross_entropy(model.train()(images), labels)
            loss.backward()
            optimiser.step()
            unfreezer.step(loss.item())

    def parts():
        model = small()
        optimiser = torch.optim.AdamW(parameter_groups(model, 0.1, 0.5))
        return model, optimiser, GradualUnfreezer(model, lambda seen: plateau_schedule(seen, 1))

    whole = parts()
    run(*whole, range(6))
    first = parts()
    run(*first, range(stop))
    states = [copy.deepcopy(part.state_dict()) for part in first]
    again = parts()
    for part, state in zip(again, states, strict=True):
        part.load_state_dict(state)
    run(*again, range(stop, 6))
    assert again[2].trainable == whole[2].trainable != ["head"]
    assert all(torch.equal(a, b) for a, b in zip(again[0].parameters(), whole[0].parameters(), strict=True))


def test_gradual_unfreezer_refuses_a_schedule_that_freezes_again():
    unfreezer = GradualUnfreezer(small(), lambda seen: 2 - len(seen))
    unfreezer.step(1.0)
    with pytest.raises(ValueError, match="schedule: expected at least the 1 stages that are open, got 0"):
        unfreezer.step(1.0)


def test_gradual_unfreezer_refuses_a_state_from_before_what_is_open():
    unfreezer = GradualUnfreezer(small())
    early = unfreezer.state_dict()
    unfreezer.step(1.0)
    with pytest.raises(ValueError, match="state: expected at least the 1 open stages of now, got 0"):
        unfreezer.load_state_dict(early)


# ---- schedules ----------------------------------------------------------------------------------------------------


@quick
@given(losses, st.integers(1, 4), st.floats(0, 0.5))
def test_plateau_schedule_counts_as_torch_s_reducer_does(seen, patience, threshold):
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimiser, factor=0.5, patience=patience - 1, threshold=threshold, threshold_mode="abs", min_lr=0.0, eps=0.0
    )
    for loss in seen:
        theirs.step(loss)
    assert 0.5 ** plateau_schedule(seen, patience, threshold) == optimiser.param_groups[0]["lr"]


@quick
@given(losses, st.integers(1, 4))
def test_plateau_schedule_only_grows_with_the_epochs(seen, patience):
    counts = [plateau_schedule(seen[:end], patience) for end in range(len(seen) + 1)]
    assert counts == sorted(counts)


def test_schedules_refuse_what_is_out_of_range():
    for call, named in (
        (lambda: every_epochs(0), "count"),
        (lambda: plateau_schedule([], patience=0), "patience"),
        (lambda: plateau_schedule([], threshold=-1.0), "threshold"),
    ):
        with pytest.raises(ValueError, match=f"{named}: expected .*, got"):
            call()


@for_every_classifier
def test_gradual_unfreezer_opens_every_parameter_of_all_80_classifiers(name):
    model = build(name)
    unfreezer = GradualUnfreezer(model)
    trainable = [sum(p.requires_grad for p in model.parameters())]
    while unfreezer.step(1.0):
        trainable.append(sum(p.requires_grad for p in model.parameters()))
    assert trainable == sorted(set(trainable))
    assert trainable[-1] == len(list(model.parameters()))
    assert len(trainable) == len(stages(model))
