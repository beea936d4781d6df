"""Gain, probes, CKA and features by stage, against NumPy, SciPy, scikit-learn, HSIC and torchvision's own nodes."""

import copy
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import nn
from torchvision import models
from torchvision.models.feature_extraction import create_feature_extractor

from lib.freezing import freeze
from lib.representation import linear_cka, linear_probe_accuracy, stage_features, transfer_gain
from lib.stages import stages

quick = settings(max_examples=25, deadline=None, derandomize=True)
seeds = st.integers(0, 10_000)


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape))


# ---- gain ---------------------------------------------------------------------------------------------------------


def test_transfer_gain_is_the_mean_of_paired_differences_and_scipys_interval():
    after, before = [0.62, 0.58, 0.71, 0.66], [0.24, 0.26, 0.19, 0.3]
    differences = 100 * (np.array(after) - np.array(before))
    low, high = stats.t.interval(0.95, 3, differences.mean(), stats.sem(differences))
    gain, half = transfer_gain(after, before)
    assert (gain, gain - half, gain + half) == pytest.approx((differences.mean(), low, high))


def test_transfer_gain_is_certain_where_every_seed_gains_the_same():
    gain, half = transfer_gain([0.9, 0.5, 0.3], [0.8, 0.4, 0.2])
    assert (gain, half) == (pytest.approx(10), pytest.approx(0, abs=1e-9))


@quick
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=8))
def test_transfer_gain_changes_sign_with_its_arguments(pairs):
    after, before = zip(*pairs, strict=True)
    gain, half = transfer_gain(after, before)
    assert transfer_gain(before, after) == (pytest.approx(-gain), pytest.approx(half))
    assert -100 <= gain <= 100


@pytest.mark.parametrize(
    ("after", "before", "message"),
    [
        ([0.5], [0.4], "transferred, scratch: expected one each for the same seeds, at least 2, got 1 and 1"),
        ([], [], "got 0 and 0"),
        ([0.5, 0.6], [0.4], "got 2 and 1"),
        ([62.0, 60.0], [0.4, 0.5], r"transferred: expected accuracies in \[0, 1\], got 62.0"),
        ([0.5, 0.6], [0.4, -0.1], r"scratch: expected accuracies in \[0, 1\], got -0.1"),
        ([0.5, math.nan], [0.4, 0.1], r"transferred: expected accuracies in \[0, 1\], got nan"),
    ],
)
def test_transfer_gain_refuses_what_are_no_paired_accuracies(after, before, message):
    with pytest.raises(ValueError, match=message):
        transfer_gain(after, before)


# ---- linear probe -------------------------------------------------------------------------------------------------


def a_problem(seed: int = 0, width: int = 5, classes: int = 3):
    labels = torch.arange(60) % classes
    features = drawn(60, width, seed=seed) + 0.9 * drawn(classes, width, seed=seed + 1)[labels]
    return features[:40], labels[:40], features[40:], labels[40:]


