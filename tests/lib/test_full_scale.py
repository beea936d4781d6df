"""The full budget's measurement on published data: run where it can be had, a sentence where it cannot."""

import pytest

from lib import comparison, downloads, settings
from lib.full_scale import LIMIT, at_full_scale


def heads(task, backbone):
    run = comparison.compare("frozen", task, 2, 0, backbone=backbone)
    yield f"{run.accuracy:.0%} of {len(task.test)}"


@pytest.fixture
def full(monkeypatch):
    monkeypatch.setenv("COURSE_BUDGET", "full")


def test_the_quick_budget_measures_nothing_and_says_how_to(monkeypatch):
    monkeypatch.delenv("COURSE_BUDGET", raising=False)
    assert list(at_full_scale(pytest.fail)) == [
        "With COURSE_BUDGET=full this cell measures eurosat from resnet18's own weights as well."
    ]


def test_the_full_budget_measures_by_the_lessons_own_code(full):
    first, second = at_full_scale(heads, task="clean-digits", backbone="efficientnet_mini")
    assert first == f"clean-digits, from efficientnet_mini's own weights, on {settings.device()}:"
    assert second.endswith(f"% of {10 * LIMIT}")
    assert int(second.split("%")[0]) > 20


@pytest.mark.parametrize(("task", "missing"), [("eurosat", "eurosat"), ("clean-digits", "resnet18")])
def test_without_a_network_it_ends_in_a_sentence(full, monkeypatch, tmp_path, task, missing):
    def unreachable(*_, **__):
        raise OSError("no route")

    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(downloads.urllib.request, "urlopen", unreachable)
    *_, last = at_full_scale(heads, task=task)
    assert missing in last.lower()
    assert "(no route)" in last
    assert "Run this again when the network is there" in last
