"""Checks of features and labels: each refusal in words, and the mean taken off."""

import numpy as np
import pytest
import torch

from lib.points import centred, check_features, check_labels

X, Y = torch.ones(3, 2), torch.tensor([0, 1, 1])
WRONG = [
    (check_features, (X.int(),), {}, TypeError, "z: expected a float32 or float64 tensor, got torch.int32"),
    (check_features, (X.half(),), {}, TypeError, "z: expected a float32 or float64 tensor, got torch.float16"),
    (check_features, ([1.0],), {}, TypeError, "z: expected a float32 or float64 tensor, got list"),
    (check_features, (torch.ones(3),), {}, ValueError, r"z: expected the shape \(N, D\).* got \(3,\)"),
    (check_features, (torch.ones(0, 2),), {}, ValueError, r"got \(0, 2\)"),
    (check_features, (torch.ones(3, 0),), {}, ValueError, r"got \(3, 0\)"),
    (check_features, (X / 0,), {}, ValueError, "z: expected finite numbers, got 6 that are not"),
    (check_features, (X * torch.nan,), {}, ValueError, "z: expected finite numbers, got 6 that are not"),
    (check_features, (X,), {"like": X[:, :1]}, ValueError, "expected 1 columns of torch.float32 on cpu, got 2 columns"),
    (check_features, (X,), {"like": X.double()}, ValueError, "expected 2 columns of torch.float64"),
    (check_features, (X,), {"like": X.to("meta")}, ValueError, "expected 2 columns of torch.float32 on meta, got"),
    (check_labels, (Y.int(),), {}, TypeError, "z: expected an int64 tensor, got torch.int32"),
    (check_labels, ([0, 1],), {}, TypeError, "z: expected an int64 tensor, got list"),
    (check_labels, (Y[:0],), {}, ValueError, r"z: expected the shape \(N,\), N at least 1, got \(0,\)"),
    (check_labels, (Y[0],), {}, ValueError, r"got \(\)"),
    (check_labels, (Y[:, None],), {"beside": X}, ValueError, r"z: expected the shape \(3,\), got \(3, 1\)"),
    (check_labels, (Y[:2],), {"beside": X}, ValueError, r"z: expected the shape \(3,\), got \(2,\)"),
    (check_labels, (Y.to("meta"),), {"beside": X}, ValueError, "z: expected them on cpu, got meta"),
    (check_labels, (Y - 1,), {}, ValueError, "z: expected class numbers from 0 on, got -1 to 0"),
    (check_labels, (Y,), {"classes": 1}, ValueError, "z: expected class numbers from 0 to 0, got 0 to 1"),
]


@pytest.mark.parametrize(("check", "arguments", "options", "error", "message"), WRONG)
def test_checks_refuse_in_words(check, arguments, options, error, message):
    with pytest.raises(error, match=message):
        check("z", *arguments, **options)


def test_checks_let_through_what_is_right():
    check_features("z", X, like=torch.zeros(9, 2))
    check_labels("z", Y, beside=X, classes=2)
    check_labels("z", Y + 100)


def test_centred_is_x_less_its_mean_and_leaves_constant_columns_at_exactly_zero():
    values = np.random.default_rng(0).normal(size=(7, 3)) + 1000
    values[:, 1] = 0.1
    result = centred(torch.from_numpy(values)).numpy()
    np.testing.assert_allclose(result[:, [0, 2]], (values - values.mean(0))[:, [0, 2]], atol=1e-11)
    assert (result[:, 1] == 0).all()
