"""The whole fine-tuning run: equal to the plain way, to itself after any stop, and to itself in two processes."""

import copy
import dataclasses
import functools
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.models.resnet import BasicBlock, ResNet

from lib.checkpoints import load_checkpoint
from lib.datasets.task import Split
from lib.feed import seed_of
from lib.freezing import freeze_until, trainable_parameters
from lib.pipeline import fine_tune
from lib.plan import Phase, Plan
from lib.training import shifted

PHASES = (Phase(epochs=2, rate=1e-2, stages=2), Phase(epochs=3, rate=1e-3))


def network(seed=0):
    torch.manual_seed(seed)
    model = ResNet(BasicBlock, [1, 1, 1, 1], num_classes=3)
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.running_mean, -0.2, 0.2)
            nn.init.uniform_(layer.running_var, 0.5, 1.5)
    return model


def splits(size=16):
    generator = torch.Generator().manual_seed(1)
    labels = torch.arange(23) % 3
    images = torch.randint(0, 180, (23, 3, size, size), generator=generator)
    images[:, 0] += labels.view(-1, 1, 1) * 30
    return [Split(images[rows].to(torch.uint8), labels[rows]) for rows in (slice(14), slice(14, None))]


def prepare(images):
    return (images - 0.5) / 0.25


def tuned(plan, model=None, size=16, **options):
    model = model or network()
    return model, fine_tune(model, *splits(size), plan, prepare=prepare, **options)


def same(one, other):
    return all(torch.equal(value, other.state_dict()[name]) for name, value in one.state_dict().items())


# ---- the run itself -----------------------------------------------------------------------------------------------


def test_fine_tune_two_phases_learns_and_ends_with_the_best_weights():
    model, history = tuned(Plan(PHASES, batch_size=4))
    assert [(row.phase, row.epoch) for row in history.epochs] == [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2)]
    images, labels = splits()[1].images.float() / 255, splits()[1].labels
    assert not model.training
    found = float((model(prepare(images)).argmax(1) == labels).double().mean())
    assert found == history.best.validation_accuracy == max(row.validation_accuracy for row in history.epochs)
    assert history.epochs[-1].train_loss < history.epochs[0].train_loss


def test_fine_tune_is_what_a_plain_loop_gives():
    plan = Plan((Phase(epochs=2, rate=1e-2, stages=2, decay=1.0),), batch_size=14, warmup=0.0, weight_decay=0.0)
    _, history = tuned(plan)
    plain, (train, _) = network(), splits()
    freeze_until(plain, "layer4")
    plain.layer4.eval()  # norms keep their statistics
    optimiser = torch.optim.AdamW(trainable_parameters(plain), weight_decay=0.0)
    losses = []
    for epoch in range(2):
        optimiser.param_groups[0]["lr"] = 1e-2 * (1, 0.5)[epoch]  # half a cosine over two steps
        scores = plain(prepare(train.images.float() / 255))
        loss = F.cross_entropy(scores, train.labels, label_smoothing=0.1)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(trainable_parameters(plain), 1.0)
        optimiser.step()
        losses.append(loss.item())
    assert [row.train_loss for row in history.epochs] == pytest.approx(losses, abs=1e-5)


def test_fine_tune_cached_prefix_gives_the_numbers_of_the_plain_way():
    plan = Plan(PHASES[:1], batch_size=5)
    _, fast = tuned(plan)
    _, plain = tuned(dataclasses.replace(plan, cache_bytes=0))
    assert all(row.cached for row in fast.epochs) and not any(row.cached for row in plain.epochs)
    assert [row.train_loss for row in fast.epochs] == pytest.approx([row.train_loss for row in plain.epochs], abs=1e-5)
    assert "computed once" in fast.notes[0] and "cache_bytes" in plain.notes[0]


def test_fine_tune_computes_nothing_once_where_images_differ_in_every_epoch():
    _, history = tuned(Plan(PHASES[:1], augment=functools.partial(shifted, pixels=2)))
    assert not any(row.cached for row in history.epochs)
    assert "augment" in history.notes[0]