@pytest.mark.parametrize("penalty", [0.01, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_linear_probe_accuracy_agrees_with_scikit_learn(seed, penalty):
    train, train_labels, test, test_labels = a_problem(seed)
    scale = torch.tensor([1.0, 100.0, 0.01, 1.0, 5.0])
    scaler = StandardScaler().fit((train * scale).numpy())
    model = LogisticRegression(C=1 / (40 * penalty), tol=1e-10, max_iter=10_000)
    model.fit(scaler.transform((train * scale).numpy()), train_labels.numpy())
    expected = model.score(scaler.transform((test * scale).numpy()), test_labels.numpy())
    got = linear_probe_accuracy(train * scale, train_labels, test * scale, test_labels, 3, penalty)
    assert got == pytest.approx(expected, abs=1e-12)


def test_linear_probe_accuracy_puts_its_border_where_scikit_learn_does():
    train, labels = torch.tensor([[0.0], [1.0], [3.0]]).double(), torch.tensor([0, 0, 1])
    scaler = StandardScaler().fit(train.numpy())
    # one row of weights w is two rows ±w/2, whose squares sum to half
    model = LogisticRegression(C=1 / (3 * 0.5 / 2), tol=1e-10).fit(scaler.transform(train.numpy()), labels.numpy())
    border = float(scaler.inverse_transform(-model.intercept_[:, None] / model.coef_)[0, 0])
    line = torch.linspace(0, 10, 2001).double()
    share = linear_probe_accuracy(train, labels, line[:, None], torch.ones(2001, dtype=torch.int64), 2, penalty=0.5)
    assert share == pytest.approx(1 - border / 10, abs=2e-3)


@quick
@given(seed=seeds, scale=st.lists(st.floats(1e-3, 1e3), min_size=5, max_size=5), shift=st.floats(-10, 10))
def test_linear_probe_accuracy_ignores_the_scale_and_place_of_each_feature(seed, scale, shift):
    train, train_labels, test, test_labels = a_problem(seed)
    plain = linear_probe_accuracy(train, train_labels, test, test_labels, 3, 0.1)
    scales = torch.tensor(scale, dtype=torch.float64)
    moved = linear_probe_accuracy(train * scales + shift, train_labels, test * scales + shift, test_labels, 3, 0.1)
    assert moved == pytest.approx(plain, abs=0.051)  # one of 20 points may lie on the border


def test_linear_probe_accuracy_is_not_led_by_features_that_were_constant():
    train, train_labels, test, test_labels = a_problem()
    plain = linear_probe_accuracy(train, train_labels, test, test_labels, 3)
    constant, wild = torch.full((40, 1), 0.1).double(), 50 * drawn(20, 1, seed=9)
    with_one = linear_probe_accuracy(
        torch.cat([train, constant], 1), train_labels, torch.cat([test, wild], 1), test_labels, 3
    )
    assert with_one == plain


def test_linear_probe_accuracy_of_one_constant_feature_is_the_share_of_the_larger_class():
    train, labels = torch.full((7, 1), 0.1), torch.tensor([0, 1, 0, 0, 1, 0, 0])  # whose float32 deviation is not 0
    test = 50 * drawn(10, 1).float()
    assert linear_probe_accuracy(train, labels, test, torch.zeros(10, dtype=torch.int64), 2) == 1


def test_linear_probe_accuracy_scores_unseen_points_and_leaves_its_arguments_alone():
    train, train_labels, test, _ = a_problem()
    train.requires_grad_()
    kept = train.detach().clone(), test.clone()
    state = torch.get_rng_state()
    assert linear_probe_accuracy(train, train_labels, train[:10], train_labels[:10], 3) > 0.5
    assert linear_probe_accuracy(train, train_labels, train[:9], (train_labels[:9] + 1) % 3, 3) < 0.5
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(train, kept[0]) and torch.equal(test, kept[1]) and train.grad is None


A, B = torch.ones(4, 2), torch.tensor([0, 1, 0, 1])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((A.int(), B, A, B, 2), TypeError, "train_features: expected a float32"),
        ((A[0], B, A, B, 2), ValueError, "train_features: expected the shape"),
        ((A, B[:3], A, B, 2), ValueError, r"train_labels: expected the shape \(4,\), got \(3,\)"),
        ((A, B + 1, A, B, 2), ValueError, "train_labels: expected class numbers from 0 to 1, got 1 to 2"),
        (
            (A, B, A[:, :1], B, 2),
            ValueError,
            "test_features: expected 2 columns of torch.float32 on cpu, got 1",
        ),
        ((A, B, A.double(), B, 2), ValueError, "test_features: expected 2 columns of torch.float32"),
        ((A, B, A, B.float(), 2), TypeError, "test_labels: expected an int64"),
        ((A, B, A, B + 2, 2), ValueError, "test_labels: expected class numbers from 0 to 1, got 2 to 3"),
        ((A, B, A, B, 2, 0.0), ValueError, "penalty: expected a number above 0, got 0.0"),
        ((A, B, A, B, 2, math.nan), ValueError, "penalty: expected a number above 0, got nan"),
    ],
)
def test_linear_probe_accuracy_refuses_what_it_cannot_use(arguments, error, message):
    with pytest.raises(error, match=message):
        linear_probe_accuracy(*arguments)


# ---- CKA ----------------------------------------------------------------------------------------------------------


def cka_by_hsic(x: np.ndarray, y: np.ndarray) -> float:
    """CKA from the definition: HSIC of Gram matrices, centred by H = I − 1/N."""
    centre = np.eye(len(x)) - 1 / len(x)

    def hsic(k: np.ndarray, m: np.ndarray) -> float:
        return np.trace(k @ centre @ m @ centre) / (len(x) - 1) ** 2

    k, m = x @ x.T, y @ y.T
    return hsic(k, m) / math.sqrt(hsic(k, k) * hsic(m, m))


@pytest.mark.parametrize(("points", "width", "other"), [(30, 4, 7), (6, 20, 3), (6, 3, 20), (8, 8, 8), (2, 1, 1)])
def test_linear_cka_equals_hsic_of_gram_matrices(points, width, other):
    x = drawn(points, width) + 4
    y = drawn(points, other, seed=1) + x[:, :1]
    assert linear_cka(x, y) == pytest.approx(cka_by_hsic(x.numpy(), y.numpy()), abs=1e-12)


