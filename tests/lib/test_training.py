"""Training: against a loop written out with torch's own parts."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from lib.training import accuracy, shifted, train


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(12, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 3))


def data(count=20):
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(count, 3, 2, 2, generator=generator)
    return images, images.flatten(1)[:, :3].argmax(1)


def generator():
    return torch.Generator().manual_seed(2)


def test_train_is_adamw_over_one_cycle_with_a_rate_of_its_own_for_the_head():
    images, labels = data()
    ours, plain = network(), network()
    losses = train(ours, images, labels, epochs=3, rate=0.01, head_rate=0.05, batch_size=8, generator=generator())
    rest = [p for n, p in plain.named_parameters() if not n.startswith("4.")]
    optimiser = torch.optim.AdamW([{"params": rest}, {"params": plain[4].parameters()}], weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, [0.01, 0.05], total_steps=9)
    order, total = generator(), 0.0
    for _ in range(3):
        total = 0.0
        for rows in torch.randperm(20, generator=order).split(8):
            loss = F.cross_entropy(plain(images[rows]), labels[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += float(loss.detach()) * len(rows)
    for a, b in zip(ours.state_dict().values(), plain.state_dict().values(), strict=True):
        assert torch.equal(a, b)
    assert losses[-1] == pytest.approx(total / 20)  # the last, smaller batch counts by its size


def test_train_leaves_what_is_frozen_as_it_is():
    images, labels = data()
    model = network()
    before = model[1].weight.clone()
    model[1].requires_grad_(False)
    train(model, images, labels, epochs=2, rate=0.1, generator=generator())
    assert torch.equal(model[1].weight, before)


def test_train_same_generator_same_weights():
    images, labels = data()
    first, again = network(), network()
    for model in (first, again):
        train(model, images, labels, epochs=2, rate=0.1, generator=generator(), augment=lambda b, g: shifted(b, g, 1))
    assert torch.equal(first[4].weight, again[4].weight)


def test_train_refuses_what_cannot_be_trained():
    images, labels = data()
    with pytest.raises(ValueError, match="model: expected at least one trainable parameter, found none"):
        train(network().requires_grad_(False), images, labels, epochs=1, rate=0.1, generator=generator())
    with pytest.raises(ValueError, match="labels: expected one for each of 20 images, at least one, got 19"):
        train(network(), images, labels[1:], epochs=1, rate=0.1, generator=generator())


def test_accuracy_counts_right_answers_in_evaluation_mode_whatever_the_batches():
    images, labels = data(11)
    model = network().eval()
    expected = sum(int(model(image[None]).argmax()) == int(label) for image, label in zip(images, labels, strict=True))
    assert accuracy(model.train(), images, labels, batch_size=4) == pytest.approx(expected / 11)
    assert not model.training


def test_shifted_moves_each_image_by_its_own_whole_pixels_and_repeats_the_edge():
    images = torch.arange(2 * 36.0).view(2, 1, 6, 6)
    draws = torch.randint(5, (2, 2), generator=generator())
    moved = shifted(images, generator(), pixels=2)
    for image, result, top, left in zip(images, moved, *draws.tolist(), strict=True):
        rows, columns = ((torch.arange(6) + start - 2).clamp(0, 5) for start in (top, left))
        assert torch.equal(result[0], image[0][rows][:, columns])
