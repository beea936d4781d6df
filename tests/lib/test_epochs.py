"""One epoch of training and of evaluation, against their arithmetic written out; and when to stop."""

import copy

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from lib.epochs import EarlyStopping, Scores, evaluate, shuffled_batches, train_one_epoch


def model():
    torch.manual_seed(0)
    return nn.Linear(3, 2)


def batches():
    generator = torch.Generator().manual_seed(1)
    return [(torch.randn(n, 3, generator=generator), torch.arange(n) % 2) for n in (4, 4, 1)]


def test_train_one_epoch_steps_as_written_out():
    ours, theirs = model(), model()
    optimiser = torch.optim.SGD(ours.parameters(), lr=0.5, momentum=0.9)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimiser, 0.5)
    found = train_one_epoch(ours.eval(), batches(), optimiser, clip_norm=0.3, schedule=schedule)
    momentum, losses = [torch.zeros_like(p) for p in theirs.parameters()], []
    for step, (images, labels) in enumerate(batches()):
        loss = -F.log_softmax(theirs(images), 1)[range(len(labels)), labels].mean()
        gradients = torch.autograd.grad(loss, list(theirs.parameters()))
        norm = torch.sqrt(sum((g**2).sum() for g in gradients))
        for p, g, m in zip(theirs.parameters(), gradients, momentum, strict=True):
            m.mul_(0.9).add_(g * min(1, 0.3 / (float(norm) + 1e-6)))
            p.data -= 0.5**step * 0.5 * m
        losses.append((loss.item(), len(labels)))
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(one, other)
    assert found == pytest.approx(sum(loss * n for loss, n in losses) / 9)
    assert ours.training


def test_train_one_epoch_does_not_let_gradients_add_up():
    one, two = model(), model()
    for net in (one, two):
        optimiser = torch.optim.SGD(net.parameters(), lr=0.1)
        if net is two:
            net(batches()[0][0]).sum().backward()  # left over
        train_one_epoch(net, batches(), optimiser, clip_norm=1e9)
    torch.testing.assert_close(one.weight, two.weight)


def test_evaluate_equals_one_pass_over_everything_and_changes_nothing():
    net = nn.Sequential(nn.BatchNorm1d(3), model(), nn.Dropout(0.5)).train()
    before = copy.deepcopy(net.state_dict())
    found = evaluate(net, batches())
    images, labels = (torch.cat(parts) for parts in zip(*batches(), strict=True))
    with torch.no_grad():
        scores = copy.deepcopy(net).eval()(images)
    right = sum(int(row.argmax()) == int(label) for row, label in zip(scores, labels, strict=True))
    assert found == Scores(pytest.approx(F.cross_entropy(scores, labels).item()), right / 9)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert not net.training


def test_no_batch_is_said():
    optimiser = torch.optim.SGD(model().parameters())
    for call in (lambda: evaluate(model(), []), lambda: train_one_epoch(model(), [], optimiser)):
        with pytest.raises(ValueError, match="batches: expected at least one, got none"):
            call()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from([0.1, 0.2, 0.3, float("nan")]), min_size=1, max_size=12), st.integers(1, 4))
def test_early_stopping_stops_once_patience_epochs_passed_since_the_first_best(scores, patience):
    stopping = EarlyStopping(patience)
    for epoch, score in enumerate(scores):
        stops = stopping.step(score)
        seen = scores[: epoch + 1]
        real = [s for s in seen if s == s]
        if scores[0] == scores[0]:
            assert stopping.best == max(real)
            assert stopping.best_epoch == seen.index(max(real))
            assert stops == (epoch - stopping.best_epoch >= patience)


def test_early_stopping_goes_on_where_its_state_was_taken_and_needs_more_than_the_threshold():
    whole, part = EarlyStopping(2, 0.1), EarlyStopping(2, 0.1)
    scores = [0.5, 0.55, 0.65, 0.7, 0.7]
    stops = [whole.step(score) for score in scores]
    assert stops == [False, False, False, False, True]
    for score in scores[:3]:
        part.step(score)
    resumed = EarlyStopping(2, 0.1)
    resumed.load_state_dict(part.state_dict())
    assert [resumed.step(score) for score in scores[3:]] == stops[3:]
    assert (whole.best, whole.best_epoch) == (0.65, 2)


@pytest.mark.parametrize(
    ("patience", "threshold", "named"), [(0, 0.0, "patience"), (1.5, 0.0, "patience"), (1, -1, "threshold")]
)
def test_early_stopping_refuses(patience, threshold, named):
    with pytest.raises(ValueError, match=f"{named}: expected .*, got"):
        EarlyStopping(patience, threshold)


def test_shuffled_batches_give_every_row_once_with_its_label_and_shares_make_the_whole():
    images, labels = torch.arange(10).float().unsqueeze(1), torch.arange(10)

    def drawn(share=slice(None)):
        return list(shuffled_batches(images, labels, 4, generator=torch.Generator().manual_seed(3), share=share))

    whole = drawn()
    assert [len(batch) for batch, _ in whole] == [4, 4, 2]
    assert sorted(torch.cat([y for _, y in whole]).tolist()) == list(range(10))
    assert all(torch.equal(x.squeeze(1), y.float()) for x, y in whole)
    first, second = drawn(slice(0, None, 2)), drawn(slice(1, None, 2))
    for (_, all_of), (_, one), (_, other) in zip(whole, first, second, strict=True):
        assert sorted([*one.tolist(), *other.tolist()]) == sorted(all_of.tolist())
