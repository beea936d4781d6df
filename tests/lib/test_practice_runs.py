"""How the practice projects' networks are trained: reproducible, and the same for each run."""

import torch
from torch import nn

from lib import practice_runs
from lib.datasets import load_task
from lib.datasets.task import Task
from lib.pipeline_trials import new_network
from lib.practice_runs import adversarial_digits_network, begin_on, fit_digits, race_on, score_digits


def few():
    return load_task("digits-on-photographs").train.few(2, 0)


def test_adversarial_digits_network_draws_its_new_layers_from_its_seed_alone():
    before = torch.get_rng_state()
    one, again, other = (adversarial_digits_network(seed, classes=3).state_dict() for seed in (0, 0, 1))
    assert torch.equal(before, torch.get_rng_state())
    assert all(torch.equal(one[name], again[name]) for name in one)
    differ = {name.split(".")[0] for name in one if not torch.equal(one[name], other[name])}
    assert differ == {"classifier", "discriminator"} and one["classifier.weight"].shape[0] == 3


def test_fit_digits_learns_the_images_that_it_is_given():
    network = new_network(10, 0)
    before = score_digits(network, few())
    fit_digits(8, 0)(network, few())
    assert score_digits(network, few()) > max(0.7, before)


def test_begin_on_gives_each_run_the_same_images_in_the_same_order():
    begin = begin_on(few(), few(), seed=3)
    first, second = (begin(new_network(10, 0))() for _ in range(2))
    assert first == second and 0 <= first.accuracy <= 1


def test_begin_on_gives_the_output_layer_a_rate_of_its_own(monkeypatch):
    """Also where that layer has no bias: a head is a layer, and not the last two parameters."""
    groups = []
    monkeypatch.setattr(torch.optim, "AdamW", lambda parameters, **_: groups.extend(parameters))
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4, 2, bias=False))
    begin_on(few(), few(), seed=0)(network)
    rates = {id(one): group["lr"] for group in groups for one in group["params"]}
    assert [rates[id(one)] for one in network.parameters()] == [practice_runs.RATE] * 2 + [practice_runs.HEAD_RATE]


def test_race_on_races_the_three_schedules_from_one_seed():
    digits = load_task("digits-on-photographs")
    task = Task("few", digits.classes, digits.train.few(2, 0), digits.validation.at_most(2, 0), digits.test)
    race, again = (race_on(task, seed=1, epochs=2, images=1, held_out=2) for _ in range(2))
    assert race == again
    assert race.learning == {"every epoch": [1, 2], "every five": [1, 1], "plateau": [1, 1]}
    firsts = [run[0] for run in race.scores.values()]  # the head alone, in each of them
    assert firsts == [firsts[0]] * 3
