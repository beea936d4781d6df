"""Parts and choices, against torchvision's own blocks, its metadata, a count of operations, and plain double loops."""

import copy
import math
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision import models
from torchvision.models.resnet import BasicBlock
from torchvision.ops import SqueezeExcitation

from lib.architectures import (
    choose_backbone,
    classifier_table,
    count_parameters,
    pareto_front,
    residual_block,
    squeeze_excitation,
)

quick = settings(max_examples=50, deadline=None, derandomize=True)


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def seeded(build, *arguments, **options) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return build(*arguments, **options).double()


# ---- residual connection ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("widens", [False, True])
@pytest.mark.parametrize("training", [False, True])
def test_residual_block_equals_torchvisions_basic_block(widens, training):
    shortcut = nn.Sequential(nn.Conv2d(4, 6, 1, stride=2, bias=False), nn.BatchNorm2d(6)) if widens else None
    theirs = seeded(BasicBlock, 4, 6 if widens else 4, stride=2 if widens else 1, downsample=shortcut)
    theirs.train(training)
    block = copy.deepcopy(theirs)
    branch = nn.Sequential(block.conv1, block.bn1, nn.ReLU(), block.conv2, block.bn2)
    x = drawn(3, 4, 6, 6)
    torch.testing.assert_close(residual_block(x, branch, block.downsample), theirs(x))


def test_residual_block_passes_the_gradient_by_the_branch():
    x = drawn(2, 3).requires_grad_()
    residual_block(x, lambda x: 0 * x.detach()).sum().backward()
    torch.testing.assert_close(x.grad, (x > 0).double())
    x = drawn(2, 3).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: residual_block(x, lambda x: x**3, torch.sin), x)


@pytest.mark.parametrize("shortcut", [None, nn.Identity()])
def test_residual_block_leaves_what_it_is_given_alone(shortcut):
    x, result = drawn(2, 3), drawn(2, 3, seed=1)
    kept = x.clone(), result.clone()
    torch.testing.assert_close(residual_block(x, nn.Identity(), shortcut), (2 * x).clamp_min(0))
    residual_block(x, lambda _: result, shortcut)
    assert torch.equal(x, kept[0]) and torch.equal(result, kept[1])


@pytest.mark.parametrize("shape", [(2, 1), (3,), (1, 3), ()])
def test_residual_block_broadcasts_nothing(shape):
    with pytest.raises(ValueError, match="branch, shortcut: expected what they return to be of one shape, got"):
        residual_block(drawn(2, 3), lambda _: torch.zeros(shape))


# ---- squeeze and excitation ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(2, 8, 5, 3), (1, 8, 1, 1)])
def test_squeeze_excitation_equals_torchvisions(shape):
    theirs = seeded(SqueezeExcitation, 8, 2)
    reduce, expand = nn.Linear(8, 2).double(), nn.Linear(2, 8).double()
    for mine, yours in ((reduce, theirs.fc1), (expand, theirs.fc2)):
        mine.load_state_dict({"weight": yours.weight.flatten(1), "bias": yours.bias})
    x = drawn(*shape)
    kept = x.clone()
    torch.testing.assert_close(squeeze_excitation(x, reduce, expand), theirs(x))
    assert torch.equal(x, kept)


def test_squeeze_excitation_gates_each_image_by_itself_and_lies_between_zero_and_x():
    reduce, expand = seeded(nn.Linear, 4, 2), seeded(nn.Linear, 2, 4, bias=False)
    x = drawn(3, 4, 2, 2)
    y = squeeze_excitation(x, reduce, expand)
    assert (y / x > 0).all() and (y / x < 1).all()
    for one in range(3):
        torch.testing.assert_close(squeeze_excitation(x[one : one + 1], reduce, expand), y[one : one + 1])


@pytest.mark.parametrize(
    ("shape", "widths", "message"),
    [
        ((4, 2, 2), (4, 2, 2, 4), r"x: expected the shape \(N, C, H, W\), got \(4, 2, 2\)"),
        (
            (1, 3, 2, 2),
            (4, 2, 2, 4),
            r"expected Linear\(3, R\) and Linear\(R, 3\), got Linear\(4, 2\) and Linear\(2, 4\)",
        ),
        ((1, 4, 2, 2), (4, 2, 3, 4), r"got Linear\(4, 2\) and Linear\(3, 4\)"),
        ((1, 4, 2, 2), (4, 2, 2, 1), r"got Linear\(4, 2\) and Linear\(2, 1\)"),
    ],
)
def test_squeeze_excitation_refuses_widths_that_do_not_fit(shape, widths, message):
    with pytest.raises(ValueError, match=message):
        squeeze_excitation(torch.zeros(shape), nn.Linear(*widths[:2]), nn.Linear(*widths[2:]))


