"""Both sides of every comparison do the same work, at small sizes; and the table says what was measured."""

import copy

import pytest
import torch
from torch import nn
from torchvision.transforms import v2

from benchmarks.library import arithmetic, device, listing, measuring, prefix, runs
from benchmarks.library.__main__ import ROWS
from benchmarks.library.measuring import Row, Sides
from lib.datasets import load_task
from lib.datasets.task import Split
from lib.learning_rates import cosine_with_warmup
from lib.pipeline import fine_tune
from lib.plan import Phase, Plan

NORMALISE = v2.Normalize((0.5, 0.4, 0.3), (0.2, 0.25, 0.3))
elsewhere = pytest.mark.filterwarnings("ignore")  # another library's warnings are not ours to mend


def pictures(count, seed, height=20, width=20):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 3
    images = torch.randint(0, 150, (count, 3, height, width), generator=generator)
    images[:, 0] += 50 * labels.view(-1, 1, 1)
    return Split(images.to(torch.uint8), labels)


@pytest.fixture
def folder(tmp_path):
    return listing.write_pictures(
        tmp_path, {name: pictures(9, seed) for seed, name in enumerate(("train", "val", "test"))}
    )


def network(classes=3):
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.ReLU()),
        nn.Sequential(nn.Conv2d(4, 5, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        nn.Linear(5, classes),
    )


def distance(one, other):
    pairs = zip(one.parameters(), other.parameters(), strict=True)
    return max(float((a - b).detach().abs().max()) for a, b in pairs)


# ---- the listing and the pipeline ---------------------------------------------------------------------------------


def test_write_pictures_gives_the_images_back(folder):
    task = load_task(folder, size=20)
    for read, written in ((task.train, pictures(9, 0)), (task.validation, pictures(9, 1)), (task.test, pictures(9, 2))):
        order = written.labels.argsort(stable=True)
        assert torch.equal(read.images, written.images[order]) and torch.equal(read.labels, written.labels[order])


@pytest.mark.parametrize(("height", "width", "size"), [(20, 20, 20), (40, 40, 24), (45, 60, 24)])
def test_loader_sees_what_the_pipeline_sees(tmp_path, height, width, size):
    listing.write_pictures(tmp_path, {n: pictures(6, 0, height, width) for n in ("train", "val", "test")}, jpeg=True)
    [(images, labels)] = listing.loader(tmp_path / "train", size, NORMALISE, None, 6)
    ours = load_task(tmp_path, size=size).train
    assert torch.equal(labels, ours.labels)
    difference = (images - NORMALISE(ours.images.float() / 255)).abs().mean()
    assert difference < 0.05  # scaled and cut in another order, in whole pixels; between two images it is over 0.5
    assert (images - NORMALISE(ours.images.float() / 255).roll(1, 0)).abs().mean() > 4 * difference


@pytest.mark.parametrize("learning", [1, 2, None])
def test_run_listing_trains_what_fine_tune_trains(folder, learning):
    """In one batch a step the order does not matter, and neither network has anything that differs in training mode."""
    phases, start = (Phase(4, 1e-2, learning),), network()
    listed = listing.run_listing(copy.deepcopy(start), folder, phases, size=20, normalise=NORMALISE, batch=9)
    task, tuned = load_task(folder, size=20), copy.deepcopy(start)
    plan = Plan(phases, batch_size=9, warmup=0.0)
    fine_tune(tuned, task.train, task.validation, plan, prepare=NORMALISE)
    moved = distance(start, tuned)
    assert moved > 5e-3
    assert distance(listed, tuned) < 0.05 * moved  # the listing's decay takes the biases too
    frozen = [torch.equal(a, b) for a, b in zip(start.parameters(), listed.parameters(), strict=True)]
    assert frozen == [True] * (6 - 2 * (learning or 3)) + [False] * 2 * (learning or 3)


def test_prefix_both_sides_run_on_the_folder(folder):
    model = network()
    before = copy.deepcopy(model.state_dict())
    both = prefix.sides(model, folder, 2, 20, NORMALISE, epochs=1, listed=2)
    assert both.ours(0) is None and both.other(0) is None
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())  # each run starts anew


@pytest.mark.slow
def test_against_listing_both_sides_give_an_accuracy():
    both = runs.against_listing(per_class=2, first=1, second=1)
    accuracies = both.ours(0), both.other(0)
    assert all(0 < accuracy < 1 and isinstance(accuracy, float) for accuracy in accuracies)


@elsewhere
@pytest.mark.parametrize(
    ("package", "make"),
    [
        pytest.param("fastai", runs.against_fastai, id="fastai"),
        pytest.param("lightning", runs.against_lightning, id="lightning"),
    ],
)
def test_against_other_libraries_both_sides_give_an_accuracy(package, make):
    pytest.importorskip(package)
    both = make(per_class=2, first=1, second=1)
    assert 0 < both.ours(0) < 1 and 0 < both.other(0) < 1


def test_share_both_sides_run_where_the_network_is():
    both = device.share("cpu", network(10), count=4, batch=2, size=24)
    assert both.ours(0) is None and both.other(0) is None


# ---- single functions ---------------------------------------------------------------------------------------------


def same(ours, theirs):
    close = (torch.allclose(value, theirs[name], rtol=1e-3, atol=1e-7) for name, value in ours.items())
    return ours.keys() == theirs.keys() and all(close)


