"""What freezing costs and saves, against counts and sizes worked out by hand, and against torch's own optimiser."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from lib.backbones import load_backbone, replace_head
from lib.freezing import freeze
from lib.freezing_costs import freezing_costs
from lib.stages import stages

LABELS = torch.tensor([0, 1, 2, 1])
FLOAT = 4  # bytes


@pytest.fixture
def images():
    return torch.randn(4, 5, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def network():
    """Three stages of 5·7 + 7 = 42, 7·6 + 6 = 48 and 6·3 + 3 = 21 parameters."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return nn.Sequential(nn.Linear(5, 7), nn.Linear(7, 6), nn.Linear(6, 3))


@pytest.fixture(scope="module")
def resnet():
    return replace_head(load_backbone("resnet10", weights=None), 10)


@pytest.fixture(scope="module")
def resnet_costs(resnet):
    images = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    return freezing_costs(resnet, images, torch.tensor([0, 1, 2, 9]))


def test_freezing_costs_counts_parameters(network, images):
    costs = freezing_costs(network, images, LABELS)
    assert [cost.frozen for cost in costs] == [(), ("0",), ("0", "1")]
    assert [cost.trainable for cost in costs] == [111, 69, 21]
    assert [cost.parameters for cost in costs] == [111] * 3
    assert [cost.share for cost in costs] == pytest.approx([1, 69 / 111, 21 / 111])


def test_freezing_costs_bytes_of_a_linear_network_in_closed_form(network, images):
    """A linear layer keeps its input for its weight's gradient; cross-entropy keeps its log-probabilities and the mean
    of the labels' weights, one number. The batch itself does not count."""
    costs = freezing_costs(network, images, LABELS)
    loss = 4 * 3 + 1
    assert [cost.activation_bytes for cost in costs] == [
        FLOAT * n for n in (4 * 7 + 4 * 6 + loss, 4 * 7 + 4 * 6 + loss, 4 * 6 + loss)
    ]
    assert [cost.gradient_bytes for cost in costs] == [FLOAT * n for n in (111, 69, 21)]
    assert [cost.memory for cost in costs] == [c.activation_bytes + 3 * c.gradient_bytes for c in costs]


def test_freezing_costs_moments_are_what_adam_allocates(resnet, resnet_costs):
    model = copy.deepcopy(resnet).train()
    optimiser = torch.optim.Adam(model.parameters())
    model(torch.zeros(2, 3, 32, 32)).sum().backward()
    optimiser.step()
    state = [value for moments in optimiser.state.values() for name, value in moments.items() if name != "step"]
    assert resnet_costs[0].moment_bytes == sum(value.numel() * value.element_size() for value in state)


def test_freezing_costs_norms_are_the_gradients_of_a_step_done_by_hand(network, images):
    free, one, two = freezing_costs(network, images, LABELS)
    cross_entropy(network(images), LABELS).backward()
    by_hand = {
        name: float(torch.cat([p.grad.flatten() for p in layer.parameters()]).norm())
        for name, layer in (("0", network[0]), ("1", network[1]), ("head", network[2]))
    }
    assert free.gradient_norms == pytest.approx(by_hand)
    assert one.gradient_norms == pytest.approx(by_hand | {"0": 0.0})
    assert two.gradient_norms == pytest.approx(by_hand | {"0": 0.0, "1": 0.0})


def test_freezing_costs_norm_is_zero_in_frozen_stages_and_nowhere_else(resnet, resnet_costs):
    assert len(resnet_costs) == len(stages(resnet))
    for count, cost in enumerate(resnet_costs):
        norms = list(cost.gradient_norms.values())
        assert norms[:count] == [0.0] * count and all(norm > 0 for norm in norms[count:])


def test_freezing_costs_memory_falls_with_every_frozen_stage(resnet_costs):
    for measured in ("trainable", "memory", "activation_bytes"):
        values = [getattr(cost, measured) for cost in resnet_costs]
        assert values == sorted(values, reverse=True) and values[0] > values[-1], measured


def test_freezing_costs_grows_with_the_batch_in_activations_alone(resnet, resnet_costs):
    twice = freezing_costs(resnet, torch.zeros(8, 3, 32, 32), torch.zeros(8, dtype=torch.long))
    assert [cost.gradient_bytes for cost in twice] == [cost.gradient_bytes for cost in resnet_costs]
    assert twice[0].activation_bytes == pytest.approx(2 * resnet_costs[0].activation_bytes, rel=0.01)


def test_freezing_costs_leaves_everything_as_it_was(images):
    torch.manual_seed(3)
    network = nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 3)).eval()
    freeze(network[0])
    cross_entropy(network(images), LABELS).backward()
    before, gradient = copy.deepcopy(network.state_dict()), network[3].weight.grad.clone()
    modes = [(layer.training, "train" in vars(layer)) for layer in network.modules()]
    random, kept = torch.get_rng_state(), images.clone()
    with torch.no_grad():
        first = freezing_costs(network, images, LABELS)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert torch.equal(network[3].weight.grad, gradient) and network[0].weight.grad is None
    assert modes == [(layer.training, "train" in vars(layer)) for layer in network.modules()]
    assert [p.requires_grad for p in network.parameters()] == [False, False, True, True, True, True]
    assert torch.equal(torch.get_rng_state(), random) and torch.equal(images, kept)
    assert freezing_costs(network, images, LABELS) == first  # and dropout draws the same again
    assert first[0].trainable == first[0].parameters  # what was frozen before does not count


@pytest.mark.parametrize(
    "labels", [torch.tensor([0, 1]), torch.tensor([0.0, 1, 2, 1]), torch.zeros(4, 1, dtype=torch.long)]
)
def test_freezing_costs_refuses_labels_that_do_not_fit(network, images, labels):
    with pytest.raises(ValueError, match="images, labels: expected N ≥ 2 images and N whole class numbers, got"):
        freezing_costs(network, images, labels)


def test_freezing_costs_refuses_a_single_image(network, images):
    with pytest.raises(ValueError, match=r"N ≥ 2 images .* got \(1, 5\)"):
        freezing_costs(network, images[:1], LABELS[:1])
