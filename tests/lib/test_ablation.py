"""The grid of runs: one run against the plain way, pairs by seed, resumption to the byte, and what it refuses."""

import csv
import itertools
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from lib import ablation
from lib.ablation import ablation_grid, compare_strategies
from lib.backbones import load_backbone, preprocessing, replace_head
from lib.datasets.task import Split, Task
from lib.freezing_costs import freezing_costs
from lib.grid_table import FACTORS
from lib.mixing import Mixing
from lib.pipeline import fine_tune
from lib.plan import Epoch, History, Phase, Plan
from lib.strategies import STRATEGIES
from lib.training import accuracy


def splits(seed, per_class):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(2).repeat(per_class)
    images = torch.randint(0, 200, (2 * per_class, 3, 8, 8), generator=generator)
    images[:, 0] += labels.view(-1, 1, 1) * 50
    return Split(images.to(torch.uint8), labels)


def a_task(classes=("granite", "basalt"), seed=0):
    return Task("stones", classes, splits(seed, 12), splits(seed + 1, 6), splits(seed + 2, 10))


def small(name, weights, *, seed=0):
    """A network of six stages, as resnet10 has, quick to make."""
    with torch.random.fork_rng():
        torch.manual_seed(seed if weights is None else 2**20)
        layers = [nn.Conv2d(3, 3, 3, padding=1) for _ in range(5)]
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(192, 9)).eval()


@pytest.fixture
def runs(monkeypatch):
    """A record of the calls in the place of fine-tuning, with a history that follows from them; and small networks."""
    called = []
    for cached in (ablation._depth, ablation._weights_digest):
        monkeypatch.setattr(ablation, cached.__name__, cached.__wrapped__)
    monkeypatch.setattr(ablation, "load_backbone", small)

    def instead(model, train, validation, plan, *, prepare):
        called.append((model, train, validation, plan))
        score = float(train.images.double().mean()) / 255
        model.eval()
        return History([Epoch(0, 0, 1.0, 1.0, score, plan.phases[0].rate, 0.1, cached=False)])

    monkeypatch.setattr(ablation, "fine_tune", instead)
    return called