def test_fisher_sides_agree_but_for_the_labels_that_each_draws():
    both = arithmetic.fisher(count=400)
    ours, theirs = both.ours(2), both.other(2)
    for name, value in ours.items():
        assert float(value.sum() / theirs[name].sum()) == pytest.approx(1, abs=0.1)


@elsewhere
def test_importances_sides_agree():
    pytest.importorskip("avalanche")
    both = arithmetic.importances(count=20)
    assert same(both.ours(0), both.other(0))


def test_penalty_sides_add_the_same_gradient():
    model, gradients = network(), []
    both = arithmetic.penalty(model)
    for run in (both.ours, both.other):
        for parameter in model.parameters():
            parameter.grad.zero_()
        run(0)
        gradients.append([parameter.grad.clone() for parameter in model.parameters()])
    torch.testing.assert_close(*gradients)
    assert gradients[0][0].abs().max() > 0


@elsewhere
def test_discrepancy_sides_agree():
    pytest.importorskip("pytorch_adapt")
    both = arithmetic.discrepancy(count=30)
    for ours, theirs in zip(both.ours(0), both.other(0), strict=True):
        assert torch.allclose(ours, theirs, rtol=1e-3, atol=1e-6)


@elsewhere
@pytest.mark.parametrize("kind", ["Mixup", "CutMix"])
@pytest.mark.parametrize("library", ["torchvision", "timm"])
def test_mixed_sides_both_mix_labels_as_they_mix_images(kind, library):
    """Images that show their label: in plane c, 1 for class c. Then the targets can be read off the pixels."""
    pytest.importorskip(library)
    images = torch.eye(10)[torch.arange(12) % 10].view(12, 10, 1, 1).repeat(1, 1, 8, 8)
    both = arithmetic.mixed(kind, library, images.clone())
    ours, targets = both.ours(0)
    theirs, their_targets = both.other(0)
    torch.testing.assert_close(ours.mean((2, 3)), targets)
    torch.testing.assert_close(theirs.mean((2, 3)), their_targets)


# ---- measuring ----------------------------------------------------------------------------------------------------


def test_measure_takes_turns_and_gives_the_ratio_of_medians(monkeypatch):
    clock = iter([0, 0, 2, 10, 13, 20, 22, 30, 36, 40, 90, 100, 104])
    next(clock)
    monkeypatch.setattr(measuring.time, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(measuring, "peak", lambda run: {"ours": 3.0, "other": 5.0}[run(0)[0]])
    calls = []
    both = Sides(lambda seed: ("ours", calls.append(seed)), lambda seed: ("other", calls.append(seed)))
    found = measuring.measure(both, 3)
    assert found == measuring.Measured(ratio=4 / 2, memory=(3.0, 5.0), accuracy=None)  # 3, 6, 4 over 2, 2, 50
    assert calls[2:] == [0, 0, 1, 1, 2, 2]


def test_measure_averages_accuracies_and_looks_at_the_memory_of_the_shorter_runs():
    run = []
    short = (lambda seed: run.append("short"), lambda seed: run.append("short"))
    found = measuring.measure(Sides(lambda seed: 0.5 + 0.1 * seed, lambda seed: 0.25, short), 3)
    assert found.accuracy == pytest.approx((0.6, 0.25))
    assert found.gain == pytest.approx((0.35, 4.3027 * 0.1 / 3**0.5), abs=1e-4)  # t with 2 degrees of freedom
    assert run == ["short", "short"]
    assert measuring.measure(Sides(lambda seed: 0.5, lambda seed: 0.25, short), 1).gain is None


def test_peak_is_what_is_held_at_once():
    def held(_):
        one = torch.ones(1000, 250)
        del one
        two = torch.ones(1000, 500), torch.ones(1000, 500)
        return two[0].shape

    assert measuring.peak(held) == pytest.approx(4e6, rel=0.01)


def test_line_gives_what_was_measured_and_what_was_asked(monkeypatch):
    monkeypatch.setattr(measuring, "measure", lambda *_: measuring.Measured(2.04, (1.5e6, 3e6), (0.8, 0.75)))
    row = Row("one / other", lambda: None, 2.0, remark="both")
    assert measuring.line(row) == "| one / other | 2.0 | 2 | 1.5 / 3.0 | 80.0 / 75.0 | both |"
    monkeypatch.setattr(measuring, "measure", lambda *_: measuring.Measured(2, (0, 0), (0.8, 0.75), (0.05, 0.012)))
    assert "| 80.0 / 75.0 (+5.0 ± 1.2) |" in measuring.line(row)
    columns = {text.count("|") for text in [*measuring.HEADER.splitlines(), measuring.line(row)]}
    assert columns == {7}


def test_line_says_why_a_row_is_not_run(monkeypatch):
    made = pytest.fail
    absent = Row("ours / theirs", made, needs="no_such_library.part")
    assert measuring.line(absent) == "| ours / theirs | – | – | – | – | not run (no_such_library is not installed) |"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert "not run (no CUDA device)" in measuring.line(Row("on a GPU", made, 0.9, cuda=True))


def test_rows_are_told_apart_by_their_names():
    names = [row.name for row in ROWS]
    assert len(set(names)) == len(names) > 15


def test_as_high_in_the_mean_gives_the_mean_of_the_listings_stair():
    [phase] = runs._as_high_in_the_mean((Phase(5, 0.1),))
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    stair = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 5)
    listed = []
    for _ in range(5):
        listed.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        stair.step()
    ours = [phase.rate * cosine_with_warmup(step, steps=5000) for step in range(5000)]
    assert sum(ours) / 5000 == pytest.approx(sum(listed) / 5, rel=1e-3)
