"""The Fisher information, against its closed form in NumPy and against autograd, one image and one label at a time."""

import copy
from typing import ClassVar

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare
from torch import nn
from torchvision import models
from torchvision.models.convnext import CNBlockConfig
from torchvision.models.efficientnet import MBConvConfig
from torchvision.models.mobilenetv3 import InvertedResidualConfig
from torchvision.models.resnet import BasicBlock

from lib.fisher import fisher_diagonal
from lib.freezing import freeze


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def made(model: nn.Module, seed: int = 0) -> nn.Module:
    """The model in float64, with parameters and running statistics that are drawn, in training mode."""
    generator = torch.Generator().manual_seed(seed)
    for name, value in model.double().state_dict().items():
        if value.is_floating_point():
            value.normal_(0, 0.5, generator=generator)
        if name.endswith("running_var"):
            value.abs_().add_(0.5)
    return model.train()


def network() -> nn.Module:
    """Convolution, batch norm, an activation in place, dropout: what networks are made of."""
    return made(
        nn.Sequential(
            nn.Conv2d(2, 3, 3, bias=False), nn.BatchNorm2d(3), nn.ReLU(inplace=True), nn.Dropout(0.5), nn.Flatten(),
            nn.Linear(12, 4),
        )
    )  # fmt: skip


def one_at_a_time(model: nn.Module, images: torch.Tensor, labels: torch.Tensor | None = None) -> dict[str, np.ndarray]:
    """The definition as it stands: a backward pass for each image and each class, or each image's label."""
    model = copy.deepcopy(model).eval()
    learning = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    total = {name: np.zeros(tuple(parameter.shape)) for name, parameter in learning.items()}
    for n, image in enumerate(images):
        log_p = model(image[None]).log_softmax(1)[0]
        for y in range(len(log_p)) if labels is None else [int(labels[n])]:
            weight = log_p[y].exp().item() if labels is None else 1.0
            gradients = torch.autograd.grad(log_p[y], learning.values(), retain_graph=True, allow_unused=True)
            for name, gradient in zip(learning, gradients, strict=True):
                total[name] += 0 if gradient is None else weight * gradient.numpy() ** 2 / len(images)
    return total


def assert_same(ours: dict[str, torch.Tensor], theirs: dict[str, np.ndarray], rtol: float = 1e-9) -> None:
    assert list(ours) == list(theirs)
    for name, values in ours.items():
        np.testing.assert_allclose(values.numpy(), theirs[name], rtol=rtol, atol=1e-12, err_msg=name)


# ---- closed form --------------------------------------------------------------------------------------------------


def softmax_regression(classes: int = 3, features: int = 4) -> tuple[nn.Linear, np.ndarray, np.ndarray]:
    model, x = made(nn.Linear(features, classes)), drawn(6, features, seed=1).numpy()
    scores = x @ model.weight.detach().numpy().T + model.bias.detach().numpy()
    odds = np.exp(scores - scores.max(1, keepdims=True))
    return model, x, odds / odds.sum(1, keepdims=True)


def test_fisher_diagonal_exact_is_the_closed_form_of_softmax_regression():
    model, x, p = softmax_regression()
    fisher = np.zeros((15, 15))  # of the parameters (W, b), one row of W after another, each with its bias
    for image, probabilities in zip(np.hstack([x, np.ones((6, 1))]), p, strict=True):
        errors = probabilities - np.eye(3)  # p − e_y, one row for each y
        expected = (probabilities[:, None, None] * errors[:, :, None] * errors[:, None, :]).sum(0)
        fisher += np.kron(expected, np.outer(image, image)) / 6
    diagonal = np.diag(fisher).reshape(3, 5)
    ours = fisher_diagonal(model, torch.from_numpy(x), labels="exact", chunk_size=4)
    assert_same(ours, {"weight": diagonal[:, :4], "bias": diagonal[:, 4]})


def test_fisher_diagonal_empirical_is_the_closed_form_of_softmax_regression():
    model, x, p = softmax_regression()
    y = np.array([2, 0, 1, 1, 2, 0])
    errors = (p - np.eye(3)[y]) ** 2
    ours = fisher_diagonal(model, torch.from_numpy(x), labels="empirical", true_labels=torch.from_numpy(y))
    assert_same(ours, {"weight": errors.T @ x**2 / 6, "bias": errors.mean(0)})