# ---- counting -----------------------------------------------------------------------------------------------------

# by hand from LESSON.md
LESSON = {"alexnet": 61.1, "vgg16": 138.4, "resnet50": 25.6, "resnet18": 11.7, "efficientnet_b0": 5.3, "vit_b_16": 86.6}


@pytest.mark.parametrize("name", LESSON)
def test_count_parameters_is_what_torchvision_says_and_the_lesson_says(name):
    with torch.device("meta"):
        model = models.get_model(name)
    count = count_parameters(model)
    assert count == models.get_model_weights(name).DEFAULT.meta["num_params"]
    assert round(count / 1e6, 1) == LESSON[name]


def test_count_parameters_counts_auxiliary_heads_that_the_metadata_leaves_out():
    said = models.GoogLeNet_Weights.DEFAULT.meta["num_params"]
    with torch.device("meta"):
        assert count_parameters(models.googlenet(aux_logits=False, init_weights=False)) == said
        assert count_parameters(models.googlenet(init_weights=False)) > said


def test_count_parameters_counts_shared_ones_once_buffers_never_and_trainable_ones_alone_on_request():
    first, second = nn.Linear(3, 3), nn.Linear(3, 3)
    second.weight = first.weight
    model = nn.Sequential(first, second, nn.BatchNorm1d(3))
    assert count_parameters(model) == 9 + 3 + 3 + 6
    first.weight.requires_grad_(False)
    assert count_parameters(model, trainable_only=True) == 3 + 3 + 6
    assert count_parameters(model) == 21
    assert count_parameters(nn.ReLU()) == 0


def test_count_parameters_refuses_a_lazy_layer():
    with pytest.raises(ValueError, match="uninitialized parameter"):
        count_parameters(nn.LazyLinear(3))


# ---- the table ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "weights", "millions", "percent", "gflops"),
    [
        ("resnet18", "IMAGENET1K_V1", 11.7, 69.76, 1.81),
        ("resnet50", "IMAGENET1K_V1", 25.6, 76.13, 4.09),
        ("resnet50", "IMAGENET1K_V2", 25.6, 80.86, 4.09),
        ("efficientnet_b0", "IMAGENET1K_V1", 5.3, 77.69, 0.39),
        ("efficientnet_b4", "IMAGENET1K_V1", 19.3, 83.38, 4.39),
        ("efficientnet_b7", "IMAGENET1K_V1", 66.3, 84.12, 37.7),
        ("convnext_base", "IMAGENET1K_V1", 88.6, 84.06, 15.4),
        ("vit_b_16", "IMAGENET1K_V1", 86.6, 81.07, 17.6),
    ],
)
def test_classifier_table_holds_the_lessons_numbers(name, weights, millions, percent, gflops):
    [row] = [row for row in classifier_table(every_weights=True) if (row.name, row.weights) == (name, weights)]
    assert row.parameters / 1e6 == pytest.approx(millions, abs=0.05)
    assert row.accuracy * 100 == pytest.approx(percent, abs=0.01)
    assert row.gflops == pytest.approx(gflops, abs=0.06)


def test_classifier_table_has_80_rows_with_default_weights_or_one_for_each_that_classifies():
    table, every = classifier_table(), classifier_table(every_weights=True)
    names = models.list_models(module=models)
    assert [row.name for row in table] == names and len(table) == 80
    assert all(row.weights == models.get_model_weights(row.name).DEFAULT.name for row in table)
    assert set(table) < set(every)
    assert len(every) == sum(len(models.get_model_weights(name)) for name in names) - 1  # VGG-16's features
    assert all(0.4 < row.accuracy < row.top5_accuracy < 1 and row.recipe.startswith("http") for row in every)


@pytest.mark.parametrize("name", ["resnet18", "efficientnet_b1"])
def test_classifier_table_counts_a_multiplication_with_its_addition_as_one_operation(name):
    [row] = [row for row in classifier_table() if row.name == name]
    with torch.device("meta"):
        model, image = models.get_model(name).eval(), torch.empty(1, 3, row.image_size, row.image_size)
    with FlopCounterMode(display=False) as counter:
        model(image)
    assert counter.get_total_flops() / 2e9 == pytest.approx(row.gflops, rel=0.01)


