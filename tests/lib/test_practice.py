"""The frames of the practice projects: laws that hold whatever is trained."""

import pytest
import torch
from torch import nn

from lib.adversarial import DomainAdversarialNetwork
from lib.epochs import Scores
from lib.freezing import freeze, is_frozen
from lib.practice import adapt_digits, three_strategies, unfreezing_race
from lib.unfreezing import every_epochs


def blobs(count, seed, shift=0.0):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 3
    return 3 * torch.eye(3, 6)[labels] + torch.randn(count, 6, generator=generator) + shift, labels


def network(seed=0):
    torch.manual_seed(seed)
    first = nn.Sequential(nn.Linear(6, 12), nn.BatchNorm1d(12), nn.ReLU())
    return nn.Sequential(first, nn.Sequential(nn.Linear(12, 12), nn.ReLU()), nn.Linear(12, 3))


def fit(model, split, steps=40):
    optimiser = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.2)
    model.train()
    for _ in range(steps):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(split[0]), split[1]).backward()
        optimiser.step()


def score(model, split):
    with torch.no_grad():
        return float((model.eval()(split[0]).argmax(1) == split[1]).double().mean())


def test_three_strategies_learn_and_freeze_what_they_say():
    model, splits = network(), [blobs(n, n) for n in (60, 61, 90)]
    before = {name: value.clone() for name, value in model.state_dict().items()}
    found = three_strategies(model, *splits, fit=fit, score=score)
    for name, stages in (("extraction", "2"), ("partial", "12"), ("full", "012")):
        after = found[name].network.state_dict()
        assert {key[0] for key in after if not torch.equal(after[key], before[key])} == set(stages)
        assert found[name].accuracy == score(found[name].network, splits[2]) and found[name].seconds > 0
    assert is_frozen(found["partial"].network[0]) and not is_frozen(model[0])
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_three_strategies_measure_gap_share_and_the_time_of_fit_alone():
    time, asked = [0.0], []
    scores = {"training": 0.9, "validation": 0.7, "test": 0.6}

    def slow_fit(_, split):
        asked.append(f"fit {split}")
        time[0] += 3

    def slow_score(_, split):
        asked.append(split)
        time[0] += 5
        return scores[split]

    found = three_strategies(network(), *scores, fit=slow_fit, score=slow_score, clock=lambda: time[0])
    assert list(found) == ["extraction", "partial", "full"]
    for one in found.values():
        assert (one.accuracy, one.gap, one.seconds) == (0.6, pytest.approx(0.2), 3)
    sizes = {"extraction": 12 * 3 + 3, "partial": 12 * 12 + 12 + 12 * 3 + 3, "full": 6 * 12 + 3 * 12 + 156 + 39}
    assert {name: one.share for name, one in found.items()} == {
        name: pytest.approx(size / sizes["full"]) for name, size in sizes.items()
    }
    assert all(asked.count(split) == 3 for split in ("fit training", *scores)) and len(asked) == 12


def test_three_strategies_of_a_model_that_comes_frozen_are_those_of_one_that_does_not():
    splits = [blobs(n, n) for n in (60, 61, 90)]
    free, frozen = network(), freeze(network())
    found, again = (three_strategies(model, *splits, fit=fit, score=score) for model in (free, frozen))
    for name, one in found.items():
        other = again[name]
        assert (one.accuracy, one.gap, one.share) == (other.accuracy, other.gap, other.share)
        weights = zip(one.network.state_dict().values(), other.network.state_dict().values(), strict=True)
        assert all(torch.equal(a, b) for a, b in weights)
    assert is_frozen(frozen)


def test_unfreezing_race_reads_its_winners_off_the_scores():
    rows = {"a": [0.5, 0.9, 0.6], "b": [0.4, 0.6, 0.8], "c": [0.1, 0.2, 0.8]}
    told = iter(rows.values())

    def begin(_):
        mine = iter(next(told))
        return lambda: Scores(1.0, next(mine))

    schedules = {"a": every_epochs(1), "b": every_epochs(2), "c": lambda _: 0}
    race = unfreezing_race(network(), schedules, begin, epochs=3, goal=0.7)
    assert (race.reached, race.fastest, race.best) == ({"a": 2, "b": 3, "c": 3}, "a", "b")
    assert race.learning == {"a": [1, 2, 3], "b": [1, 1, 2], "c": [1, 1, 1]}
    told = iter(rows.values())
    assert unfreezing_race(network(), schedules, begin, epochs=3, goal=1.0).fastest is None


def adversarial_network():
    torch.manual_seed(0)
    return DomainAdversarialNetwork(nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3)), classes=3, hidden=8)


def test_adapt_digits_without_reversal_is_training_on_the_source_alone():
    (source, labels), (target, _) = blobs(60, 0), blobs(60, 1, shift=1.0)
    batches = list(zip(source.split(12), labels.split(12), target.split(12), strict=True))
    begun = adversarial_network()
    runs = adapt_digits(begun, batches, lambda p: torch.optim.SGD(p, lr=0.1), score=lambda _: 0.5)
    alone = adversarial_network()
    optimiser = torch.optim.SGD(alone.parameters(), lr=0.1)
    for images, names, _ in batches:
        optimiser.zero_grad()
        nn.functional.cross_entropy(alone.classifier(alone.features(images)), names).backward()
        optimiser.step()
    weights = runs["without"].network.features[0].weight
    assert torch.allclose(weights, alone.features[0].weight, atol=1e-6)
    assert not torch.allclose(runs["with"].network.features[0].weight, weights, atol=1e-4)
    assert not torch.equal(runs["without"].network.discriminator[0].weight, begun.discriminator[0].weight)


def test_adapt_digits_scores_each_run_once_in_evaluation_mode():
    scored = []

    def score_once(predictor):
        scored.append(any(layer.training for layer in predictor.modules()))
        return len(scored) / 10

    batches = [(*blobs(12, 0), blobs(12, 1)[0])] * 2
    runs = adapt_digits(adversarial_network(), batches, lambda p: torch.optim.SGD(p, lr=0.1), score_once)
    assert scored == [False, False] and [one.accuracy for one in runs.values()] == [0.1, 0.2]
    assert not any(layer.training for one in runs.values() for layer in one.network.modules())


def test_adapt_digits_reversal_takes_the_domain_out_of_the_features():
    """On blobs that are shifted, the discriminator ends nearer to chance with reversal than without it."""
    (source, labels), (target, named) = blobs(600, 0), blobs(600, 1, shift=1.0)
    parts = (one.repeat(8, *[1] * (one.ndim - 1)).split(30) for one in (source, labels, target))
    batches = list(zip(*parts, strict=True))
    runs = adapt_digits(
        adversarial_network(),
        batches,
        lambda p: torch.optim.AdamW(p, lr=0.003),
        score=lambda predictor: float((predictor(target).argmax(1) == named).double().mean()),
    )
    without, with_ = (sum(runs[name].domain_accuracy[-20:]) / 20 for name in ("without", "with"))
    assert without > 0.65 and abs(with_ - 0.5) < 0.1
    assert runs["with"].accuracy > runs["without"].accuracy