@quick
@given(seed=seeds, scale=st.floats(1e-6, 1e6), shift=st.floats(-100, 100), points=st.integers(3, 30))
def test_linear_cka_is_invariant_to_rotation_scaling_shift_and_order(seed, scale, shift, points):
    x, y = drawn(points, 6, seed=seed), drawn(points, 9, seed=seed + 1)
    rotation, _ = torch.linalg.qr(drawn(6, 6, seed=seed + 2))
    order = torch.from_numpy(np.random.default_rng(seed).permutation(points))
    assert linear_cka((x @ rotation + shift)[order] * scale, y[order]) == pytest.approx(linear_cka(x, y), abs=1e-6)


@quick
@given(seed=seeds, points=st.integers(2, 20), width=st.integers(1, 25), other=st.integers(1, 25))
def test_linear_cka_is_symmetric_between_zero_and_one_and_one_for_itself(seed, points, width, other):
    x, y = drawn(points, width, seed=seed), drawn(points, other, seed=seed + 1)
    assert linear_cka(x, y) == pytest.approx(linear_cka(y, x), abs=1e-12)
    assert -1e-12 <= linear_cka(x, y) <= 1 + 1e-12
    assert linear_cka(x, x) == pytest.approx(1, abs=1e-12)


def test_linear_cka_of_uncorrelated_features_is_zero():
    assert linear_cka(torch.tensor([[1.0], [1.0], [-1.0], [-1.0]]), torch.tensor([[1.0], [-1.0], [1.0], [-1.0]])) == 0


@pytest.mark.parametrize(("points", "width", "other"), [(50, 400, 400), (200, 50, 300)])
def test_linear_cka_of_unrelated_features_grows_with_their_width(points, width, other):
    expected = math.sqrt(width / (points + width) * other / (points + other))
    assert linear_cka(drawn(points, width), drawn(points, other, seed=1)) == pytest.approx(expected, rel=0.05)


def test_linear_cka_of_wide_features_makes_no_matrix_of_their_width():
    x = drawn(3, 1_000_000).float()  # XᵀX would take 8 TB
    assert linear_cka(x, x) == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("factor", [1e-200, 1e200])
def test_linear_cka_neither_overflows_nor_vanishes(factor):
    x, y = drawn(9, 3), drawn(9, 2, seed=1)
    assert linear_cka(x * factor, y) == pytest.approx(linear_cka(x, y), abs=1e-12)


def test_linear_cka_takes_float32_and_features_that_need_a_gradient():
    x, y = drawn(9, 3), drawn(9, 2, seed=1)
    assert linear_cka(x.float().requires_grad_(), y) == pytest.approx(linear_cka(x, y), abs=1e-6)


@pytest.mark.parametrize(
    ("x", "y", "error", "message"),
    [
        (A, A, ValueError, "x: expected rows that differ, got 4 equal ones"),
        (drawn(4, 2), torch.full((4, 3), 0.1), ValueError, "y: expected rows that differ, got 4 equal ones"),
        (drawn(1, 2), drawn(1, 2), ValueError, "x: expected rows that differ, got 1 equal ones"),
        (drawn(4, 2), drawn(3, 2), ValueError, "y: expected 4 rows on cpu, as x has, got 3 on cpu"),
        (drawn(4, 2, 3), drawn(4, 2), ValueError, r"x: expected the shape \(N, D\)"),
        (drawn(4, 2), drawn(4, 2).long(), TypeError, "y: expected a float32"),
        (drawn(4, 2), drawn(4, 2) / 0, ValueError, "y: expected finite numbers"),
    ],
)
def test_linear_cka_refuses_what_has_none(x, y, error, message):
    with pytest.raises(error, match=message):
        linear_cka(x, y)


# ---- features by stage --------------------------------------------------------------------------------------------


def seeded(build, **options) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return build(**options)


SPACE, LAST, TOKENS = (2, 3), (1, 2), (1,)
# name → the network, its image's side, and by stage: torchvision's node and the axes to average over
NODES = {
    "resnet18": (
        lambda: seeded(models.resnet18),
        32,
        {"stem": ("relu", SPACE), "layer1": ("layer1", SPACE), "layer4": ("avgpool", SPACE), "head": ("fc", ())},
    ),
    "vision transformer": (
        lambda: seeded(
            models.VisionTransformer,
            image_size=32, patch_size=16, num_layers=4, num_heads=2, hidden_dim=8, mlp_dim=16, num_classes=5,
        ),
        32,
        {
            "stem": ("conv_proj", SPACE),
            "stage1": ("encoder.layers.encoder_layer_0.add_1", TOKENS),
            "stage4": ("encoder.ln", TOKENS),
            "head": ("heads.head", ()),
        },
    ),
    "swin transformer": (
        lambda: seeded(
            models.SwinTransformer,
            patch_size=[4, 4], embed_dim=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2], window_size=[2, 2],
            stochastic_depth_prob=0.2, num_classes=5,
        ),
        64,
        {"stem": ("features.0", LAST), "stage2": ("features.3", LAST), "stage4": ("flatten", ()), "head": ("head", ())},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NODES)
