"""Fine-tuning under given rates: what moves, what repeats, and which rate is chosen."""

import pytest
import torch
from torch import nn

from lib import settings
from lib.datasets.task import Split, Task
from lib.learning_rates import layer_learning_rates
from lib.rate_trials import best_base, rate_trial, train_with_rates
from lib.results import Recorded


def network():
    torch.manual_seed(0)
    layers = [nn.Flatten(), nn.Linear(192, 4, bias=False), nn.Linear(4, 4, bias=False), nn.Linear(4, 2, bias=False)]
    return nn.Sequential(*layers).to(settings.device())


def batch():
    drawn = torch.rand(8, 3, 8, 8, generator=torch.Generator().manual_seed(0)).to(settings.device())
    return drawn, torch.arange(8) % 2


def test_train_with_rates_first_step_of_adam_is_each_stage_s_rate():
    model, (images, labels) = network(), batch()
    before = [parameter.detach().clone() for parameter in model.parameters()]
    train_with_rates(model, images, labels, 0, base=1e-2, decay=0.1, schedule="constant", epochs=1)
    ways = [float((new - old).detach().abs().max()) for new, old in zip(model.parameters(), before, strict=True)]
    assert ways == pytest.approx(list(layer_learning_rates("abc", 1e-2, 0.1).values()), rel=0.05)


def test_train_with_rates_repeats_for_a_seed_and_gives_a_loss_an_epoch():
    images, labels = batch()
    first, second, other = (train_with_rates(network(), images, labels, seed, 1e-2, epochs=3) for seed in (0, 0, 1))
    assert first == second != other
    assert len(first) == 3


def test_train_with_rates_takes_a_loss_views_and_somebody_who_watches():
    (images, labels), seen, epochs = batch(), [], []

    def augment(some, generator):
        seen.append(torch.rand(1, generator=generator))
        return 0 * some

    def loss(scores, targets):
        return (scores - 1).square().sum() / len(targets)

    losses = train_with_rates(
        network(), images, labels, 0, 1e-9, epochs=3, criterion=loss, augment=augment, weight_decay=0.0,
        after_epoch=lambda: epochs.append(len(seen)),
    )  # fmt: skip
    assert losses == pytest.approx([2.0, 2.0, 2.0])  # a network without biases sees black images
    assert epochs == [1, 2, 3]


@pytest.mark.slow
def test_rate_trial_learns_from_few_images_and_leaves_the_global_state_alone():
    labels = torch.arange(12) % 2
    images = torch.randint(60, (12, 3, 48, 48), generator=torch.Generator().manual_seed(0))
    images[labels == 0, :, :, :24] += 180
    images[labels == 1, :, :, 24:] += 180
    split = Split(images.to(torch.uint8), labels)
    state = torch.get_rng_state()
    found = rate_trial(Task("halves", ("left", "right"), split, split, split), 3, 0, base=1e-3, decay=0.5, epochs=12)
    assert torch.equal(torch.get_rng_state(), state)
    assert found.accuracy == found.validation_accuracy == found.train_accuracy == 1.0


def test_best_base_is_the_one_that_validated_best_under_cosine_on_the_first_seed():
    def row(schedule, decay, base, seed, score):
        names = ("schedule", "decay", "base", "seed", "validation_accuracy", "accuracy")
        return dict(zip(names, (schedule, decay, base, seed, score, 1 - score), strict=True))

    rows = (
        row("cosine", 0.5, 1e-3, 0, 0.7),
        row("cosine", 0.5, 1e-2, 0, 0.8),
        row("cosine", 0.5, 1e-3, 1, 0.9),
        row("constant", 0.5, 1e-3, 0, 0.9),
        row("cosine", 1.0, 1e-3, 0, 0.9),
    )
    assert best_base(Recorded("", "", "", rows), 0.5) == 1e-2
    with pytest.raises(ValueError, match=r"decay: expected one of \[0.5, 1.0\], got 0.3"):
        best_base(Recorded("", "", "", rows), 0.3)
