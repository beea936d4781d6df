"""Elastic weight consolidation and L2-SP, against NumPy, finite differences, autograd, and torch's weight decay."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime
from torch import nn

from lib.ewc import add_ewc_gradient_, consolidate, copy_parameters, ewc_penalty, l2_sp_penalty
from lib.fisher import fisher_diagonal
from lib.freezing import freeze


def drawn_like(model: nn.Module, seed: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.randn(value.shape, generator=generator, dtype=value.dtype)
        for name, value in model.named_parameters()
    }


def task(seed: int = 0) -> tuple[nn.Sequential, dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """A network in float64, a Fisher information and an anchor for it, all drawn."""
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2)).double()
    model.load_state_dict(drawn_like(model, seed), strict=False)
    fisher = {name: values.square() for name, values in drawn_like(model, seed + 1).items()}
    return model, fisher, drawn_like(model, seed + 2)


def flat(values) -> np.ndarray:
    return torch.cat([value.detach().flatten() for value in values]).numpy()


def gradients(model: nn.Module) -> dict[str, torch.Tensor | None]:
    return {name: parameter.grad for name, parameter in model.named_parameters()}


# ---- copies -------------------------------------------------------------------------------------------------------


def test_copy_parameters_is_out_of_trainings_reach_and_without_history():
    model, _, _ = task()
    freeze(model[0])
    copies = copy_parameters(model)
    before = copy.deepcopy(copies)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 1
    assert copies.keys() == dict(model.named_parameters()).keys()
    assert all(torch.equal(copies[name], values) and not copies[name].requires_grad for name, values in before.items())


def test_copy_parameters_and_fisher_survive_a_file(tmp_path):
    model, fisher, _ = task()
    torch.save({"fisher": fisher, "anchor": copy_parameters(model)}, tmp_path / "task.pt")
    read = torch.load(tmp_path / "task.pt", weights_only=True)
    with torch.no_grad():
        model[0].weight += 1
    expected = 1.5 * fisher["0.weight"].sum()
    torch.testing.assert_close(ewc_penalty(model, read["fisher"], read["anchor"], 3.0), expected)


# ---- the penalty --------------------------------------------------------------------------------------------------


def test_ewc_penalty_is_equation_3_in_numpy():
    model, fisher, anchor = task()
    F, moved = flat(fisher.values()), flat(model.parameters()) - flat(anchor.values())
    assert ewc_penalty(model, fisher, anchor, 0.7).item() == pytest.approx(0.7 / 2 * np.sum(F * moved**2), rel=1e-12)


def test_ewc_penalty_has_the_slope_that_finite_differences_find():
    model, fisher, anchor = task()
    penalty = ewc_penalty(model, fisher, anchor, 0.7)
    penalty.backward()

    def at(values: np.ndarray) -> float:
        other = copy.deepcopy(model)
        nn.utils.vector_to_parameters(torch.from_numpy(values), other.parameters())
        return ewc_penalty(other, fisher, anchor, 0.7).item()

    slope = approx_fprime(flat(model.parameters()), at, 1e-6)
    assert flat(gradients(model).values()) == pytest.approx(slope, abs=1e-4)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000), stretch=st.floats(-4, 4), strength=st.floats(0, 100))
def test_ewc_penalty_laws(seed: int, stretch: float, strength: float):
    """Zero at the anchor, quadratic in the distance from it, linear in λ and in F, not negative."""
    model, fisher, anchor = task(seed)
    stretched = copy.deepcopy(model)
    with torch.no_grad():
        for name, parameter in stretched.named_parameters():
            parameter.copy_(anchor[name] + stretch * (parameter - anchor[name]))
    penalty = ewc_penalty(model, fisher, anchor, strength)
    twice = {name: 2 * values for name, values in fisher.items()}
    assert penalty >= 0
    assert ewc_penalty(model, fisher, copy_parameters(model), strength) == 0
    torch.testing.assert_close(ewc_penalty(stretched, fisher, anchor, strength), stretch**2 * penalty)
    torch.testing.assert_close(ewc_penalty(model, fisher, anchor, 3 * strength), 3 * penalty)
    torch.testing.assert_close(ewc_penalty(model, twice, anchor, strength), 2 * penalty)


def test_ewc_penalty_holds_what_fisher_names_frozen_or_not_and_nothing_else():
    model, fisher, anchor = task()
    freeze(model[0])
    some = {name: fisher[name] for name in ("3.bias", "0.weight")}
    expected = sum((0.5 * fisher[n] * (model.get_parameter(n) - anchor[n]) ** 2).sum() for n in some)
    penalty = ewc_penalty(model, some, anchor, 1)
    penalty.backward()
    torch.testing.assert_close(penalty, expected)
    assert [name for name, gradient in gradients(model).items() if gradient is not None] == ["3.bias"]


def test_ewc_penalty_leaves_a_new_head_free():
    model, fisher, anchor = task()
    model[3] = nn.Linear(4, 7).double()
    with pytest.raises(
        ValueError, match=r"fisher: expected shape \(7, 4\) in float64 on cpu for '3.weight', got .*2, 4"
    ):
        ewc_penalty(model, fisher, anchor, 1)
    kept = {name: F for name, F in fisher.items() if not name.startswith("3.")}
    ewc_penalty(model, kept, anchor, 1).backward()
    assert model[3].weight.grad is None
    assert model[0].weight.grad is not None


def test_ewc_penalty_treats_fisher_and_anchor_as_constants_and_changes_nothing():
    model, fisher, anchor = task()
    for values in [*fisher.values(), *anchor.values()]:
        values.requires_grad_()
    before = copy.deepcopy((dict(model.state_dict()), fisher, anchor))
    ewc_penalty(model, fisher, anchor, 1).backward()
    assert all(values.grad is None for values in [*fisher.values(), *anchor.values()])
    for now, then in zip((dict(model.state_dict()), fisher, anchor), before, strict=True):
        assert all(torch.equal(now[name], then[name]) for name in then)


def test_ewc_penalty_approximates_how_far_predictions_move():
    """Where one parameter alone moves by δ, F δ²/2 is the KL divergence between predictions, to second order."""
    model = nn.Linear(1, 2, bias=False).double()
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[0.4], [-0.2]]))
    images = torch.tensor([[1.0], [-2.0], [0.5]]).double()
    fisher, anchor = fisher_diagonal(model, images, labels="exact"), copy_parameters(model)
    before = model(images).log_softmax(1).detach()
    with torch.no_grad():
        model.weight[0] += 1e-3
    divergence = nn.functional.kl_div(model(images).log_softmax(1), before, log_target=True, reduction="batchmean")
    assert ewc_penalty(model, fisher, anchor, 1).item() == pytest.approx(divergence.item(), rel=2e-3)


# ---- its gradient -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_add_ewc_gradient_equals_autograd_after_a_backward_pass(dtype: torch.dtype):
    model, fisher, anchor = task()
    model.to(dtype)
    fisher, anchor = ({name: v.to(dtype) for name, v in values.items()} for values in (fisher, anchor))
    images, other = torch.ones(2, 3, dtype=dtype), copy.deepcopy(model)
    (model.eval()(images).sum() + ewc_penalty(model, fisher, anchor, 0.3)).backward()
    other.eval()(images).sum().backward()
    add_ewc_gradient_(other, fisher, anchor, 0.3)
    for name, gradient in gradients(model).items():
        torch.testing.assert_close(other.get_parameter(name).grad, gradient)


def test_add_ewc_gradient_begins_at_zero_where_there_is_no_gradient_and_skips_what_is_frozen():
    model, fisher, anchor = task()
    freeze(model[0])
    add_ewc_gradient_(model, fisher, anchor, 2)
    for name, parameter in model.named_parameters():
        if name.startswith("0."):
            assert parameter.grad is None
        else:
            expected = 2 * fisher[name] * (parameter.detach() - anchor[name])
            torch.testing.assert_close(parameter.grad, expected)
            assert not parameter.grad.requires_grad


def test_add_ewc_gradient_adds_in_place_and_touches_nothing_else():
    model, fisher, anchor = task()
    model[3].bias.grad = kept = torch.ones(2).double()
    before = copy.deepcopy((dict(model.state_dict()), fisher, anchor))
    add_ewc_gradient_(model, {"3.bias": fisher["3.bias"]}, anchor, 1)
    assert model[3].bias.grad is kept
    assert [name for name, gradient in gradients(model).items() if gradient is not None] == ["3.bias"]
    for now, then in zip((dict(model.state_dict()), fisher, anchor), before, strict=True):
        assert all(torch.equal(now[name], then[name]) for name in then)


def test_add_ewc_gradient_pulls_back_to_the_anchor():
    model, fisher, anchor = task()
    stiff = {name: values + 0.5 for name, values in fisher.items()}
    highest = max(values.max().item() for values in stiff.values())
    optimiser = torch.optim.SGD(model.parameters(), lr=1 / highest)
    for _ in range(400):
        optimiser.zero_grad()
        add_ewc_gradient_(model, stiff, anchor, 1)
        optimiser.step()
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.detach(), anchor[name], atol=1e-6, rtol=0)


def test_add_ewc_gradient_refuses_a_model_in_which_nothing_that_is_held_learns():
    model, fisher, anchor = task()
    with pytest.raises(ValueError, match="fisher: expected the name of a parameter that requires a gradient, got none"):
        add_ewc_gradient_(freeze(model), fisher, anchor, 1)


# ---- several tasks ------------------------------------------------------------------------------------------------


@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    decay=st.floats(0, 1), tasks=st.lists(st.lists(st.floats(0, 10), min_size=2, max_size=2), min_size=1, max_size=5)
)
def test_consolidate_unrolls_to_a_geometric_sum(decay: float, tasks: list[list[float]]):
    total: dict[str, torch.Tensor] = {}
    for values in tasks:
        total = consolidate(total, {"w": torch.tensor(values, dtype=torch.float64)}, decay)
    powers = decay ** np.arange(len(tasks))[::-1]
    np.testing.assert_allclose(total["w"].numpy(), powers @ np.array(tasks), rtol=1e-9)


def test_consolidate_is_one_spring_for_two():
    model, first, anchor = task()
    _, second, _ = task(5)
    both = ewc_penalty(model, first, anchor, 0.3) + ewc_penalty(model, second, anchor, 0.3)
    torch.testing.assert_close(ewc_penalty(model, consolidate(first, second), anchor, 0.3), both)


def test_consolidate_lets_an_old_head_decay_and_a_new_one_join():
    old = {"body": torch.tensor([4.0]), "head.old": torch.tensor([2.0, 6.0])}
    new = {"body": torch.tensor([1.0]), "head.new": torch.tensor([5.0])}
    total = consolidate(old, new, 0.5)
    assert {name: values.tolist() for name, values in total.items()} == {
        "body": [3.0],
        "head.old": [1.0, 3.0],
        "head.new": [5.0],
    }


def test_consolidate_returns_new_tensors():
    old, new = {"a": torch.ones(1), "b": torch.ones(1)}, {"b": torch.ones(1, requires_grad=True), "c": torch.ones(1)}
    for values in consolidate(old, new).values():
        assert not values.requires_grad
        values += 9
    assert [values.item() for values in [*old.values(), *new.values()]] == [1, 1, 1, 1]


# ---- L2-SP --------------------------------------------------------------------------------------------------------


def test_l2_sp_penalty_is_the_formula_in_numpy():
    model, _, anchor = task()
    body = {name: values for name, values in anchor.items() if not name.startswith("3.")}
    old = flat(model[:3].parameters()) - flat(body.values())
    expected = 0.6 / 2 * np.sum(old**2) + 0.02 / 2 * np.sum(flat(model[3].parameters()) ** 2)
    assert l2_sp_penalty(model, body, 0.6, 0.02).item() == pytest.approx(expected, rel=1e-12)


def test_l2_sp_penalty_has_the_slope_that_finite_differences_find():
    model, _, anchor = task()
    anchor = {name: values for name, values in anchor.items() if not name.startswith("3.")}
    l2_sp_penalty(model, anchor, 0.6, 0.2).backward()

    def at(values: np.ndarray) -> float:
        other = copy.deepcopy(model)
        nn.utils.vector_to_parameters(torch.from_numpy(values), other.parameters())
        return l2_sp_penalty(other, anchor, 0.6, 0.2).item()

    slope = approx_fprime(flat(model.parameters()), at, 1e-6)
    assert flat(gradients(model).values()) == pytest.approx(slope, abs=1e-4)


def test_l2_sp_penalty_with_an_anchor_of_zeros_is_sgds_weight_decay():
    model, _, anchor = task()
    decayed = copy.deepcopy(model)
    for parameter in decayed.parameters():
        parameter.grad = torch.zeros_like(parameter)
    torch.optim.SGD(decayed.parameters(), lr=0.1, weight_decay=0.3).step()
    l2_sp_penalty(model, {name: 0 * values for name, values in anchor.items()}, 0.3, 0.0).backward()
    torch.optim.SGD(model.parameters(), lr=0.1).step()
    for ours, theirs in zip(model.parameters(), decayed.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_l2_sp_penalty_is_ewc_with_one_stiffness_for_all():
    model, fisher, anchor = task()
    ones = {name: torch.ones_like(values) for name, values in fisher.items()}
    torch.testing.assert_close(l2_sp_penalty(model, anchor, 0.4, 9.0), ewc_penalty(model, ones, anchor, 0.4))


def test_l2_sp_penalty_does_not_count_what_is_frozen():
    model, _, anchor = task()
    freeze(model[0])  # in the anchor
    freeze(model[3])  # not in it
    some = {name: values for name, values in anchor.items() if not name.startswith("3.")}
    moved = flat(model[1].parameters()) - flat([anchor["1.weight"], anchor["1.bias"]])
    assert l2_sp_penalty(model, some, 2, 5).item() == pytest.approx(np.sum(moved**2), rel=1e-12)


def test_l2_sp_penalty_treats_the_anchor_as_constant():
    model, _, anchor = task()
    for values in anchor.values():
        values.requires_grad_()
    l2_sp_penalty(model, anchor, 1, 1).backward()
    assert all(values.grad is None for values in anchor.values())


# ---- errors -------------------------------------------------------------------------------------------------------

MODEL = nn.Linear(2, 3)
GOOD = {"weight": torch.ones(3, 2), "bias": torch.ones(3)}
OWN = {"weight": MODEL.weight.detach(), "bias": torch.ones(3)}
RENAMED = {"kernel": torch.ones(3, 2)}

WRONG_VALUES = [
    ({}, ValueError, "expected the values of at least one parameter, got none"),
    (list(GOOD.items()), TypeError, "expected a dict from names to tensors, got list"),
    (None, TypeError, "expected a dict from names to tensors, got NoneType"),
    (GOOD | {"bias": 1.0}, TypeError, "expected a tensor for 'bias', got float"),
    (GOOD | {"bias": torch.ones(2)}, ValueError, r"expected shape \(3,\) .* for 'bias', got shape \(2,\)"),
    (GOOD | {"bias": torch.ones(3).double()}, ValueError, "expected .* float32 on cpu for 'bias', got .* float64"),
    (GOOD | {"bias": torch.ones(3, device="meta")}, ValueError, "expected .* on cpu for 'bias', got .* on meta"),
]
WRONG_NUMBERS = [
    (-1.0, ValueError, "expected a number of at least 0, finite, got -1.0"),
    (float("nan"), ValueError, "expected a number of at least 0, finite, got nan"),
    (float("inf"), ValueError, "expected a number of at least 0, finite, got inf"),
    ("1", TypeError, "expected a number of at least 0, got str"),
    (torch.tensor(1.0), TypeError, "expected a number of at least 0, got Tensor"),
]


@pytest.mark.parametrize("function", [ewc_penalty, add_ewc_gradient_])
@pytest.mark.parametrize(
    ("fisher", "anchor", "strength", "error", "message"),
    [
        *((wrong, GOOD, 1, error, f"fisher: {message}") for wrong, error, message in WRONG_VALUES),
        *((GOOD, wrong, 1, error, f"anchor: {message}") for wrong, error, message in WRONG_VALUES),
        *((GOOD, GOOD, wrong, error, f"strength: {message}") for wrong, error, message in WRONG_NUMBERS),
        (GOOD | RENAMED, GOOD, 1, ValueError, "fisher: expected names of the model's parameters, got 'kernel'"),
        (GOOD, {"bias": torch.ones(3)}, 1, ValueError, "anchor: expected values for 'weight', got none"),
        (GOOD, OWN, 1, ValueError, "anchor: expected copies, got the model's own 'weight'"),
    ],
)
def test_ewc_penalty_says_what_it_expected(function, fisher, anchor, strength, error, message):
    with pytest.raises(error, match=message):
        function(MODEL, fisher, anchor, strength)


@pytest.mark.parametrize(
    ("anchor", "alpha", "beta", "error", "message"),
    [
        *((wrong, 1, 1, error, f"anchor: {message}") for wrong, error, message in WRONG_VALUES),
        *((GOOD, wrong, 1, error, f"alpha: {message}") for wrong, error, message in WRONG_NUMBERS),
        *((GOOD, 1, wrong, error, f"beta: {message}") for wrong, error, message in WRONG_NUMBERS),
        (GOOD | RENAMED, 1, 1, ValueError, "anchor: expected names of the model's parameters, got 'kernel'"),
        (OWN, 1, 1, ValueError, "anchor: expected copies, got the model's own 'weight'"),
    ],
)
def test_l2_sp_penalty_says_what_it_expected(anchor, alpha, beta, error, message):
    with pytest.raises(error, match=message):
        l2_sp_penalty(MODEL, anchor, alpha, beta)


def test_l2_sp_penalty_refuses_a_model_that_is_wholly_frozen():
    with pytest.raises(ValueError, match="model: expected at least one trainable parameter, got none"):
        l2_sp_penalty(freeze(nn.Linear(2, 3)), GOOD, 1, 1)


@pytest.mark.parametrize(
    ("earlier", "fisher", "decay", "error", "message"),
    [
        (None, GOOD, 1, TypeError, "earlier: expected a dict from names to tensors, got NoneType"),
        ({"weight": 1.0}, GOOD, 1, TypeError, "earlier: expected a tensor for 'weight', got float"),
        *((GOOD, wrong, 1, error, f"fisher: {message}") for wrong, error, message in WRONG_VALUES),
        (GOOD, GOOD, 1.5, ValueError, "decay: expected a number of at least 0 and at most 1, got 1.5"),
        (GOOD, GOOD, -0.5, ValueError, "decay: expected a number of at least 0 and at most 1, got -0.5"),
        (GOOD, GOOD, "1", TypeError, "decay: expected a number of at least 0 and at most 1, got str"),
    ],
)
def test_consolidate_says_what_it_expected(earlier, fisher, decay, error, message):
    with pytest.raises(error, match=message):
        consolidate(earlier, fisher, decay)