def test_fisher_diagonal_empirical_vanishes_where_labels_are_fitted_and_the_exact_one_does_not():
    model = nn.Linear(2, 2).double()
    images, labels = torch.tensor([[3.0, 0.0], [0.0, 3.0]]).double(), torch.tensor([0, 1])
    with torch.no_grad():
        model.weight.copy_(2.0 * torch.eye(2))
        model.bias.zero_()
    empirical = fisher_diagonal(model, images, labels="empirical", true_labels=labels)["bias"]
    exact = fisher_diagonal(model, images, labels="exact")["bias"]
    miss = 1 / (1 + np.exp(6.0))  # the probability of the other class
    assert empirical.numpy() == pytest.approx(miss**2)
    assert exact.numpy() == pytest.approx(miss * (1 - miss))


# ---- one image at a time ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chunk_size", [1, 2, 5, 99])
def test_fisher_diagonal_equals_the_loop_whatever_the_chunks(chunk_size: int):
    model, images, labels = network(), drawn(5, 2, 4, 4), torch.tensor([3, 0, 0, 2, 1])
    exact = fisher_diagonal(model, images, labels="exact", chunk_size=chunk_size)
    empirical = fisher_diagonal(model, images, labels="empirical", true_labels=labels, chunk_size=chunk_size)
    assert_same(exact, one_at_a_time(model, images))
    assert_same(empirical, one_at_a_time(model, images, labels))