def test_stage_features_are_the_means_of_torchvisions_own_nodes(name):
    build, side, nodes = NODES[name]
    model, images = build(), drawn(5, 3, side, side).float()
    extractor = create_feature_extractor(
        copy.deepcopy(model).eval(), {node: stage for stage, (node, _) in nodes.items()}
    )
    with torch.no_grad():
        expected = {k: v.mean(nodes[k][1]) if nodes[k][1] else v for k, v in extractor(images).items()}
    found = stage_features(model.train(), images, batch_size=2)
    assert list(found) == list(stages(model))
    for stage, value in expected.items():
        torch.testing.assert_close(found[stage], value)


@pytest.mark.parametrize("name", ["alexnet", "densenet121", "googlenet", "squeezenet1_1", "convnext_tiny"])
def test_stage_features_have_a_row_for_each_image_and_the_width_of_the_stage(name):
    with torch.device("meta"):
        model = models.get_model(name, **({"init_weights": False} if name == "googlenet" else {}))
    images = torch.empty(3, 3, 224, 224, device="meta")
    shapes = {stage: tuple(value.shape) for stage, value in stage_features(model, images).items()}
    assert list(shapes) == list(stages(model))
    assert all(len(shape) == 2 and shape[0] == 3 for shape in shapes.values())
    assert shapes["head"] == (3, 1000)


def a_network() -> nn.Module:
    return seeded(lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Flatten()))


def test_stage_features_are_what_the_stage_put_out_though_the_next_layer_writes_over_it():
    network = seeded(lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(inplace=True), nn.Conv2d(4, 2, 3)))
    images = drawn(5, 3, 6, 6).float()
    for pool in (None, lambda out: out.flatten(1)):
        found = stage_features(network, images, pool=pool)["0"]
        with torch.no_grad():
            expected = network[0](images)
        torch.testing.assert_close(found, expected.mean((2, 3)) if pool is None else expected.flatten(1))


def test_stage_features_leave_modes_statistics_hooks_and_gradients_as_they_were():
    network = a_network().train()
    freeze(network[0])
    before, modes = copy.deepcopy(network.state_dict()), [layer.training for layer in network.modules()]
    found = stage_features(network, drawn(5, 3, 6, 6).float().requires_grad_())
    with pytest.raises(RuntimeError):
        stage_features(network, drawn(5, 7, 6, 6).float())
    assert not any(value.requires_grad for value in found.values())
    assert [layer.training for layer in network.modules()] == modes
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not any(layer._forward_hooks for layer in network.modules())


class Twice(nn.Module):
    """Runs its first layer twice and its second never."""

    def __init__(self) -> None:
        super().__init__()
        self.again, self.never, self.out = nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(self.again(self.again(x)))


class Pair(nn.Linear):
    def forward(self, x: torch.Tensor):
        return super().forward(x), x


IMAGES = torch.zeros(2, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((nn.Linear(3, 2), IMAGES[:0]), r"images: expected a tensor of at least one image, got \(0, 3\)"),
        ((nn.Linear(3, 2), torch.tensor(1.0)), r"images: expected a tensor of at least one image, got \(\)"),
        ((nn.Linear(3, 2), [1.0]), "images: expected a tensor of at least one image, got list"),
        ((nn.Linear(3, 2), IMAGES, 0), "batch_size: expected at least 1, got 0"),
        ((nn.Flatten(), IMAGES), "model: expected parameters"),
        ((nn.Sequential(nn.Conv1d(3, 4, 1)), torch.zeros(2, 3, 5)), r"pool: expected a function, .* \(2, 4, 5\), not"),
        ((nn.Sequential(Pair(3, 3)), IMAGES), "pool: expected a function, for the model's stages put out tuple"),
        ((Twice(), IMAGES), "model: expected stage 'again' to run once for each of 2 images, got 4 rows"),
    ],
)
def test_stage_features_refuse_what_they_cannot_use(arguments, message):
    with pytest.raises(ValueError, match=message):
        stage_features(*arguments)
