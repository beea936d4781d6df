"""The domain-adversarial network and its step, against losses written by hand and differentiated by autograd."""

import copy
import math

import numpy as np
import pytest
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from lib.adversarial import AdversarialLosses, DomainAdversarialNetwork, adversarial_step, domain_loss
from lib.backbones import load_backbone
from lib.freezing import freeze
from lib.stages import output_layers

laws = settings(max_examples=25, deadline=None, derandomize=True)
# one of each family of torchvision's; RegNet does not build on the meta device
FAMILIES = [
    *("alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "googlenet", "inception_v3", "maxvit_t"),
    *("mnasnet0_5", "mobilenet_v2", "mobilenet_v3_small", "resnet18", "shufflenet_v2_x0_5", "squeezenet1_1"),
    *("swin_t", "swin_v2_t", "vgg11", "vit_b_32"),
]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def images(count: int, seed: int = 0, mean: float = 0.0) -> torch.Tensor:
    return torch.randn(count, 4, generator=generator(seed), dtype=torch.float64) + mean


def small(norm: bool = False, seed: int = 0) -> DomainAdversarialNetwork:
    torch.manual_seed(seed)
    layers = [nn.Linear(4, 6), nn.BatchNorm1d(6) if norm else nn.Identity(), nn.Tanh(), nn.Linear(6, 9)]
    return DomainAdversarialNetwork(nn.Sequential(*layers).double(), classes=3, hidden=5)


def sgd(network: nn.Module, rate: float = 0.1) -> torch.optim.Optimizer:
    return torch.optim.SGD(network.parameters(), lr=rate)


def gradients(network: nn.Module) -> dict[str, torch.Tensor]:
    return {name: parameter.grad.clone() for name, parameter in network.named_parameters()}


# ---- the network --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("mode", [True, False], ids=["train", "eval"])
def test_domain_adversarial_network_fits_any_backbone(name, mode):
    with torch.device("meta"):
        options = {"init_weights": True} if name in ("googlenet", "inception_v3") else {}
        backbone = torchvision.models.get_model(name, weights=None, **options).train(mode)
        *_, head = output_layers(backbone).values()
        network = DomainAdversarialNetwork(backbone, classes=7)
        size = 299 if name == "inception_v3" else 224
        class_logits, domain_logits = network(torch.zeros(2, 3, size, size))
    assert class_logits.shape == (2, 7)
    assert domain_logits.shape == (2,)
    assert network.classifier.in_features == head.weight.shape[1] == network.discriminator[0].in_features
    assert {parameter.device.type for parameter in network.parameters()} == {"meta"}


def test_domain_adversarial_network_computes_what_its_parts_do():
    network = small().eval()
    x = images(5)
    features = network.features(x)
    class_logits, domain_logits = network(x)
    torch.testing.assert_close(class_logits, features @ network.classifier.weight.T + network.classifier.bias)
    first, _, second, _, last = network.discriminator
    hidden = second(first(features).clamp(min=0)).clamp(min=0)
    torch.testing.assert_close(domain_logits, last(hidden)[:, 0])


def test_domain_adversarial_network_keeps_the_backbone_and_takes_its_head_off():
    backbone = load_backbone("resnet10", weights=None)
    kept = {name: parameter for name, parameter in backbone.named_parameters() if not name.startswith("fc.")}
    network = DomainAdversarialNetwork(backbone, classes=10, hidden=32)
    assert network.features is backbone
    assert isinstance(backbone.fc, nn.Identity)
    assert all(parameter is kept[name] for name, parameter in backbone.named_parameters())
    assert [tuple(p.shape) for p in network.classifier.parameters()] == [(10, 512), (10,)]
    shapes = [tuple(layer.weight.shape) for layer in network.discriminator if isinstance(layer, nn.Linear)]
    assert shapes == [(32, 512), (32, 32), (1, 32)]
    assert network.reversal.strength == 1


@pytest.mark.parametrize("mode", [True, False])
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_domain_adversarial_network_has_the_backbones_dtype_and_mode_and_learns_on_a_frozen_one(mode, dtype):
    backbone = nn.Sequential(nn.Linear(4, 6), nn.Linear(6, 9)).to(dtype).train(mode)
    network = DomainAdversarialNetwork(backbone.requires_grad_(False), classes=3)
    assert {parameter.dtype for parameter in network.parameters()} == {dtype}
    assert {layer.training for layer in network.modules() if not isinstance(layer, nn.Identity)} == {mode}
    learns = {name.split(".")[0] for name, parameter in network.named_parameters() if parameter.requires_grad}
    assert learns == {"classifier", "discriminator"}


def test_domain_adversarial_network_draws_its_layers_from_the_global_generator():
    ours, again, other = small(seed=3), small(seed=3), small(seed=4)
    assert all(torch.equal(a, b) for a, b in zip(ours.parameters(), again.parameters(), strict=True))
    assert not torch.equal(ours.classifier.weight, other.classifier.weight)


def test_predictor_shares_the_layers_and_gives_the_class_logits():
    network = small().eval()
    predictor = network.predictor()
    assert [predictor[0], predictor[1]] == [network.features, network.classifier]
    assert torch.equal(predictor(images(5)), network(images(5))[0])


# ---- the loss of the domains --------------------------------------------------------------------------------------


@laws
@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 10_000))
def test_domain_loss_is_the_mean_of_the_two_domains_means(n, m, seed):
    s, t = (3 * torch.randn(n + m, generator=generator(seed), dtype=torch.float64)).split([n, m])
    sigma_s, sigma_t = (1 / (1 + np.exp(-logits.numpy())) for logits in (s, t))
    expected = (np.mean(-np.log(1 - sigma_s)) + np.mean(-np.log(sigma_t))) / 2
    assert domain_loss(s, t).item() == pytest.approx(expected)
    repeated = domain_loss(s.repeat(3), t)  # a larger batch of the same has no more say
    torch.testing.assert_close(repeated, domain_loss(s, t))
    torch.testing.assert_close(domain_loss(-t, -s), domain_loss(s, t))  # the domains are treated alike