def without_seconds(path):
    """The file's bytes, but for the column that no two runs share."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(lines[3:]))
    return lines[:1], [{name: text for name, text in row.items() if name != "seconds"} for row in rows]


# ---- one run ------------------------------------------------------------------------------------------------------


def test_compare_strategies_row_is_what_the_plain_way_gives():
    task, prepare = a_task(), preprocessing("resnet10")
    odd = Split(task.test.images[:7], 1 - task.test.labels[:7])  # on which no network scores as on the other splits
    task = replace(task, test=odd)
    [row] = compare_strategies(task, ["partial"], [4], [7], epochs=2, batch_size=3).rows
    train, validation = task.train.few(4, 7), task.validation.few(4, 7)
    torch.manual_seed(7)
    model = replace_head(load_backbone("resnet10"), 2)
    plan = Plan((Phase(2, STRATEGIES["partial"].rate, stages=2),), batch_size=3, seed=7)
    history = fine_tune(model, train, validation, plan, prepare=prepare)
    measured = ("accuracy", "train_accuracy", "validation_accuracy", "epochs")
    assert [row[name] for name in measured] == pytest.approx(
        [
            accuracy(model, prepare(task.test.images), task.test.labels),
            accuracy(model, prepare(train.images), train.labels),
            max(epoch.validation_accuracy for epoch in history.epochs),
            2,
        ],
        abs=1e-6,
    )
    assert row["accuracy"] not in (row["validation_accuracy"], row["train_accuracy"])
    learns = sum(p.numel() for part in (model.layer4, model.fc) for p in part.parameters())
    assert row["trainable_share"] == pytest.approx(learns / sum(p.numel() for p in model.parameters()), abs=1e-6)
    [cost] = [c for c in freezing_costs(model, prepare(train.images[:3]), train.labels[:3]) if len(c.frozen) == 4]
    assert row["memory_bytes"] == cost.memory
    assert row["seconds"] > 0


def test_compare_strategies_leaves_the_global_random_state_alone(runs):
    torch.manual_seed(3)
    state = torch.get_rng_state()
    compare_strategies(a_task(), ["full", "scratch"], [2], [0], epochs=1)
    assert torch.equal(torch.get_rng_state(), state)


def test_compare_strategies_gives_all_strategies_of_a_seed_the_same_images_and_head(runs):
    compare_strategies(a_task(), ["extraction", "full", "scratch"], [3], [0, 1], epochs=1)
    first, second = runs[:3], runs[3:]
    for model, train, validation, _ in first:
        assert torch.equal(train.images, first[0][1].images)
        assert torch.equal(validation.images, first[0][2].images)
        assert torch.equal(model[-1].weight, first[0][0][-1].weight)
        assert train.labels.bincount().tolist() == validation.labels.bincount().tolist() == [3, 3]
    assert not torch.equal(second[0][1].images, first[0][1].images)
    assert not torch.equal(second[0][0][-1].weight, first[0][0][-1].weight)
    source = small("resnet10", "bundled")[0].weight
    assert [torch.equal(model[0].weight, source) for model, *_ in first] == [True, True, False]


def test_compare_strategies_validates_on_what_there_is_where_that_is_less(runs):
    compare_strategies(a_task(), ["full"], [9], [0], epochs=1)
    assert (len(runs[0][1]), len(runs[0][2])) == (18, 12)


@pytest.mark.parametrize(
    ("name", "classes", "flip", "share"),
    [
        ("none", ("granite", "basalt"), None, None),
        ("basic", ("granite", "basalt"), 0.5, None),
        ("basic", ("0", "1"), 0.0, None),
        ("Mixup", ("granite", "basalt"), 0.5, 0.0),
        ("CutMix", ("granite", "basalt"), 0.5, 1.0),
    ],
    ids=["none", "basic", "digits", "Mixup", "CutMix"],
)
def test_compare_strategies_augments_as_the_name_says(runs, name, classes, flip, share):
    compare_strategies(a_task(classes), ["full"], [2], [0], augmentations=[name], schedules=["constant"], epochs=1)
    plan = runs[0][3]
    assert (None if plan.augment is None else plan.augment.flip) == flip
    assert plan.mix == (None if share is None else Mixing(2, cutmix_share=share))
    assert plan.schedule == "constant"


# ---- the grid -----------------------------------------------------------------------------------------------------


def test_compare_strategies_has_a_row_for_each_combination_once(runs):
    table = compare_strategies(
        a_task(), ["full", "extraction"], [2, 3], range(2), augmentations=["none", "basic"],
        schedules=["cosine", "constant"], epochs=1,
    )  # fmt: skip
    expected = itertools.product(
        ["stones"], ["resnet10"], ["full", "extraction"], ["none", "basic"], ["cosine", "constant"], [2, 3], [0, 1]
    )
    found = [tuple(row[name] for name in FACTORS) for row in table.rows]
    assert len(found) == len(runs) == 32
    assert set(found) == set(expected)
    assert [row["seed"] for row in table.rows] == [0] * 16 + [1] * 16


def test_ablation_grid_is_every_backbone_strategy_augmentation_and_schedule(runs, monkeypatch):
    monkeypatch.setattr(ablation, "ARCHITECTURES", {"resnet10": None})
    table = ablation_grid(a_task(), sizes=[2], epochs=24)
    assert len(table.rows) == 1 * len(STRATEGIES) * 3 * 3
    assert table.distinct("augmentation") == ["basic", "Mixup", "CutMix"]
    assert table.distinct("schedule") == ["constant", "cosine", "one-cycle"]
    assert len(ablation_grid(a_task(), [2], strategies=["full"], schedules=["cosine"]).rows) == 3


@pytest.mark.parametrize("after", range(1, 4))
def test_compare_strategies_killed_after_any_run_ends_with_the_same_file(runs, tmp_path, after):
    def go(path, report=None):
        return compare_strategies(a_task(), ["full", "extraction"], [2, 3], [0], epochs=1, path=path, report=report)

    def kill(row):
        if len(runs) - before == after:
            raise KeyboardInterrupt

    whole = go(tmp_path / "whole.csv")
    before = len(runs)
    with pytest.raises(KeyboardInterrupt):
        go(tmp_path / "killed.csv", kill)
    resumed = go(tmp_path / "killed.csv")
    assert len(runs) - before == 4
    assert without_seconds(tmp_path / "killed.csv") == without_seconds(tmp_path / "whole.csv")
    assert [row | {"seconds": 0} for row in resumed.rows] == [row | {"seconds": 0} for row in whole.rows]


def test_compare_strategies_keeps_rows_that_are_not_asked_for(runs, tmp_path):
    path = tmp_path / "grid.csv"
    compare_strategies(a_task(), ["full", "scratch"], [2, 3], [0, 1], epochs=1, path=path)
    table = compare_strategies(a_task(), ["full"], [3], [1, 2], epochs=1, path=path)
    assert len(runs) == 9
    assert [(row["strategy"], row["seed"]) for row in table.rows] == [("full", 1), ("full", 2)]
    assert len(without_seconds(path)[1]) == 9


def test_compare_strategies_takes_strategies_of_ones_own(runs):
    own = {"bold": replace(STRATEGIES["full"], rate=0.5)}
    [row] = compare_strategies(a_task(), own, [2], [0], epochs=1).rows
    assert (row["strategy"], runs[0][3].phases[0].rate) == ("bold", 0.5)


@pytest.mark.parametrize(
    "changed",
    [
        {"epochs": 2},
        {"batch_size": 3},
        {"strategies": {"full": replace(STRATEGIES["full"], rate=0.5)}},
        {"strategies": {"full": replace(STRATEGIES["full"], pretrained=False)}},
        {"task": a_task(seed=5)},
        {"task": a_task(("0", "1")), "augmentations": ["basic"]},
        {"seeds": [4], "epochs": 2},
    ],
    ids=["epochs", "batch", "rate", "weights", "data", "augmentation", "other seed"],
)
def test_compare_strategies_refuses_a_file_of_another_recipe(runs, tmp_path, changed):
    first = {
        "task": a_task(),
        "strategies": ["full"],
        "sizes": [2],
        "seeds": [0],
        "epochs": 1,
        "path": tmp_path / "x.csv",
    }
    compare_strategies(**(first | {"augmentations": changed.get("augmentations", ["none"])}))
    before = (tmp_path / "x.csv").read_bytes()
    with pytest.raises(ValueError, match=r"path: .*x\.csv has runs of another recipe of .*'full'.*Delete it"):
        compare_strategies(**(first | changed))
    assert (tmp_path / "x.csv").read_bytes() == before and len(runs) == 1


REFUSED = {
    "strategy": ({"strategies": ["magic"]}, "strategy: expected some of extraction, .*, got 'magic'"),
    "none": ({"strategies": []}, r"strategy: expected at least one and none twice, got \[\]"),
    "twice": ({"seeds": [1, 1]}, r"seed: expected at least one and none twice, got \[1, 1\]"),
    "backbone": ({"backbones": ["resnet11"]}, "backbone: expected a known one, such as resnet1.*; got 'resnet11'"),
    "augmentation": ({"augmentations": ["mixup"]}, "augmentation: expected a known one, such as Mixup.*; got 'mixup'"),
    "schedule": ({"schedules": ["linear"]}, "schedule: expected a known one, such as .*; got 'linear'"),
    "steps": (
        {"schedules": ["one-cycle"], "epochs": 3},
        "schedule: one-cycle needs at least 4 steps in a phase, got 3",
    ),
    "images": ({"sizes": [2, 13]}, "per_class: expected 1 to 12 images a class, got 13"),
    "epochs": ({"strategies": ["gradual"], "epochs": 5}, "epochs: expected at least one for each of 6 phases, got 5"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_compare_strategies_refuses_before_the_first_run(runs, name):
    options, sentence = REFUSED[name]
    with pytest.raises(ValueError, match=sentence):
        compare_strategies(**({"task": a_task(), "strategies": ["full"], "sizes": [2], "seeds": [0]} | options))
    assert runs == []
