import pytest
import torch

from lib import settings


def test_device_is_cuda_where_there_is_one(monkeypatch):
    monkeypatch.delenv("COURSE_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert settings.device() == torch.device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert settings.device() == torch.device("cpu")


def test_device_follows_the_environment(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    assert settings.device() == torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setenv("COURSE_DEVICE", "cuda:1")
    assert settings.device() == torch.device("cuda", 1)


@pytest.mark.parametrize("value", ["gpu", "cuda:2", "cpu cpu"])
def test_device_refuses_what_is_not_there(monkeypatch, value):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setenv("COURSE_DEVICE", value)
    with pytest.raises(ValueError, match=f"COURSE_DEVICE: expected .*{value}"):
        settings.device()


@pytest.mark.parametrize(("value", "expected"), [(None, "quick"), ("", "quick"), ("quick", "quick"), ("full", "full")])
def test_budget_is_quick_unless_full_is_asked_for(monkeypatch, value, expected):
    monkeypatch.delenv("COURSE_BUDGET", raising=False)
    if value is not None:
        monkeypatch.setenv("COURSE_BUDGET", value)
    assert settings.budget() == expected


def test_budget_refuses_other_words(monkeypatch):
    monkeypatch.setenv("COURSE_BUDGET", "fulll")
    with pytest.raises(ValueError, match="COURSE_BUDGET: expected 'quick' or 'full', got 'fulll'"):
        settings.budget()


def test_generator_draws_what_its_seed_says_and_leaves_the_global_state_alone():
    before = torch.get_rng_state()
    first, again, other = (torch.rand(8, generator=settings.generator(seed)) for seed in (5, 5, 6))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), before)
