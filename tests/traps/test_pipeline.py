"""Traps of a whole run: clipping, resuming, compiling, averaging."""

import copy

import pytest
import torch
from torch import nn

from lib.datasets.task import Split
from lib.epochs import evaluate, train_one_epoch
from lib.freezing import freeze, trainable_parameters
from lib.pipeline import fine_tune
from lib.plan import Phase, Plan


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Sequential(nn.Linear(4, 8), nn.ReLU()), nn.Linear(8, 6), nn.Linear(6, 3))


def data(count=10):
    generator = torch.Generator().manual_seed(0)
    return Split(torch.rand(count, 4, generator=generator), torch.arange(count) % 3)


def run(model, plan, **options):
    return fine_tune(model, data(), data(), plan, prepare=lambda images: images, **options)


class Scaling:
    """Does what GradScaler does in half precision, on the CPU: the loss times 1,024, gradients divided by it."""

    def scale(self, loss):
        return loss * 1024

    def unscale_(self, optimiser):
        for group in optimiser.param_groups:
            for parameter in group["params"]:
                parameter.grad /= 1024

    def step(self, optimiser):
        optimiser.step()

    def update(self):
        pass


def test_trap_09_gradients_are_clipped_once_and_after_they_are_unscaled():
    plain, scaled, split = network(), network(), data()
    for model, scaler in ((plain, None), (scaled, Scaling())):
        optimiser = torch.optim.SGD(model.parameters(), lr=1.0)
        train_one_epoch(model, [(split.images, split.labels)], optimiser, clip_norm=0.01, scaler=scaler)
    start = network()
    moved = torch.cat([(a - b).detach().flatten() for a, b in zip(plain.parameters(), start.parameters(), strict=True)])
    assert float(moved.norm()) == pytest.approx(0.01, rel=1e-3)
    for one, other in zip(plain.parameters(), scaled.parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_trap_10_a_run_resumed_after_unfreezing_goes_on_unfrozen(tmp_path):
    plan, seen = Plan((Phase(1, 0.1, stages=1), Phase(3, 0.1))), []

    def kill(epoch):
        seen.append(epoch)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(network(), plan, checkpoint=tmp_path / "run.pt", report=kill)
    resumed = network()
    run(resumed, plan, checkpoint=tmp_path / "run.pt")
    assert all(parameter.requires_grad for parameter in resumed.parameters())
    assert not torch.equal(resumed[0][0].weight, network()[0][0].weight)


@pytest.mark.slow
def test_trap_11_what_is_unfrozen_after_compiling_does_learn(monkeypatch):
    compiled = []

    def compile_(model):
        compiled.append(model)
        return original(model, backend="aot_eager")

    original = torch.compile
    monkeypatch.setattr(torch, "compile", compile_)
    model, plain = network(), network()
    phases = (Phase(2, 0.1, stages=1), Phase(2, 0.1))
    run(model, Plan(phases, compile=True))
    run(plain, Plan(phases))
    assert len(compiled) == 2
    assert not torch.equal(model[0][0].weight, network()[0][0].weight)
    for one, other in zip(model.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def test_trap_06_what_is_frozen_does_not_move_by_momentum_or_decay_or_an_average():
    model = network()
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=0.1)
    split = data()
    train_one_epoch(model, [(split.images, split.labels)], optimiser)  # momentum is there
    freeze(model[0])
    before = copy.deepcopy(model.state_dict())
    for _ in range(3):
        optimiser.zero_grad(set_to_none=False)
        nn.functional.cross_entropy(model(split.images), split.labels).backward()
        optimiser.step()
    assert all(torch.equal(value, before[name]) for name, value in model[0].state_dict(prefix="0.").items())
    run(model, Plan((Phase(2, 0.1, stages=2),), average=0.7))
    assert all(torch.equal(value, before[name]) for name, value in model[0].state_dict(prefix="0.").items())


def test_trap_24_means_are_over_images_not_over_batches():
    model, split = network(), data(10)
    batches = [(split.images[rows], split.labels[rows]) for rows in (slice(0, 9), slice(9, 10))]
    expected = nn.functional.cross_entropy(model(split.images), split.labels).item()
    assert evaluate(model, batches).loss == pytest.approx(expected, abs=1e-6)
    still = torch.optim.SGD(trainable_parameters(model), lr=1e-20)
    assert train_one_epoch(model, batches, still) == pytest.approx(expected, abs=1e-6)
