"""The gradient's norm in each stage, against closed forms, torch's global norm, and finite differences."""

import copy
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime
from torch import nn
from torchvision import models
from torchvision.models.convnext import CNBlockConfig

from lib.freezing import freeze
from lib.gradients import gradient_norms
from lib.stages import stages


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def network() -> nn.Sequential:
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 2)).double()
    for seed, parameter in enumerate(model.parameters()):
        parameter.data = drawn(*parameter.shape, seed=seed)
    return model


def loss_of(model: nn.Module) -> torch.Tensor:
    return nn.functional.cross_entropy(model(drawn(6, 3, seed=9)), torch.tensor([0, 1, 1, 0, 1, 0]))


def test_gradient_norms_are_what_finite_differences_find():
    model = network()

    def at(values: np.ndarray, part: int) -> float:
        moved = copy.deepcopy(model)
        nn.utils.vector_to_parameters(torch.from_numpy(values), moved[part].parameters())
        return loss_of(moved).item()

    loss_of(model).backward()
    starts = [nn.utils.parameters_to_vector(model[part].parameters()).detach().numpy() for part in (0, 2, 4)]
    slopes = [approx_fprime(start, at, 1e-7, part) for start, part in zip(starts, (0, 2, 4), strict=True)]
    norms = gradient_norms(model)
    assert list(norms) == ["0", "2", "head"]
    assert list(norms.values()) == pytest.approx([np.linalg.norm(slope) for slope in slopes], rel=1e-5)


def test_gradient_norms_of_softmax_regression_in_closed_form():
    model = nn.Linear(3, 2).double()
    images, labels = drawn(6, 3, seed=9), np.array([0, 1, 1, 0, 1, 0])
    loss_of(model).backward()
    errors = model(images).softmax(1).detach().numpy() - np.eye(2)[labels]
    inputs = np.hstack([images.numpy(), np.ones((6, 1))])
    assert gradient_norms(model) == pytest.approx({"head": np.linalg.norm(errors.T @ inputs / 6)})


CLASSIFIERS = {
    "shufflenet": lambda: models.ShuffleNetV2([1, 1, 1], [4, 8, 8, 8, 8], num_classes=3),
    "convnext": lambda: models.ConvNeXt([CNBlockConfig(8, 16, 1), CNBlockConfig(16, None, 1)], num_classes=3),
    "vit": lambda: models.VisionTransformer(32, 16, 2, 2, hidden_dim=8, mlp_dim=16, num_classes=3),
}


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_gradient_norms_together_are_torchs_global_norm(name: str):
    model = CLASSIFIERS[name]().double()
    for seed, parameter in enumerate(model.parameters()):
        parameter.data = drawn(*parameter.shape, seed=seed)  # a vision transformer's head begins at zero
    model(drawn(4, 3, 32, 32)).logsumexp(1).sum().backward()
    norms = gradient_norms(model)
    whole = nn.utils.clip_grad_norm_(model.parameters(), math.inf)
    assert list(norms) == list(stages(model))
    assert min(norms.values()) > 0
    assert math.hypot(*norms.values()) == pytest.approx(whole.item())


def test_gradient_norms_are_zero_before_backward_and_where_a_stage_is_frozen():
    model, part = network(), network()
    freeze(part[0])
    freeze(part[4])
    assert list(gradient_norms(model).values()) == [0.0, 0.0, 0.0]
    loss_of(model).backward()
    loss_of(part).backward()
    assert gradient_norms(part) == {"0": 0.0, "2": gradient_norms(model)["2"], "head": 0.0}


def test_gradient_norms_count_a_gradient_left_on_a_frozen_parameter():
    model = network()
    loss_of(model).backward()
    before = gradient_norms(model)
    model.requires_grad_(False)
    assert gradient_norms(model) == before


def test_gradient_norms_count_a_shared_parameter_in_both_stages():
    model = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    model[1].weight = model[0].weight
    model[0].weight.grad = torch.full((2, 2), 2.0)
    assert gradient_norms(model) == {"0": 4.0, "head": 4.0}


@settings(max_examples=8, deadline=None, derandomize=True)
@given(factor=st.floats(-1e3, 1e3))
def test_gradient_norms_scale_with_the_loss(factor: float):
    model, scaled = network(), network()
    loss_of(model).backward()
    (factor * loss_of(scaled)).backward()
    expected = {name: abs(factor) * norm for name, norm in gradient_norms(model).items()}
    assert gradient_norms(scaled) == pytest.approx(expected)


@pytest.mark.parametrize(("dtype", "value"), [(torch.float16, 3e4), (torch.float16, 6e-8), (torch.bfloat16, 1e30)])
def test_gradient_norms_neither_overflow_nor_vanish_in_half_precision(dtype: torch.dtype, value: float):
    model = nn.Linear(4, 4, bias=False, dtype=dtype)
    model.weight.grad = torch.full((4, 4), value, dtype=dtype)
    assert gradient_norms(model)["head"] == pytest.approx(4 * value, rel=0.02)


@pytest.mark.parametrize("value", [math.inf, math.nan])
def test_gradient_norms_do_not_hide_what_is_not_finite(value: float):
    model = network()
    loss_of(model).backward()
    model[2].bias.grad[0] = value
    finite = {name: math.isfinite(norm) for name, norm in gradient_norms(model).items()}
    assert finite == {"0": True, "2": False, "head": True}


def test_gradient_norms_change_nothing():
    model = network()
    model[2].eval()
    loss_of(model).backward()
    before = copy.deepcopy([(parameter, parameter.grad) for parameter in model.parameters()])
    gradient_norms(model)
    assert [layer.training for layer in model] == [True, True, False, True, True]
    for parameter, (value, gradient) in zip(model.parameters(), before, strict=True):
        assert torch.equal(parameter, value)
        assert torch.equal(parameter.grad, gradient)


def test_gradient_norms_refuse_a_model_without_parameters():
    with pytest.raises(ValueError, match="model: expected parameters to divide into stages, found none in ReLU"):
        gradient_norms(nn.ReLU())
