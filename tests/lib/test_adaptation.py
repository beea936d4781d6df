"""Adaptation: against loops written out with torch's own parts, and what may not have an influence has none."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from lib.adaptation import METHODS, Checkpoint, Method, adapt, best, gap_closed, information_loss
from lib.adversarial import DomainAdversarialNetwork, adversarial_step
from lib.domain_distance import coral_loss
from lib.features import extract_features
from lib.gradient_reversal import reversal_strength
from lib.mmd import mmd_squared
from lib.model_selection import cluster_agreement, information_maximisation

STEPS, RATE, HEAD_RATE = 6, 0.01, 0.03


def images(count: int, seed: int, mean: float = 0.0) -> torch.Tensor:
    return torch.randn(count, 4, generator=torch.Generator().manual_seed(seed)) + mean


SOURCE, TARGET, VALIDATION = images(22, 0), images(18, 1, mean=1.0), images(30, 2, mean=1.0)
LABELS = SOURCE[:, :3].argmax(1)


def network(norm: bool = True) -> DomainAdversarialNetwork:
    torch.manual_seed(0)
    middle = nn.BatchNorm1d(6, momentum=0.25) if norm else nn.Identity()
    return DomainAdversarialNetwork(nn.Sequential(nn.Linear(4, 6), middle, nn.Tanh(), nn.Linear(6, 9)), 3, hidden=5)


def unchanged(batch: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return batch


def noisy(batch: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    return batch + 0.1 * torch.randn(batch.shape, generator=generator)


def adapted(method: Method, *, target=TARGET, seed=3, norm=True, checkpoints=1, augment=noisy, steps=STEPS):
    model = network(norm)
    found = adapt(
        model, method, SOURCE, LABELS, target, VALIDATION, seed, steps=steps, rate=RATE, head_rate=HEAD_RATE,
        batch_size=8, checkpoints=checkpoints, augment=augment,
    )  # fmt: skip
    return model, found


def batches(data: torch.Tensor, seed: int):
    """Full batches of 8: what is left over at the end of an order is dropped."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(len(data), generator=generator)
        yield from (order[start : start + 8] for start in range(0, len(data) - 7, 8))


def written_out(add):
    """Six steps without batch norm: cross-entropy on the source, and what `add(model, source, target, λ)` gives."""
    model = network(norm=False).train()
    heads = [*model.classifier.parameters(), *model.discriminator.parameters()]
    groups = [{"params": model.features.parameters()}, {"params": heads}]
    optimiser = torch.optim.AdamW(groups, lr=RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, [RATE, HEAD_RATE], total_steps=STEPS)
    rows = zip(batches(SOURCE, 6), batches(TARGET, 7), range(STEPS), strict=False)
    for of_source, of_target, step in rows:
        strength = reversal_strength(step / STEPS)
        if add is adversarial_step:
            add(model, optimiser, SOURCE[of_source], LABELS[of_source], TARGET[of_target], 0.5 * strength)
        else:
            source, target = model.features(SOURCE[of_source]), model.features(TARGET[of_target])
            loss = F.cross_entropy(model.classifier(source), LABELS[of_source])
            optimiser.zero_grad()
            (loss + add(model, source, target, strength)).backward()
            optimiser.step()
        schedule.step()
    return model


def negative_information(model, _, target, strength):
    p = model.classifier(target).softmax(1)
    entropies, varied = -(p * p.log()).sum(1), p.mean(0)
    return 0.5 * strength * (entropies.mean() + (varied * varied.log()).sum())


def of_logits(model, source, target, strength):
    return 0.5 * strength * coral_loss(model.classifier(source), model.classifier(target))


@pytest.mark.parametrize(
    ("method", "add"),
    [
        pytest.param(Method(target_statistics=False), lambda *_: 0.0, id="source only"),
        pytest.param(Method("mmd", 0.5), lambda _, s, t, strength: 0.5 * strength * mmd_squared(s, t), id="mmd"),
        pytest.param(Method("coral", 0.5), of_logits, id="coral"),
        pytest.param(Method("adversarial", 0.5), adversarial_step, id="adversarial"),
        pytest.param(Method(information=0.5), negative_information, id="information"),
    ],
)
def test_adapt_gives_the_weights_of_the_loop_written_out(method, add):
    ours, _ = adapted(method, norm=False, augment=unchanged)
    for (name, weight), plain in zip(ours.named_parameters(), written_out(add).parameters(), strict=True):
        torch.testing.assert_close(weight, plain, msg=lambda text, name=name: f"{name}: {text}")


@pytest.mark.parametrize("target_statistics", [True, False], ids=["target statistics", "source statistics"])
@pytest.mark.parametrize("distance", ["mmd", "coral", "adversarial"])
def test_adapt_with_weight_zero_is_training_on_the_source_alone_to_the_bit(distance, target_statistics):
    ours, _ = adapted(Method(distance, 0.0, target_statistics=target_statistics))
    plain, _ = adapted(METHODS["AdaBN" if target_statistics else "source only"])
    alone, _ = adapted(METHODS["source only"])
    for name, value in ours.predictor().state_dict().items():
        if "num_batches" not in name:
            assert torch.equal(value, plain.predictor().state_dict()[name]), name
    for weight, other in zip(ours.predictor().parameters(), alone.predictor().parameters(), strict=True):
        assert torch.equal(weight, other)