FAMILIES = {  # small, and of torchvision's own classes: in-place activations and sums, squeezing, attention, shifts
    "resnet": lambda: nn.Sequential(BasicBlock(3, 3), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(12, 3)),
    "mobilenet_v3": lambda: models.MobileNetV3(
        [InvertedResidualConfig(8, 3, 8, 8, True, "HS", 1, 1, 1.0)], last_channel=8, num_classes=3
    ),
    "efficientnet": lambda: models.EfficientNet([MBConvConfig(2, 3, 1, 8, 8, 1)], dropout=0.2, num_classes=3),
    "convnext": lambda: models.ConvNeXt([CNBlockConfig(8, 16, 1), CNBlockConfig(16, None, 1)], num_classes=3),
    "vit": lambda: models.VisionTransformer(32, 16, 2, 2, hidden_dim=8, mlp_dim=16, num_classes=3),
    "swin": lambda: models.SwinTransformer([4, 4], 8, [1, 1], [2, 2], [2, 2], num_classes=3),
    "densenet": lambda: models.DenseNet(4, (1, 1), 8, num_classes=3),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_fisher_diagonal_equals_the_loop_on_torchvision_classifiers(family: str):
    model, images = made(FAMILIES[family]()), drawn(2, 3, 32, 32)
    labels = torch.tensor([2, 0])
    ours = fisher_diagonal(model, images, labels="empirical", true_labels=labels)
    assert_same(ours, one_at_a_time(model, images, labels), rtol=1e-6)


def test_fisher_diagonal_equals_the_loop_in_channels_last():
    model, images = network().to(memory_format=torch.channels_last), drawn(3, 2, 4, 4)
    ours = fisher_diagonal(model, images.to(memory_format=torch.channels_last), labels="exact")
    assert_same(ours, one_at_a_time(model, images))


def test_fisher_diagonal_counts_both_uses_of_a_shared_parameter():
    first, last = nn.Linear(3, 3), nn.Linear(3, 3)
    last.weight = first.weight
    model, images = made(nn.Sequential(first, nn.Tanh(), last)), drawn(3, 3)
    ours = fisher_diagonal(model, images, labels="exact")
    assert list(ours) == ["0.weight", "0.bias", "2.bias"]
    assert_same(ours, one_at_a_time(model, images))


def test_fisher_diagonal_is_zero_for_a_parameter_that_no_score_depends_on():
    model = made(nn.Sequential(nn.Linear(2, 2), nn.ReLU()))
    model.register_parameter("unused", nn.Parameter(torch.ones(3)))
    assert fisher_diagonal(model, drawn(4, 2), labels="exact")["unused"].tolist() == [0, 0, 0]


def test_fisher_diagonal_leaves_out_what_is_frozen():
    model, images = network(), drawn(3, 2, 4, 4)
    whole = fisher_diagonal(model, images, labels="exact")
    freeze(model[0])
    part = fisher_diagonal(model, images, labels="exact")
    assert list(part) == [name for name in whole if name != "0.weight"]
    assert all(torch.equal(values, whole[name]) for name, values in part.items())


# ---- sampled labels -----------------------------------------------------------------------------------------------


def sampled(model: nn.Module, images: torch.Tensor, seed: int, chunk_size: int = 32) -> dict[str, torch.Tensor]:
    return fisher_diagonal(model, images, generator=torch.Generator().manual_seed(seed), chunk_size=chunk_size)


def test_fisher_diagonal_draws_classes_as_often_as_the_model_predicts_them():
    probabilities = np.array([0.6, 0.15, 0.25])
    model = nn.Linear(1, 3).double()
    with torch.no_grad():
        model.bias.copy_(torch.from_numpy(np.log(probabilities)) + 7)
    fisher = sampled(model, torch.zeros(20_000, 1).double(), seed=0, chunk_size=4_000)["bias"].numpy()
    # an image adds (1 − p)² to the class that was drawn and p² to the others: the mean tells how often that was
    counts = 20_000 * (fisher - probabilities**2) / (1 - 2 * probabilities)
    assert counts.sum() == pytest.approx(20_000)
    assert chisquare(counts, 20_000 * probabilities).pvalue > 0.01


def test_fisher_diagonal_sampled_comes_to_the_exact_one_as_draws_grow():
    model, images = network(), drawn(4, 2, 4, 4)
    exact = torch.cat([values.flatten() for values in fisher_diagonal(model, images, labels="exact").values()])
    errors = []
    for draws in (10, 1_000):
        many = sampled(model, images.repeat(draws, 1, 1, 1), seed=1, chunk_size=1_000)
        error = torch.cat([values.flatten() for values in many.values()]) - exact
        errors.append((error.norm() / exact.norm()).item())
    assert errors[1] < 0.05
    assert errors[0] / errors[1] > 3  # √100 = 10 is expected


def test_fisher_diagonal_never_draws_a_class_that_has_no_probability():
    model = nn.Linear(1, 3)
    with torch.no_grad():
        model.bias.copy_(torch.tensor([-1e9, 0.0, -1e9]))
    assert sampled(model, torch.zeros(500, 1), seed=0)["bias"].tolist() == [0, 0, 0]


def test_fisher_diagonal_draws_from_its_generator_alone_and_alike_for_all_chunks():
    model, images = network(), drawn(7, 2, 4, 4)
    state = torch.get_rng_state()
    one, again, other = sampled(model, images, 3, 2), sampled(model, images, 3, 7), sampled(model, images, 4)
    assert torch.equal(torch.get_rng_state(), state)
    assert_same(one, {name: values.numpy() for name, values in again.items()})
    assert not torch.allclose(one["5.bias"], other["5.bias"])


@pytest.mark.parametrize("labels", ["exact", "empirical"])
def test_fisher_diagonal_draws_nothing_unless_labels_are_sampled(labels: str):
    generator = torch.Generator().manual_seed(0)
    state = generator.get_state()
    true_labels = torch.tensor([0, 1]) if labels == "empirical" else None
    fisher_diagonal(nn.Linear(2, 2), torch.ones(2, 2), labels=labels, true_labels=true_labels, generator=generator)
    assert torch.equal(generator.get_state(), state)


# ---- laws ---------------------------------------------------------------------------------------------------------


@settings(max_examples=10, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), factor=st.floats(0.2, 5), shift=st.floats(-3, 3), count=st.integers(1, 6))
def test_fisher_diagonal_laws(seed: int, factor: float, shift: float, count: int):
    """Not negative; of degree −2 in a parameter's unit; blind to a shift of all scores; a mean over images."""
    model, images = made(nn.Linear(3, 4), seed), drawn(count + 1, 3, seed=seed)
    fisher = fisher_diagonal(model, images, labels="exact")["weight"]
    parts = [fisher_diagonal(model, some, labels="exact")["weight"] for some in (images[:count], images[count:])]
    rescaled, shifted = copy.deepcopy(model), copy.deepcopy(model)
    with torch.no_grad():
        rescaled.weight /= factor
        shifted.bias += shift
    assert (fisher >= 0).all()
    torch.testing.assert_close((count * parts[0] + parts[1]) / (count + 1), fisher)
    torch.testing.assert_close(fisher_diagonal(shifted, images, labels="exact")["weight"], fisher)
    torch.testing.assert_close(fisher_diagonal(rescaled, factor * images, labels="exact")["weight"], factor**2 * fisher)


