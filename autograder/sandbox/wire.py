"""What passes between the grader and the process that runs a learner's code: a JSON header, then raw tensor bytes.

Plain values keep their exact type and tensors their dtype, shape and bits. No pickle: reading runs nothing. What is
read comes from an untrusted process, so everything is bounded and checked, and anything odd is a WireError.
"""

import json
import math
import os
import select
import time
from typing import Any

import torch
from torch import Tensor

LIMIT = 8 * 2**20  # bytes in a message
_HEADER = 2**20  # bytes of them that may be JSON: parsed, they take some fifty times as much memory
_DEPTH = 32  # lists in lists
_DIMENSIONS = 16  # of a tensor
_DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        *(torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
        *(torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.complex128),
    )
}


class WireError(ValueError):
    """A message that cannot be sent, or must not be believed."""


# ---- values -------------------------------------------------------------------------------------------------------


def encode(value: Any, limit: int = LIMIT, header_limit: int = _HEADER) -> bytes:
    """A value as a message: tensors, None, bool, int, float, str, and lists, tuples and dicts (keyed by str) of these.

    Raises WireError for anything else, and where the message would be longer than `limit` bytes, or its values that are
    no tensors than `header_limit`.
    """
    chunks: list[bytes] = []
    header = json.dumps(_pack(value, chunks, limit, 0)).encode("ascii")
    if len(header) > header_limit:
        raise WireError(f"{len(header)} bytes of plain values; at most {header_limit} are sent")
    message = b"".join([len(header).to_bytes(4, "big"), header, *chunks])
    if len(message) > limit:
        raise WireError(f"a message of {len(message)} bytes; at most {limit} are sent")
    return message