def test_domain_loss_is_finite_where_the_sigmoid_is_not():
    assert domain_loss(torch.tensor([1000.0]), torch.tensor([1000.0])).item() == pytest.approx(500)


# ---- the step -----------------------------------------------------------------------------------------------------


def losses_by_hand(network, source, labels, target):
    """Ganin et al. (2016), eq. 10, in plain arithmetic; returns the two losses and no reversal."""
    network = copy.deepcopy(network)
    network.reversal = nn.Identity()
    class_logits, domain_logits = network(torch.cat([source, target]))
    chosen = class_logits.softmax(1)[torch.arange(len(source)), labels]
    sigma = 1 / (1 + torch.exp(-domain_logits))
    domain = -(1 - sigma[: len(source)]).log().mean() / 2 - sigma[len(source) :].log().mean() / 2
    return network, -chosen.log().mean(), domain


@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize(("n", "m"), [(6, 6), (9, 4), (2, 11)])
@pytest.mark.parametrize("strength", [0.0, 0.3, 2.0])
def test_adversarial_step_gives_each_part_the_gradient_that_the_game_gives_it(n, m, strength, norm):
    network, source, target, labels = small(norm), images(n), images(m, 1, mean=1.0), torch.arange(n) % 3
    hand, task, domain = losses_by_hand(network, source, labels, target)
    of_task = torch.autograd.grad(task, list(hand.parameters()), retain_graph=True, materialize_grads=True)
    of_domain = torch.autograd.grad(domain, list(hand.parameters()), materialize_grads=True)
    found = adversarial_step(network, sgd(network), source, labels, target, strength)
    assert (found.task, found.domain) == pytest.approx((task.item(), domain.item()))
    expected = {"features": -strength, "classifier": 0.0, "discriminator": 1.0}
    for (name, gradient), mine, theirs in zip(gradients(network).items(), of_task, of_domain, strict=True):
        torch.testing.assert_close(gradient, mine + expected[name.split(".")[0]] * theirs, rtol=1e-8, atol=1e-12)


def test_adversarial_step_moves_the_weights_by_the_optimisers_rule_from_cleared_gradients():
    network = small()
    before = copy.deepcopy(dict(network.named_parameters()))
    for parameter in network.parameters():
        parameter.grad = torch.full_like(parameter, 1e3)
    adversarial_step(network, sgd(network, 0.25), images(6), torch.arange(6) % 3, images(5, 1), 0.5)
    for name, parameter in network.named_parameters():
        torch.testing.assert_close(parameter, before[name] - 0.25 * parameter.grad)
        assert parameter.grad.abs().max() < 10


def test_adversarial_step_sets_the_strength_and_keeps_the_mode():
    network = small(norm=True).eval()
    before = copy.deepcopy(dict(network.named_buffers()))
    adversarial_step(network, sgd(network), images(6), torch.arange(6) % 3, images(5, 1), 0.125)
    assert network.reversal.strength == 0.125
    assert not any(layer.training for layer in network.modules())
    assert all(torch.equal(buffer, before[name]) for name, buffer in network.named_buffers())


def test_adversarial_step_accuracy_is_the_mean_over_the_domains():
    class Fixed(nn.Module):
        """A network whose domain logit is the first entry of each image."""

        def __init__(self):
            super().__init__()
            self.reversal = nn.Identity()
            self.weight = nn.Parameter(torch.zeros(4, 3))

        def forward(self, x):
            return x @ self.weight, x[:, 0] + 0 * self.weight.sum()

    network = Fixed()
    source = torch.tensor(
        [[-1.0, 0, 0, 0], [0.0, 0, 0, 0], [2.0, 0, 0, 0], [-3.0, 0, 0, 0]]
    )  # right, right, wrong, right
    target = torch.tensor([[1.0, 0, 0, 0], [0.0, 0, 0, 0]])  # right, wrong
    found = adversarial_step(network, sgd(network), source, torch.zeros(4).long(), target, 1.0)
    assert isinstance(found, AdversarialLosses)
    assert found.domain_accuracy == (3 / 4 + 1 / 2) / 2
    assert found.task == pytest.approx(math.log(3))


