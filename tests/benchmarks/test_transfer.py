"""The recorded comparison: whole, and what its command gives; and the command's own arithmetic."""

import itertools

import pytest

from benchmarks import transfer
from lib.comparison import RECIPES, Result
from lib.results import recorded


def result(technique, _task, size, seed, *, backbone):
    return Result(technique, size, seed, accuracy=0.1 * seed + 0.001 * size, train_accuracy=1.0, seconds=2.0)


@pytest.fixture
def measured(monkeypatch):
    """Nothing is trained; the calls are counted."""
    calls = []
    monkeypatch.setattr(transfer, "compare", lambda *call, **named: calls.append(call[0::2]) or result(*call, **named))
    monkeypatch.setattr(transfer, "load_task", lambda _: None)
    return calls


def test_recorded_holds_every_technique_size_and_seed_once():
    rows = recorded(transfer.NAME).rows
    found = sorted((row["technique"], row["images_per_class"], row["seed"]) for row in rows)
    assert found == sorted(itertools.product(RECIPES, transfer.RECORDED_SIZES, range(5)))
    assert recorded(transfer.NAME).command == "python -m benchmarks.transfer --record"


@pytest.mark.parametrize("size", transfer.RECORDED_SIZES)
def test_recorded_pre_training_beats_random_weights_on_every_seed(size):
    def scores(technique):
        return recorded(transfer.NAME).values("accuracy", technique=technique, images_per_class=size)

    assert min(scores("frozen")) > max(scores("random"))
    assert min(scores("fine-tuned")) > max(scores("scratch"))


@pytest.mark.parametrize(("size", "asked"), [(10, 0.75), (50, 0.90)])
def test_recorded_fine_tuning_reaches_what_is_asked_of_it(size, asked):
    scores = recorded(transfer.NAME).values("accuracy", technique="fine-tuned", images_per_class=size)
    assert len(scores) == 5
    assert sum(scores) / len(scores) >= asked


def test_measure_goes_on_where_it_was(measured, capsys):
    first = list(transfer.measure((10,), 2, []))
    measured.clear()
    again = list(transfer.measure((10,), 3, first))
    assert measured == [(technique, 10) for technique in RECIPES]
    assert again[: len(first)] == first
    assert "seed 2, 10 images a class, fine-tuned 0.210" in capsys.readouterr().out


def test_main_takes_another_backbone_and_some_techniques(monkeypatch, measured, capsys):
    def by_name(*call, backbone):
        assert backbone == "convnext_mini"
        return result(*call, backbone=backbone)

    monkeypatch.setattr(transfer, "compare", by_name)
    command = ["transfer", "--backbone", "convnext_mini", "--seeds", "2", "--techniques", "frozen"]
    monkeypatch.setattr("sys.argv", command)
    transfer.main()
    printed = capsys.readouterr().out
    assert "| frozen | 6.0 ± 63.5 % | 10.0 ± 63.5 % |" in printed
    assert "scratch" not in printed


def test_main_records_the_first_backbone_alone(monkeypatch, measured, capsys):
    monkeypatch.setattr("sys.argv", ["transfer", "--record", "--backbone", "convnext_mini"])
    with pytest.raises(SystemExit):
        transfer.main()
    assert "--record is for resnet10 and all techniques" in capsys.readouterr().err
    assert not measured


def test_table_gives_means_and_intervals_over_seeds(measured):
    table = transfer.table(list(transfer.measure((10, 50), 2, [])), (10, 50))
    # two seeds, 1 % and 11 %: t with one degree of freedom is 12.706, so 12.706 · 7.071 / √2
    assert "| scratch | 6.0 ± 63.5 % | 10.0 ± 63.5 % |" in table