def decode(message: bytes, header_limit: int = _HEADER) -> Any:
    """The value of a message. Raises WireError where the message is not exactly what `encode` makes."""
    length = int.from_bytes(message[:4], "big")
    if len(message) < 4 + length or length > header_limit:
        raise WireError(f"a header of {length} bytes in a message of {len(message)}")
    try:
        tree = json.loads(message[4 : 4 + length].decode("ascii"), parse_float=_refuse, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise WireError(f"a header that is not JSON as it is written here: {error}") from error
    body = _Body(message[4 + length :])
    value = _unpack(tree, body, 0)
    if body.left:
        raise WireError(f"{body.left} bytes too many")
    return value


def _pack(value: Any, chunks: list[bytes], limit: int, depth: int) -> Any:
    kind = type(value)
    if depth > _DEPTH:
        raise WireError(f"lists nested more than {_DEPTH} deep")
    if kind is Tensor:
        return {"tensor": _pack_tensor(value, chunks, limit)}
    if kind is float:
        return {"float": value.hex()}
    if kind is list:
        return [_pack(item, chunks, limit, depth + 1) for item in value]
    if kind is tuple:
        return {"tuple": [_pack(item, chunks, limit, depth + 1) for item in value]}
    if kind is str:
        return _text(value)
    if kind is dict and all(type(key) is str for key in value):
        return {"dict": {_text(key): _pack(item, chunks, limit, depth + 1) for key, item in value.items()}}
    if value is None or kind is bool or (kind is int and _is_short(value)):
        return value
    raise WireError("an integer of more than 64 bits" if kind is int else f"an object of type {kind.__name__}")


def _pack_tensor(value: Tensor, chunks: list[bytes], limit: int) -> list[Any]:
    name = str(value.dtype).removeprefix("torch.")
    if name not in _DTYPES or value.layout is not torch.strided or value.ndim > _DIMENSIONS:
        raise WireError(f"a tensor of type {name}, {value.layout}, {value.ndim} dimensions")
    if value.numel() * value.element_size() > limit:
        raise WireError(f"a tensor of shape {tuple(value.shape)}, more than {limit} bytes")
    flat = value.detach().cpu().resolve_conj().resolve_neg().contiguous().reshape(-1)
    chunks.append(flat.view(torch.uint8).numpy().tobytes())
    return [name, list(value.shape)]


def _unpack(tree: Any, body: "_Body", depth: int) -> Any:
    if depth > _DEPTH:
        raise WireError(f"lists nested more than {_DEPTH} deep")
    if isinstance(tree, list):
        return [_unpack(item, body, depth + 1) for item in tree]
    if not isinstance(tree, dict):
        if isinstance(tree, int) and not _is_short(tree):
            raise WireError("an integer of more than 64 bits")
        return _text(tree) if isinstance(tree, str) else tree
    match tree:
        case {"tensor": [str(name), list(shape)], **more} if not more:
            return body.tensor(name, shape)
        case {"float": str(text), **more} if not more:
            return _float(text)
        case {"tuple": list(items), **more} if not more:
            return tuple(_unpack(item, body, depth + 1) for item in items)
        case {"dict": dict(items), **more} if not more:
            return {_text(key): _unpack(item, body, depth + 1) for key, item in items.items()}
    raise WireError("a value of no known kind")


def _is_short(value: int) -> bool:
    return -(2**63) <= value < 2**63


def _text(text: str) -> str:
    """The text itself. Half a surrogate pair, which JSON can hold and no file or page can, is refused."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise WireError("a text that is not Unicode") from error
    return text


def _float(text: str) -> float:
    try:
        return float.fromhex(text)
    except (ValueError, OverflowError) as error:
        raise WireError("a number that is none") from error


def _refuse(text: str) -> None:
    raise ValueError(f"a bare number {text[:20]}")


class _Body:
    """The bytes after the header, taken tensor by tensor."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    @property
    def left(self) -> int:
        return len(self.data) - self.at

    def tensor(self, name: str, shape: list[Any]) -> Tensor:
        """The next tensor, as a copy of its own."""
        sound = len(shape) <= _DIMENSIONS and all(type(side) is int and 0 <= side < 2**40 for side in shape)
        if name not in _DTYPES or not sound:
            raise WireError(f"a tensor of type {name[:20]} and of an odd shape")
        dtype, size = _DTYPES[name], math.prod(shape) * _DTYPES[name].itemsize
        if size > self.left:
            raise WireError(f"a tensor of {size} bytes where {self.left} are left")
        chunk = bytearray(self.data[self.at : self.at + size])
        self.at += size
        if dtype is torch.bool and max(chunk, default=0) > 1:
            raise WireError("a truth value that is neither true nor false")
        try:
            return torch.frombuffer(chunk, dtype=dtype).reshape(shape) if size else torch.empty(shape, dtype=dtype)
        except RuntimeError as error:  # no entries, and sides whose product is too large
            raise WireError("a tensor of an odd shape") from error


# ---- pipes --------------------------------------------------------------------------------------------------------


def write_frame(pipe: int, data: bytes, deadline: float = math.inf) -> None:
    """Write the length in eight bytes, then the data. TimeoutError where `deadline` (time.monotonic) passes first."""
    data = len(data).to_bytes(8, "big") + data
    for start in range(0, len(data), select.PIPE_BUF):  # so much never blocks once the pipe is ready
        _wait(deadline, writable=pipe)
        os.write(pipe, data[start : start + select.PIPE_BUF])


def read_frame(pipe: int, deadline: float = math.inf, limit: int = LIMIT) -> bytes:
    """Read what `write_frame` wrote.

    Raises EOFError where the other side ends first, TimeoutError where `deadline` passes first, and WireError for more
    than `limit` bytes.
    """
    length = int.from_bytes(_read(pipe, 8, deadline), "big")
    if length > limit:
        raise WireError(f"a message of {length} bytes; at most {limit} are read")
    return _read(pipe, length, deadline)


def _read(pipe: int, count: int, deadline: float) -> bytes:
    data = bytearray()
    while len(data) < count:
        _wait(deadline, readable=pipe)
        chunk = os.read(pipe, min(count - len(data), 2**16))
        if not chunk:
            raise EOFError("the other side ended")
        data += chunk
    return bytes(data)


def _wait(deadline: float, readable: int | None = None, writable: int | None = None) -> None:
    seconds = None if deadline == math.inf else max(0.0, deadline - time.monotonic())
    reading, writing = ([] if pipe is None else [pipe] for pipe in (readable, writable))
    if not any(select.select(reading, writing, [], seconds)):
        raise TimeoutError("the deadline has passed")