# ---- what is bounded, and what is left alone ----------------------------------------------------------------------


class Counted(torch.autograd.Function):
    """The identity; writes down over how many images vmap runs it."""

    sizes: ClassVar[list[int]] = []

    @staticmethod
    def forward(x):
        return x.clone()

    @staticmethod
    def setup_context(ctx, inputs, output):
        pass

    @staticmethod
    def backward(ctx, gradient):
        return gradient

    @staticmethod
    def vmap(info, in_dims, x):
        Counted.sizes.append(info.batch_size)
        return Counted.apply(x), in_dims[0]


class Watched(nn.Linear):
    def forward(self, x):
        return Counted.apply(super().forward(x))


@pytest.mark.parametrize("labels", ["sampled", "exact"])
def test_fisher_diagonal_has_at_most_a_chunk_of_images_in_work(labels: str):
    Counted.sizes = []
    fisher_diagonal(Watched(2, 5), torch.ones(7, 2), labels=labels, generator=torch.Generator(), chunk_size=3)
    assert Counted.sizes == [3, 3, 1]


def test_fisher_diagonal_has_one_gradient_for_each_of_them_not_one_for_each_class():
    class Largest(torch.utils._python_dispatch.TorchDispatchMode):
        numbers = 0

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            result = func(*args, **(kwargs or {}))
            for value in result if isinstance(result, tuple | list) else [result]:
                if isinstance(value, torch.Tensor):
                    self.numbers = max(self.numbers, value.numel())
            return result

    with Largest() as largest:
        fisher_diagonal(nn.Linear(50, 20), torch.ones(12, 50), labels="exact", chunk_size=3)
    assert largest.numbers == 3 * 50 * 20


@pytest.mark.parametrize("broken", [False, True])
def test_fisher_diagonal_leaves_the_model_as_it_was_also_if_it_fails(broken: bool):
    model = network()
    model[3].eval()
    model[5].weight.grad = torch.ones_like(model[5].weight)
    before = copy.deepcopy(model.state_dict())
    if broken:
        with pytest.raises(RuntimeError):
            fisher_diagonal(model, drawn(3, 1, 4, 4), labels="exact")
    else:
        fisher_diagonal(model, drawn(3, 2, 4, 4), labels="exact")
    assert [layer.training for layer in model] == [True, True, True, False, True, True]
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert [name for name, parameter in model.named_parameters() if parameter.grad is not None] == ["5.weight"]
    assert (model[5].weight.grad == 1).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_fisher_diagonal_keeps_shapes_and_dtype_and_has_no_history(dtype: torch.dtype):
    model = network().to(dtype)
    ours = fisher_diagonal(model, drawn(3, 2, 4, 4).to(dtype), labels="exact")
    for name, parameter in model.named_parameters():
        assert (ours[name].shape, ours[name].dtype, ours[name].requires_grad) == (parameter.shape, dtype, False)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("family", FAMILIES)
def test_fisher_diagonal_is_the_same_on_cuda(family: str):
    model, images = made(FAMILIES[family]()), drawn(2, 3, 32, 32)
    cpu = sampled(model, images, seed=0)
    cuda = sampled(model.cuda(), images.cuda(), seed=0)
    for name, values in cpu.items():
        torch.testing.assert_close(cuda[name].cpu(), values, rtol=1e-5, atol=1e-9 * float(values.max()))


# ---- errors -------------------------------------------------------------------------------------------------------