def test_adversarial_step_leaves_a_frozen_backbone_alone():
    network = small(norm=True)
    freeze(network.features)
    before = copy.deepcopy(network.features.state_dict())
    optimiser = torch.optim.AdamW(network.parameters(), weight_decay=0.1)
    network.train()
    adversarial_step(network, optimiser, images(6), torch.arange(6) % 3, images(5, 1), 1.0)
    assert all(torch.equal(value, before[name]) for name, value in network.features.state_dict().items())


# ---- errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 5), "classes: expected an integer of at least 1, got 0"),
        ((2.0, 5), r"classes: .*got 2\.0"),
        ((3, 0), "hidden: expected an integer of at least 1, got 0"),
    ],
)
def test_domain_adversarial_network_refuses_widths_and_leaves_the_backbone_alone(arguments, message):
    backbone = nn.Sequential(nn.Linear(4, 6), nn.Linear(6, 9))
    with pytest.raises(ValueError, match=message):
        DomainAdversarialNetwork(backbone, *arguments)
    assert isinstance(backbone[1], nn.Linear)


def test_domain_adversarial_network_refuses_a_backbone_without_a_head_or_without_features():
    with pytest.raises(ValueError, match=r"model: expected one that ends in nn\.Linear"):
        DomainAdversarialNetwork(nn.Sequential(nn.Linear(4, 6), nn.Conv2d(3, 3, 3)), classes=2)
    network = DomainAdversarialNetwork(nn.Sequential(nn.Conv2d(3, 6, 3), nn.Conv2d(6, 9, 1)), classes=2)
    with pytest.raises(ValueError, match=r"backbone: expected features of the shape \(2, 6\), got \(2, 6, 3, 3\)"):
        network(torch.zeros(2, 3, 5, 5))


@pytest.mark.parametrize(
    ("logits", "message"),
    [
        ((torch.zeros(2, 1), torch.zeros(2)), r"source_logits: expected the shape \(N,\) with N ≥ 1, got \(2, 1\)"),
        ((torch.zeros(2), torch.zeros(0)), r"target_logits: .*got \(0,\)"),
    ],
)
def test_domain_loss_refuses_other_shapes(logits, message):
    with pytest.raises(ValueError, match=message):
        domain_loss(*logits)


S, LABELS, T = images(3), torch.arange(3), images(2)


@pytest.mark.parametrize(
    ("source", "labels", "target", "strength", "error", "message"),
    [
        (S[:0], LABELS[:0], T, 1.0, ValueError, "source_images: expected at least one image, got none"),
        (S, LABELS, T[:0], 1.0, ValueError, r"target_images: expected the shape .*got \(0, 4\)"),
        (S, LABELS, T[:, :2], 1.0, ValueError, r"target_images: expected the shape .*got \(2, 2\)"),
        (S, LABELS, T.float(), 1.0, TypeError, r"target_images: expected torch\.float64.*got torch\.float32"),
        (S, LABELS, T.to("meta"), 1.0, ValueError, "target_images: expected them on cpu, got meta"),
        (S, LABELS[:2], T, 1.0, ValueError, r"source_labels: expected the shape \(3,\), got \(2,\)"),
        (S, LABELS[:, None], T, 1.0, ValueError, r"source_labels: expected the shape \(3,\), got \(3, 1\)"),
        (S, LABELS.int(), T, 1.0, TypeError, r"source_labels: expected int64, got torch\.int32"),
        (S, LABELS + 1, T, 1.0, ValueError, r"source_labels: expected values in \[0, 3\), got \[1, 2, 3\]"),
        (S, LABELS - 1, T, 1.0, ValueError, r"source_labels: expected values in \[0, 3\), got \[-1, 0, 1\]"),
        (S, LABELS, T, -1.0, ValueError, r"strength: expected a finite number of at least 0, got -1\.0"),
        (S, LABELS, T, torch.tensor(1.0), TypeError, "strength: expected a number, got Tensor"),
    ],
    ids=range(12),
)
def test_adversarial_step_names_what_it_cannot_take_and_moves_no_weight(
    source, labels, target, strength, error, message
):
    network = small()
    before = copy.deepcopy(network.state_dict())
    with pytest.raises(error, match=message):
        adversarial_step(network, sgd(network), source, labels, target, strength)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert network.reversal.strength in (1.0, strength)