def test_fine_tune_leaves_what_is_frozen_alone_to_the_bit():
    before, plan = network(), Plan((Phase(epochs=2, rate=1e-2, stages=2),), batch_size=4, average=0.5)
    model, _ = tuned(plan)
    kept = {name: value for name, value in model.state_dict().items() if not name.startswith(("layer4", "fc"))}
    assert all(torch.equal(value, before.state_dict()[name]) for name, value in kept.items())
    assert all(torch.equal(v, before.state_dict()[n]) for n, v in model.state_dict().items() if "running" in n)
    assert not torch.equal(model.fc.weight, before.fc.weight)


def test_fine_tune_second_phase_begins_at_the_best_weights_of_the_first():
    model = network()
    plan = Plan((Phase(epochs=4, rate=0.5), Phase(epochs=1, rate=1e-12)), batch_size=4)
    history = fine_tune(model, *splits(), plan, prepare=prepare)
    first = [row.validation_accuracy for row in history.epochs if row.phase == 0]
    assert history.epochs[-1].validation_accuracy == max(first)


def test_fine_tune_leaves_the_global_random_state_alone_and_dropout_follows_the_seed():
    def dropping():
        model = network()
        model.fc = nn.Sequential(nn.Dropout(0.5), nn.Linear(512, 3))
        return model

    start = dropping()
    torch.manual_seed(5)
    state = torch.get_rng_state()
    one, _ = tuned(Plan(PHASES), copy.deepcopy(start))
    assert torch.equal(torch.get_rng_state(), state)
    torch.rand(3)
    again, _ = tuned(Plan(PHASES), copy.deepcopy(start))
    other, _ = tuned(Plan(PHASES, seed=1), copy.deepcopy(start))
    assert same(one, again) and not same(one, other)


def test_fine_tune_stops_early_when_validation_does_not_rise():
    _, history = tuned(Plan((Phase(epochs=30, rate=1e-9),), patience=2))
    assert len(history.epochs) == 3


# ---- stopped and started again ------------------------------------------------------------------------------------


class Killed(Exception):
    pass


@pytest.mark.parametrize("average", [None, 0.9])
@pytest.mark.parametrize("after", range(1, 6))
def test_fine_tune_killed_after_any_epoch_ends_with_the_same_weights_to_the_bit(tmp_path, after, average):
    plan = Plan(PHASES, batch_size=4, average=average, augment=functools.partial(shifted, pixels=1))
    whole, expected = tuned(plan)
    seen = []

    def killer(epoch):
        seen.append(epoch)
        if len(seen) == after:
            raise Killed

    with pytest.raises(Killed):
        tuned(plan, checkpoint=tmp_path / "run.pt", report=killer)
    resumed, history = tuned(plan, checkpoint=tmp_path / "run.pt")
    assert same(whole, resumed)
    untimed = [[dataclasses.replace(row, seconds=0.0) for row in h.epochs] for h in (expected, history)]
    assert untimed[0] == untimed[1]
    assert history.notes == expected.notes


def test_fine_tune_refuses_a_checkpoint_of_another_plan_or_a_damaged_one(tmp_path):
    path = tmp_path / "run.pt"
    tuned(Plan(PHASES), checkpoint=path)
    with pytest.raises(ValueError, match=r"checkpoint: .* is of another plan"):
        tuned(Plan(PHASES, seed=1), checkpoint=path)
    data = bytearray(path.read_bytes())
    data[-1000] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match="is damaged"):
        tuned(Plan(PHASES), checkpoint=path)


# ---- several processes, compiled, mixed precision -----------------------------------------------------------------


@pytest.mark.slow
def test_fine_tune_in_two_processes_gives_the_weights_of_one(tmp_path):
    script = str(Path(__file__).with_name("run_in_processes.py"))
    ends = []
    launch = ["-m", "torch.distributed.run", "--standalone", "--local-addr", "127.0.0.1", "--nproc-per-node", "2"]
    for name, words in (("one", []), ("two", launch)):
        (tmp_path / name).mkdir()
        subprocess.run([sys.executable, *words, script, str(tmp_path / name)], check=True, capture_output=True)
        ends.append(torch.load(tmp_path / name / "end.pt"))
    for key, value in ends[0][0].items():
        torch.testing.assert_close(ends[1][0][key], value, rtol=1e-4, atol=1e-5)
    losses = [[row["train_loss"] for row in history["epochs"]] for _, history in ends]
    assert losses[0] == pytest.approx(losses[1], abs=1e-5)


