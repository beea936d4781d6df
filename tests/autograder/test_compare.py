"""Agreement of observations, against what NumPy says, and the words for what differs."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from autograder.compare import agree, contrast, shown


@given(arrays(np.float64, (2, 3), elements=st.floats(-10, 10)), st.floats(-1e-3, 1e-3))
def test_agree_on_tensors_is_numpys_allclose(values, shift):
    ours = agree(torch.from_numpy(values), torch.from_numpy(values + shift), 1e-4, 1e-4)
    assert ours == np.allclose(values + shift, values, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        (True, 1),
        (1.0, True),
        (0.5, torch.tensor(0.5)),
        (torch.zeros(2), torch.zeros(2, 1)),
        (torch.zeros(2), torch.zeros(2, dtype=torch.float64)),
        (torch.zeros(2), [0.0, 0.0]),
        (float("nan"), float("nan")),
        (torch.tensor([1.0, 2.0]), torch.tensor([1.0, float("nan")])),
        (["a"], ["a", "b"]),
        ("a", None),
        ({"a": 1}, {"b": 1}),
    ],
)
def test_agree_refuses_another_type_shape_dtype_or_nan(expected, got):
    assert not agree(expected, got)


@pytest.mark.parametrize("value", [True, None, "a", 3, [1, [2.0, "b"]], {"a": [1]}, torch.arange(3)])
def test_agree_accepts_the_value_itself(value):
    assert agree(value, value)


def test_agree_takes_a_whole_number_for_a_float_of_the_same_value():
    assert agree(0.0, 0)


def test_contrast_names_what_differs():
    assert contrast(torch.zeros(2, 3), torch.zeros(3)) == ("shape (2, 3)", "shape (3,)")
    assert contrast(torch.zeros(2), torch.zeros(2).double()) == ("float32", "float64")
    expected, got = torch.zeros(4, 4), torch.zeros(4, 4)
    got[2, 1] = 7
    assert contrast(expected, got) == ("0 at [2, 1]", "7 at [2, 1]")
    got[0, 3] = float("nan")
    assert contrast(expected, got) == ("0 at [0, 3]", "nan at [0, 3]")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "yes"),
        (None, "nothing (None)"),
        ([], "none"),
        (["a", "b"], "a, b"),
        ([f"p{i}" for i in range(9)], "p0, p1, p2, p3, p4, p5 and 3 more"),
        (1 / 3, "0.3333"),
        (torch.zeros(3, 5), "a tensor of shape (3, 5), float32"),
    ],
)
def test_shown_fits_on_a_line(value, words):
    assert shown(value) == words


def test_contrast_names_the_kind_where_the_kinds_differ():
    assert contrast(0.5, torch.tensor(0.5)) == ("0.5", "tensor([0.5])")
    assert contrast(torch.zeros(2), [torch.zeros(9, 9)] * 3) == ("tensor([0, 0])", "a list of 3")