def test_classifier_table_gives_file_sizes_in_mebibytes():
    for row in classifier_table():
        if row.name in LESSON:
            assert row.file_mib == pytest.approx(row.parameters * 4 / 2**20, rel=0.02)


# ---- choosing -----------------------------------------------------------------------------------------------------


def front_by_loops(costs, accuracies) -> set[int]:
    front = set(range(len(costs)))
    for i in range(len(costs)):
        for j in range(len(costs)):
            as_good = costs[j] <= costs[i] and accuracies[j] >= accuracies[i]
            if as_good and (costs[j] < costs[i] or accuracies[j] > accuracies[i]):
                front.discard(i)
    return front


pairs = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12)


@quick
@given(pairs)
def test_pareto_front_is_what_no_double_loop_finds_dominated(points):
    costs, accuracies = zip(*points, strict=True)
    front = pareto_front(costs, accuracies)
    assert set(front) == front_by_loops(costs, accuracies)
    assert len(set(front)) == len(front)
    assert [(costs[i], accuracies[i], i) for i in front] == sorted((costs[i], accuracies[i], i) for i in front)


@quick
@given(pairs, st.floats(0.1, 10), st.floats(-5, 5))
def test_pareto_front_does_not_depend_on_units(points, scale, shift):
    costs, accuracies = zip(*points, strict=True)
    moved = pareto_front([scale * cost + shift for cost in costs], [scale * a + shift for a in accuracies])
    assert moved == pareto_front(costs, accuracies)


@pytest.mark.parametrize(
    ("costs", "accuracies", "message"),
    [
        ([], [], "costs, accuracies: expected equally many, at least one, got 0 and 0"),
        ([1.0], [0.5, 0.6], "costs, accuracies: expected equally many, at least one, got 1 and 2"),
        ([1.0, math.inf], [0.5, 0.6], "costs: expected finite numbers, got inf"),
        ([1.0, 2.0], [0.5, math.nan], "accuracies: expected finite numbers, got nan"),
    ],
)
def test_pareto_front_refuses_what_cannot_be_compared(costs, accuracies, message):
    with pytest.raises(ValueError, match=message):
        pareto_front(costs, accuracies)


def candidate(accuracy: float, gflops: float = 1.0, parameters: int = 1) -> SimpleNamespace:
    return SimpleNamespace(accuracy=accuracy, gflops=gflops, parameters=parameters)


budgets = st.one_of(st.integers(1, 6), st.just(math.inf))


@quick
@given(st.lists(st.tuples(*[st.integers(1, 5)] * 3), min_size=1, max_size=10), budgets, budgets)
def test_choose_backbone_fits_and_nothing_that_fits_is_better(rows, parameters, gflops):
    candidates = [candidate(accuracy, flops, count) for accuracy, flops, count in rows]
    fits = [one for one in candidates if one.parameters <= parameters and one.gflops <= gflops]
    if not fits:
        with pytest.raises(ValueError, match="candidates: expected one of at most"):
            choose_backbone(candidates, parameters, gflops)
        return
    chosen = choose_backbone(candidates, parameters, gflops)
    assert any(chosen is one for one in fits)
    assert chosen.accuracy == max(one.accuracy for one in fits)


def test_choose_backbone_decides_ties_by_operations_then_parameters_then_order():
    rows = [candidate(0.8, 3, 1), candidate(0.8, 2, 9), candidate(0.8, 2, 5), candidate(0.8, 2, 5)]
    assert choose_backbone(rows) is rows[2]
    assert choose_backbone(iter(rows[:2])) is rows[1]
    assert choose_backbone([*rows, candidate(0.81, 99, 99)]).accuracy == 0.81


def test_choose_backbone_of_the_table_is_on_the_front():
    table = classifier_table()
    front = [table[i] for i in pareto_front([row.gflops for row in table], [row.accuracy for row in table])]
    for limit in (0.3, 1, 5, 20, math.inf):
        assert choose_backbone(table, max_gflops=limit) in front


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"max_parameters": 0}, "max_parameters: expected a number above 0, got 0"),
        ({"max_gflops": math.nan}, "max_gflops: expected a number above 0, got nan"),
        ({"max_parameters": 1e5}, r"candidates: expected one of at most 100000 parameters and inf GFLOP"),
    ],
)
def test_choose_backbone_refuses_budgets_that_nothing_fits(limits, message):
    with pytest.raises(ValueError, match=message):
        choose_backbone(classifier_table(), **limits)