def test_fine_tune_in_mixed_precision_comes_near_full_precision():
    # 32 pixels: at 16, layer4 strides over a single pixel, whose bfloat16 weight gradient oneDNN 3.12 reads from memory
    # that nobody wrote, on processors with AVX-512 BF16
    plan = Plan(PHASES, batch_size=4)
    _, full = tuned(plan, size=32)
    _, mixed = tuned(dataclasses.replace(plan, precision=torch.bfloat16, channels_last=True), size=32)
    assert mixed.epochs[0].train_loss == pytest.approx(full.epochs[0].train_loss, rel=0.05)
    assert mixed.epochs[0].train_loss != full.epochs[0].train_loss


def test_fine_tune_stops_at_a_loss_that_is_not_finite_and_keeps_the_best_weights(tmp_path):
    def poisoned(images, generator):
        return images if generator.initial_seed() < seed_of(0, 0, 1) else images * torch.nan

    plan, model, path = Plan(PHASES[:1], batch_size=4, augment=poisoned), network(), tmp_path / "run.pt"
    with pytest.raises(FloatingPointError, match=r"phase 0, epoch 1: expected a finite loss, got nan"):
        fine_tune(model, *splits(), plan, prepare=prepare, checkpoint=path)
    kept = load_checkpoint(path, "cpu")
    assert kept["epochs"] == 1
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in kept["best"].items())
    assert all(value.isfinite().all() for value in model.state_dict().values())


def test_fine_tune_mixes_images_and_targets():
    def fade(images, labels, generator):
        return images * 0, torch.full((len(labels), 3), 1 / 3)

    _, history = tuned(Plan(PHASES[:1], mix=fade, label_smoothing=0.0, batch_size=14))
    scores = network().eval()(prepare(torch.full((1, 3, 16, 16), 0.5)))  # grey becomes 0
    expected = F.cross_entropy(scores, torch.full((1, 3), 1 / 3)).item()
    assert history.epochs[0].train_loss == pytest.approx(expected, abs=1e-5)
    assert "mix" in history.notes[0]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("phases", (), "phases: expected at least one"),
        ("batch_size", 0, "batch_size: expected at least 1"),
        ("weight_decay", -1.0, "weight_decay: expected at least 0"),
        ("label_smoothing", 1.0, r"label_smoothing: expected in \[0, 1\)"),
        ("clip_norm", 0.0, "clip_norm: expected above 0"),
        ("warmup", 1.0, "warmup: expected a share"),
        ("patience", 0, "patience: expected None or at least 1"),
        ("average", 1.0, "average: expected None or in"),
        ("precision", torch.float64, "precision: expected None, torch.float16"),
        ("cache_bytes", -1, "cache_bytes: expected at least 0"),
        ("seed", -1, "seed: expected 0 to"),
    ],
)
def test_plan_refuses_what_is_out_of_range(name, value, expected):
    with pytest.raises(ValueError, match=expected):
        Plan(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"), [("epochs", 0), ("rate", 0.0), ("rate", float("nan")), ("stages", 0), ("decay", 0.0)]
)
def test_phase_refuses_what_is_out_of_range(name, value):
    with pytest.raises(ValueError, match=f"{name}: expected"):
        Phase(**({"epochs": 1, "rate": 0.1} | {name: value}))


def test_fine_tune_refuses_no_images_and_more_stages_than_there_are():
    train, validation = splits()
    with pytest.raises(ValueError, match="validation: expected at least one image"):
        fine_tune(network(), train, Split(train.images[:0], train.labels[:0]), prepare=prepare)
    with pytest.raises(ValueError, match="stages: expected at most the 6"):
        fine_tune(network(), train, validation, Plan((Phase(1, 0.1, stages=7),)), prepare=prepare)
