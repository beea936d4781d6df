"""What passes between the grader and an untrusted process: exact, bounded, and never believed."""

import json
import math
import os
import time

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from autograder.sandbox import wire
from autograder.sandbox.wire import WireError, decode, encode

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=10,
)


def message(tree: object, body: bytes = b"") -> bytes:
    header = json.dumps(tree).encode("ascii") if not isinstance(tree, bytes) else tree
    return len(header).to_bytes(4, "big") + header + body


def same(one: object, other: object) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return one == other or (math.isnan(one) and math.isnan(other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    return one == other


@given(PLAIN)
def test_decode_undoes_encode_for_plain_values_and_their_types(value):
    assert same(decode(encode(value)), value)


@pytest.mark.parametrize("dtype", wire._DTYPES.values(), ids=str)
@pytest.mark.parametrize("shape", [(), (3,), (2, 0, 4), (2, 3, 1)], ids=str)
def test_decode_undoes_encode_for_tensors_bit_by_bit(dtype, shape):
    tensor = (torch.rand(shape) * 9 - 2).to(dtype)
    back = decode(encode({"a": [tensor, tensor]}))["a"][1]
    assert (back.dtype, back.shape) == (dtype, torch.Size(shape))
    assert torch.equal(back, tensor)


def test_encode_sends_a_view_as_what_it_shows():
    table = torch.arange(6.0).reshape(2, 3)
    assert torch.equal(decode(encode(table.T)), table.T)
    assert torch.equal(decode(encode(torch.tensor([1 + 2j]).conj())), torch.tensor([1 - 2j]))


def deep(levels: int) -> list:
    value: list = []
    for _ in range(levels):
        value = [value]
    return value


class Text(str):
    pass


class Disguised(torch.Tensor):
    pass


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (object(), "of type object"),
        (Text("a"), "of type Text"),
        (torch.nn.Parameter(torch.ones(1)), "of type Parameter"),
        (torch.ones(1).as_subclass(Disguised), "of type Disguised"),
        ({1: 2}, "of type dict"),
        (2**63, "more than 64 bits"),
        ("\ud800", "not Unicode"),
        ({"\ud800": 1}, "not Unicode"),
        (deep(40), "nested more than"),
        (torch.ones(2, 2).to_sparse(), "sparse"),
        (torch.empty(2**40, device="meta").expand(2**40), "more than"),
        (torch.zeros(1).expand(2**60), "more than"),
        ("a" * 2**21, "plain values"),
        ([torch.zeros(2**20)] * 3, "at most"),
    ],
)
def test_encode_refuses_what_is_no_plain_value_or_too_large(value, sentence):
    with pytest.raises(WireError, match=sentence):
        encode(value)


def tensor(name: object, shape: object) -> dict:
    return {"tensor": [name, shape]}


@pytest.mark.parametrize(
    ("forged", "sentence"),
    [
        (b"", "a header of 0 bytes in a message of 0"),
        (b"\xff\xff\xff\xff{}", "a header of"),
        (message(b"nonsense"), "not JSON"),
        (message(b"\xff\xfe"), "not JSON"),
        (message(b"[" * 10**5), "not JSON"),
        (message(b"1.5"), "bare number"),
        (message(b"NaN"), "bare number"),
        (message(b"9" * 5000), "not JSON"),
        (message(2**70), "64 bits"),
        (message("\ud800"), "not Unicode"),
        (message({"dict": {"\ud800": 1}}), "not Unicode"),
        (message(deep(40)), "nested more than"),
        (message({"pickle": "gASV"}), "no known kind"),
        (message({"tuple": [], "more": 1}), "no known kind"),
        (message({"float": 1}), "no known kind"),
        (message({"float": "nothing"}), "a number that is none"),
        (message({"float": "0x1p99999"}), "a number that is none"),
        (message(tensor("float32", [2]), b"1234"), "8 bytes where 4 are left"),
        (message(tensor("float32", [1]), b"12345678"), "4 bytes too many"),
        (message(tensor("qint8", [1]), b"1"), "an odd shape"),
        (message(tensor("float32", [-1])), "an odd shape"),
        (message(tensor("float32", [True]), b"1234"), "an odd shape"),
        (message(tensor("float32", [1] * 99), b"1234"), "an odd shape"),
        (message(tensor("float32", [0, 2**39, 2**39])), "an odd shape"),
        (message(tensor("float32", [2**39, 2**39])), "bytes where 0 are left"),
        (message(tensor("bool", [1]), b"\x02"), "neither true nor false"),
        (message(b'"' + b"a" * 2**20 + b'"'), "a header of"),
    ],
)
def test_decode_refuses_what_encode_would_not_write(forged, sentence):
    with pytest.raises(WireError, match=sentence):
        decode(forged)


@given(st.binary(max_size=200))
def test_decode_gives_a_value_or_a_wire_error_on_any_bytes(noise):
    try:
        value = decode(noise)
    except WireError:
        return
    assert repr(decode(encode(value))) == repr(value)


def test_frames_pass_whole_and_are_bounded():
    reading, writing = os.pipe()
    wire.write_frame(writing, b"a" * 10_000)
    assert wire.read_frame(reading) == b"a" * 10_000
    wire.write_frame(writing, b"a" * 100)
    with pytest.raises(WireError, match="a message of 100 bytes; at most 99 are read"):
        wire.read_frame(reading, limit=99)
    os.close(writing)
    os.close(reading)


def test_frames_end_with_the_other_side_or_the_deadline():
    reading, writing = os.pipe()
    with pytest.raises(TimeoutError):
        wire.read_frame(reading, deadline=time.monotonic() + 0.01)
    with pytest.raises(TimeoutError):  # more than a pipe holds, and nobody reads
        wire.write_frame(writing, b"a" * 2**20, deadline=time.monotonic() + 0.01)
    os.close(writing)
    while os.read(reading, 2**16):
        pass
    with pytest.raises(EOFError):
        wire.read_frame(reading)
    os.close(reading)
