"""The traps of adversarial adaptation: λ in the wrong place, live memory, split batches, and target labels."""

import copy
import importlib
import inspect
import pkgutil
import re

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import lib
from lib.adversarial import DomainAdversarialNetwork, adversarial_step, domain_loss
from lib.gradient_reversal import GradientReversal


def images(count: int, seed: int, mean: float = 0.0) -> torch.Tensor:
    return torch.randn(count, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) + mean


def network() -> DomainAdversarialNetwork:
    torch.manual_seed(0)
    backbone = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6, momentum=0.25), nn.Tanh(), nn.Linear(6, 9)).double()
    return DomainAdversarialNetwork(backbone, classes=3, hidden=5)


def step(strength: float, source: torch.Tensor, target: torch.Tensor) -> DomainAdversarialNetwork:
    model = network()
    labels = torch.arange(len(source)) % 3
    adversarial_step(model, torch.optim.SGD(model.parameters(), lr=0.1), source, labels, target, strength)
    return model


def test_trap_13_lambda_scales_what_reaches_the_features_and_never_the_discriminator():
    source, target = images(6, 0), images(9, 1, mean=2.0)
    models = [step(strength, source, target) for strength in (0.0, 0.01, 1.0)]
    for gradients in zip(*([p.grad for p in model.discriminator.parameters()] for model in models), strict=True):
        torch.testing.assert_close(gradients[0], gradients[2])
        torch.testing.assert_close(gradients[1], gradients[2])
        assert gradients[0].abs().max() > 0
    none, little, full = (next(model.features.parameters()).grad for model in models)
    torch.testing.assert_close(little - none, 0.01 * (full - none))


def test_trap_14_the_strength_is_that_of_the_forward_pass():
    """A schedule that moves on between forward and backward does not reach back."""
    layer, x = GradientReversal(0.5), images(3, 0).requires_grad_()
    output = layer(x)
    layer.strength = 100.0
    output.sum().backward()
    torch.testing.assert_close(x.grad, torch.full_like(x, -0.5))


@pytest.mark.parametrize("change", [torch.relu_, torch.zero_, torch.square_])
def test_trap_14_the_output_is_memory_of_its_own(change):
    """In-place layers behind the reversal change neither what the classifier sees nor what tanh's backward needs."""
    x = images(3, 0).requires_grad_()
    features = torch.tanh(x)
    before = features.detach().clone()
    output = GradientReversal(0.5)(features)
    assert output is not features
    assert output.data_ptr() != features.data_ptr()
    change(output).sum().backward()
    assert torch.equal(features, before)
    plain = images(3, 0).requires_grad_()
    change(torch.tanh(plain).clone()).sum().backward()
    torch.testing.assert_close(x.grad, -0.5 * plain.grad)


def test_trap_15_both_domains_are_normalised_together_and_evaluation_sees_the_same():
    source, target = images(6, 0), images(10, 1, mean=3.0)
    model = network()
    hidden = model.features[0](torch.cat([source, target])).detach()
    norm = step(1.0, source, target).features[1]
    torch.testing.assert_close(norm.running_mean, 0.25 * hidden.mean(0))
    torch.testing.assert_close(norm.running_var, 0.75 + 0.25 * hidden.var(0))
    assert norm.num_batches_tracked == 1
    apart = copy.deepcopy(model).train()
    for domain in (source, target):
        apart(domain)
    assert apart.features[1].num_batches_tracked == 2  # the trap
    assert (apart.features[1].running_var - norm.running_var).abs().max() > 0.1


def test_trap_15_a_larger_batch_of_one_domain_weighs_no_more():
    source, target = torch.full((2,), 1.0), torch.full((30,), -3.0)
    ours = domain_loss(source, target)
    torch.testing.assert_close(ours, (F.softplus(torch.tensor(1.0)) + F.softplus(torch.tensor(3.0))) / 2)
    joint = F.binary_cross_entropy_with_logits(torch.cat([source, target]), torch.tensor([0.0] * 2 + [1.0] * 30))
    assert joint - ours > 0.5  # the trap


PAGES = [importlib.import_module(page.name) for page in pkgutil.walk_packages(lib.__path__, "lib.")]
PUBLIC = {
    (page.__name__, name): inspect.signature(thing).parameters
    for page in PAGES
    for name, thing in vars(page).items()
    if not name.startswith("_") and getattr(thing, "__module__", "") == page.__name__
    if inspect.isfunction(thing) or (inspect.isclass(thing) and not issubclass(thing, Exception))
}
# every page on which something is given a target domain
TARGETED = {page for (page, _), taken in PUBLIC.items() if any(f"{one}_".startswith("target_") for one in taken)}
ADAPTING = {f"{page}.{name}": taken for (page, name), taken in PUBLIC.items() if page in TARGETED}


@pytest.mark.parametrize("name", sorted(ADAPTING))
def test_trap_16_nothing_takes_labels_but_the_sources(name):
    labels = [one for one in ADAPTING[name] if "label" in one and one != "source_labels"]
    with_labels = [one for one in ADAPTING[name].values() if {"Split", "Task"} & {*words(one.annotation)}]
    assert (labels, with_labels) == ([], [])


def words(annotation):
    return re.findall(r"\w+", getattr(annotation, "__name__", "") + " " + str(annotation))


def test_trap_16_holds_for_every_page_that_adapts_and_there_is_something_to_choose_by():
    choosing = ("information_maximisation", "cluster_agreement", "deep_embedded_validation")
    steps = {"lib.adaptation.adapt", "lib.adversarial.adversarial_step"}
    assert steps | {f"lib.model_selection.{name}" for name in choosing} <= set(ADAPTING)