@pytest.mark.parametrize("name", METHODS)
def test_adapt_same_seed_same_bits_and_another_seed_others(name):
    (first, found), (again, found_again) = adapted(METHODS[name]), adapted(METHODS[name])
    other, _ = adapted(METHODS[name], seed=4)
    assert found == found_again
    for a, b in zip(first.state_dict().values(), again.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    assert not torch.equal(first.classifier.weight, other.classifier.weight)


@pytest.mark.parametrize(
    ("name", "moves"), [(name, "only" not in name and "on target" not in name) for name in METHODS]
)
def test_adapt_target_images_move_the_network_where_the_method_sees_them(name, moves):
    first, _ = adapted(METHODS[name])
    other, _ = adapted(METHODS[name], target=2 * TARGET)
    equal = [torch.equal(a, b) for a, b in zip(first.state_dict().values(), other.state_dict().values(), strict=True)]
    assert all(equal) is not moves
    assert METHODS[name].sees_target is moves


@pytest.mark.parametrize("target_statistics", [True, False], ids=["target", "source"])
def test_adapt_running_statistics_follow_the_domain_that_is_meant_and_batches_their_own(target_statistics):
    data, number = (TARGET, 7) if target_statistics else (SOURCE, 6)
    batch = data[next(batches(data, number))]
    hidden = network().features[0](batch).detach()
    model, _ = adapted(Method("mmd", 1.0, target_statistics=target_statistics), steps=1, augment=unchanged)
    norm = model.features[1]
    torch.testing.assert_close(norm.running_mean, 0.25 * hidden.mean(0))
    torch.testing.assert_close(norm.running_var, 0.75 + 0.25 * hidden.var(0))
    assert norm.momentum == 0.25


def test_adapt_keeps_the_checkpoint_with_the_highest_information():
    model, found = adapted(Method("coral", 50.0), checkpoints=10, steps=30)
    assert [checkpoint.step for checkpoint in found] == list(range(3, 31, 3))
    features = extract_features(model.features, VALIDATION)
    logits = model.classifier(features).detach()
    kept = max(found, key=lambda checkpoint: checkpoint.information)
    assert kept not in (found[0], found[-1])
    assert information_maximisation(logits) == kept.information == best(found).information
    assert cluster_agreement(features, logits) == kept.agreement
    assert not model.training


def test_best_is_the_earlier_of_equals():
    first, second, third = Checkpoint(1, 0.2, 0.9), Checkpoint(2, 0.7, 0.1), Checkpoint(3, 0.7, 0.5)
    assert best([first, second, third]) is second


def test_adapt_by_mmd_brings_the_domains_together():
    """The target's mean is moved by 3 along one axis, which the labels do not depend on."""
    moved = images(200, 5) + torch.tensor([0.0, 0.0, 0.0, 3.0])

    def apart(method: Method) -> float:
        model = network(norm=False)
        adapt(
            model, method, SOURCE, LABELS, moved, VALIDATION, 0, steps=150, rate=0.01, head_rate=0.01, checkpoints=1,
            augment=unchanged,
        )  # fmt: skip
        source, target = (extract_features(model.features, data) for data in (images(200, 6), moved))
        return mmd_squared(source, target).item()

    assert apart(Method("mmd", 5.0)) < 0.5 * apart(METHODS["source only"])


def test_information_loss_is_minus_information_maximisation_and_its_gradient_a_finite_difference():
    logits = torch.randn(7, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64).requires_grad_()
    assert information_loss(logits).item() == pytest.approx(-information_maximisation(logits))
    assert torch.autograd.gradcheck(information_loss, (logits,))
    certain = torch.tensor([[800.0, 0.0], [0.0, 800.0]], requires_grad=True)
    information_loss(certain).backward()
    assert certain.grad.isfinite().all()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        pytest.param({"labels": LABELS[1:]}, ValueError, "source_labels: expected the shape", id="labels"),
        pytest.param({"target": TARGET[:0]}, ValueError, "target_images: expected the shape", id="no target"),
        pytest.param({"target": TARGET.double()}, TypeError, "target_images: expected torch.float32", id="dtype"),
        pytest.param({"steps": 3}, ValueError, "checkpoints: expected 1 to 3, the number of steps, got 4", id="steps"),
        pytest.param({"checkpoints": 0}, ValueError, "checkpoints: expected 1 to 8", id="no checkpoint"),
    ],
)
def test_adapt_refuses(change, error, message):
    given = {"labels": LABELS, "target": TARGET} | change
    options = {"steps": 8, "checkpoints": 4} | {
        name: change[name] for name in change if name in ("steps", "checkpoints")
    }
    model = network()
    before = model.classifier.weight.clone()
    with pytest.raises(error, match=message):
        adapt(model, METHODS["DANN"], SOURCE, given["labels"], given["target"], VALIDATION, 0, **options)
    assert torch.equal(model.classifier.weight, before)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        pytest.param(("dann",), ValueError, "distance: expected None or one of mmd, coral, adversarial", id="distance"),
        pytest.param(("mmd", -1.0), ValueError, "weight: expected a finite number of at least 0, got -1", id="weight"),
        pytest.param(
            (None, 0.0, "1"),
            ValueError,
            "information: expected a finite number of at least 0, got '1'",
            id="information",
        ),
    ],
)
def test_method_refuses(arguments, error, message):
    with pytest.raises(error, match=message):
        Method(*arguments)


def test_gap_closed_is_linear_between_the_ends():
    assert gap_closed(0.6, 0.6, 0.8) == 0
    assert gap_closed(0.8, 0.6, 0.8) == 1
    assert gap_closed(0.5, 0.6, 0.8) == pytest.approx(-0.5)
    with pytest.raises(ValueError, match=r"on_target: expected more than source_only, 0\.6, got 0\.6"):
        gap_closed(0.7, 0.6, 0.6)