LINEAR = nn.Linear(2, 3)
IMAGES = torch.ones(4, 2)
LABELS = torch.tensor([0, 1, 2, 0])
EMPIRICAL = {"labels": "empirical"}


@pytest.mark.parametrize(
    ("model", "images", "options", "error", "message"),
    [
        (freeze(nn.Linear(2, 3)), IMAGES, {}, ValueError, "model: expected at least one trainable parameter"),
        (nn.Linear(2, 3).half(), IMAGES, {}, ValueError, "model: expected .* float32 or float64, got .*float16"),
        (
            nn.Sequential(nn.BatchNorm1d(2, track_running_stats=False)),
            IMAGES,
            {},
            ValueError,
            "model: .* got 0 = Batch",
        ),
        (nn.Sequential(LINEAR, nn.Unflatten(1, (3, 1))), IMAGES, {}, ValueError, r"\(N, K\), got shape \(1, 3, 1\)"),
        (nn.LSTM(2, 3), IMAGES, {}, ValueError, r"model: expected scores of shape \(N, K\), got tuple"),
        (LINEAR, IMAGES.numpy(), {}, TypeError, "images: expected a tensor, got ndarray"),
        (LINEAR, IMAGES[0], {}, ValueError, r"images: expected shape \(N, ...\), N ≥ 1, got \(2,\)"),
        (LINEAR, IMAGES[:0], {}, ValueError, r"images: expected shape \(N, ...\), N ≥ 1, got \(0, 2\)"),
        (LINEAR, IMAGES.to("meta"), {}, ValueError, "images: expected them on the model's device, cpu, got meta"),
        (LINEAR, IMAGES, {"chunk_size": 0}, ValueError, "chunk_size: expected a whole number of at least 1, got 0"),
        (LINEAR, IMAGES, {"chunk_size": 2.0}, ValueError, "chunk_size: expected a whole number"),
        (LINEAR, IMAGES, {"labels": "true"}, ValueError, 'labels: expected "sampled", "exact" or .* got \'true\''),
        (LINEAR, IMAGES, {"generator": None}, ValueError, "generator: expected a torch.Generator .* got NoneType"),
        (LINEAR, IMAGES, {"generator": 3}, ValueError, "generator: expected a torch.Generator .* got int"),
        (LINEAR, IMAGES, EMPIRICAL, ValueError, "true_labels: expected a tensor for labels='empirical', got NoneType"),
        (LINEAR, IMAGES, {"true_labels": LABELS}, ValueError, "true_labels: expected None for labels='sampled'"),
        (LINEAR, IMAGES, {"true_labels": LABELS, "labels": "exact"}, ValueError, "expected None for labels='exact'"),
        (LINEAR, IMAGES, EMPIRICAL | {"true_labels": [0, 1, 2, 0]}, TypeError, "true_labels: .* tensor, got list"),
        (LINEAR, IMAGES, EMPIRICAL | {"true_labels": LABELS[:3]}, ValueError, r"shape \(4,\), on cpu, got .*\(3,\)"),
        (LINEAR, IMAGES, EMPIRICAL | {"true_labels": LABELS.int()}, ValueError, "expected int64, .* got int32"),
        (LINEAR, IMAGES, EMPIRICAL | {"true_labels": LABELS.to("meta")}, ValueError, "on cpu, got .* on meta"),
        (
            LINEAR,
            IMAGES,
            EMPIRICAL | {"true_labels": LABELS + 1},
            ValueError,
            "expected classes from 0 to 2, got 1 to 3",
        ),
        (LINEAR, IMAGES, EMPIRICAL | {"true_labels": LABELS - 1}, ValueError, "classes from 0 to 2, got -1 to 1"),
    ],
)
def test_fisher_diagonal_says_what_it_expected(model, images, options, error, message):
    with pytest.raises(error, match=message):
        fisher_diagonal(model, images, **{"generator": torch.Generator()} | options)


def test_fisher_diagonal_does_not_hide_what_vmap_refuses():
    class Noisy(nn.Linear):
        def forward(self, x):
            return nn.functional.dropout(super().forward(x), training=True)

    with pytest.raises(RuntimeError, match="random"):
        fisher_diagonal(Noisy(2, 3), IMAGES, labels="exact")
