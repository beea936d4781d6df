"""How the practice projects' networks are trained: reproducible, and the same for each run."""

import torch

from lib import settings
from lib.datasets import load_task
from lib.practice_runs import begin_on, digits_network, domain_batches, fit_digits, score_digits


def few():
    return load_task("digits-on-photographs").train.few(2, 0)


def test_digits_network_is_decided_by_its_seed():
    one, again, other = (digits_network(seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert {name for name in one if not torch.equal(one[name], other[name])} == {"fc.weight", "fc.bias"}


def test_fit_digits_learns_the_images_that_it_is_given():
    network = digits_network(0)
    before = score_digits(network, few())
    fit_digits(8, 0)(network, few())
    assert score_digits(network, few()) > max(0.7, before)


def test_begin_on_gives_each_run_the_same_images_in_the_same_order():
    begin = begin_on(few(), few(), seed=3)
    first, second = (begin(digits_network(0))() for _ in range(2))
    assert first == second and 0 <= first.accuracy <= 1


def test_domain_batches_hold_shifted_images_of_each_domain_and_labels_of_the_source():
    source = load_task("clean-digits").train.few(3, 0)
    batches = domain_batches(source, few(), steps=4, size=5, seed=0)
    again = domain_batches(source, few(), steps=4, size=5, seed=0)
    assert [(len(a), len(b), len(c)) for a, b, c in batches] == [(5, 5, 5)] * 4
    assert all(
        torch.equal(x, y) for one, two in zip(batches, again, strict=True) for x, y in zip(one, two, strict=True)
    )
    assert all(one.device.type == settings.device().type for one in batches[0])
