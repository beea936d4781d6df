"""How the rates of a phase go, step by step: against PyTorch's own schedulers and closed forms."""

import functools
import math

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR

from lib.datasets.task import Split
from lib.optimisation import Optimisation, schedule_of
from lib.pipeline import fine_tune
from lib.plan import SCHEDULES, Phase, Plan

RATES = (1e-3, 4e-2)


def groups(rates=RATES):
    return [{"params": [nn.Parameter(torch.ones(2))], "lr": rate, "weight_decay": 0.0} for rate in rates]


def rates_of(optimiser, schedule, steps):
    """Every group's rate at each step."""
    found = []
    for _ in range(steps):
        found.append([group["lr"] for group in optimiser.param_groups])
        optimiser.step()
        schedule.step()
    return torch.tensor(found, dtype=torch.float64)


def planned(plan, steps):
    optimisation = Optimisation(nn.Linear(2, 2), groups(), plan, steps)
    return rates_of(optimisation.optimiser, optimisation.schedule, steps)


@pytest.mark.parametrize("steps", [4, 7, 40])
def test_schedule_one_cycle_is_that_of_torch(steps):
    optimiser = torch.optim.AdamW(groups())
    theirs = OneCycleLR(optimiser, list(RATES), total_steps=steps, cycle_momentum=False)
    expected = rates_of(optimiser, theirs, steps)
    assert torch.allclose(planned(Plan(schedule="one-cycle"), steps), expected, rtol=1e-9, atol=0)


@pytest.mark.parametrize("warmup", [0.0, 0.1, 0.5])
def test_schedule_constant_rises_in_a_line_and_stays(warmup):
    rising = int(20 * warmup)
    factors = [min(1.0, (step + 1) / (rising + 1)) for step in range(20)]
    expected = torch.tensor(factors, dtype=torch.float64).unsqueeze(1) * torch.tensor(RATES, dtype=torch.float64)
    assert torch.allclose(planned(Plan(schedule="constant", warmup=warmup), 20), expected, rtol=1e-12, atol=0)


def test_schedule_cosine_is_the_default_and_falls_along_half_a_cosine_after_its_rise():
    factors = [1 / 3, 2 / 3] + [(1 + math.cos(math.pi * k / 18)) / 2 for k in range(18)]
    expected = torch.tensor(factors, dtype=torch.float64).unsqueeze(1) * torch.tensor(RATES, dtype=torch.float64)
    assert torch.allclose(planned(Plan(), 20), expected, rtol=1e-12, atol=0)
    assert torch.equal(planned(Plan(), 20), planned(Plan(schedule="cosine", warmup=0.1), 20))


def test_schedule_slanted_triangular_is_highest_after_a_tenth_and_ends_near_a_thirty_second():
    found = planned(Plan(schedule="slanted-triangular"), 50)[:, 1] / RATES[1]
    up, down = torch.linspace(1 / 32, 1, 6), torch.linspace(1, 1 / 32, 46)
    assert torch.allclose(found, torch.cat([up[:-1], down[:-1]]).double(), rtol=1e-6)


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedule_of_ignores_the_warmup_unless_the_schedule_has_one(name):
    differ = any(schedule_of(name, 40, 0.0)(step) != schedule_of(name, 40, 0.25)(step) for step in range(40))
    assert differ == (name in ("cosine", "constant"))


@pytest.mark.parametrize(
    ("name", "steps", "sentence"),
    [
        ("linear", 10, "schedule: expected one of cosine, constant, one-cycle, slanted-triangular, got 'linear'"),
        ("one-cycle", 3, "schedule: one-cycle needs at least 4 steps in a phase, got 3"),
    ],
    ids=["unknown", "no room"],
)
def test_schedule_of_refuses(name, steps, sentence):
    with pytest.raises(ValueError, match=sentence):
        schedule_of(name, steps)


def test_plan_refuses_an_unknown_schedule():
    with pytest.raises(ValueError, match=r"schedule: expected one of cosine, constant, .*, got 'linear'"):
        Plan(schedule="linear")


def test_fine_tune_refuses_a_checkpoint_of_another_schedule(tmp_path):
    torch.manual_seed(0)
    images, labels = torch.randint(0, 256, (8, 3, 4, 4), dtype=torch.uint8), torch.arange(8) % 2
    split = Split(images, labels)
    model = nn.Sequential(nn.Flatten(), nn.Linear(48, 2))
    run = functools.partial(fine_tune, model, split, split, prepare=lambda batch: batch, checkpoint=tmp_path / "run.pt")
    run(Plan((Phase(4, 1e-3),), batch_size=4))
    with pytest.raises(ValueError, match=r"checkpoint: .* is of another plan"):
        run(Plan((Phase(4, 1e-3),), batch_size=4, schedule="constant"))
