"""Landlock, where the kernel has it: rules that a process lays upon itself and cannot take off again.

A second wall behind bubblewrap's (prison.py). Were there a hole in that one, still nothing could be written outside of
the folders of a job, and no process be signalled that does not belong to it. Network is left to the first wall: what it
leaves reaches nothing but the job itself, and honest code may talk to itself.
"""

import ctypes
import os
from collections.abc import Iterable
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # system calls, the same on every machine
_VERSION, _BENEATH, _NO_NEW_PRIVILEGES = 1, 1, 38
_REFERS, _TRUNCATES, _SCOPES = 2, 3, 6  # versions: from the first on, files can be moved between folders at all
_WRITE_FILE, _TRUNCATE = 1 << 1, 1 << 14
_CHANGES = _WRITE_FILE | sum(1 << bit for bit in range(4, 14))  # write, remove, make each kind of entry, move
_SOCKETS_AND_SIGNALS = 0b11


class _Ruleset(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]


class _Rule(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32)]


def version() -> int:
    """Which version of Landlock this kernel has; 0 for one that cannot be used here, or none."""
    if not hasattr(os, "O_PATH"):
        return 0
    found = _call(_CREATE, None, 0, _VERSION)
    return found if found >= _REFERS else 0


def confine(folders: Iterable[Path], devices: Path = Path("/dev")) -> bool:
    """Let this process and all that it starts change nothing but what is in `folders` (and write to `devices`), and
    signal none but each other; whether that was possible. Raises OSError where the kernel has Landlock and refuses.
    """
    known = version()
    if not known:
        return False
    truncate = _TRUNCATE if known >= _TRUNCATES else 0
    wanted = _Ruleset(_CHANGES | truncate, 0, _SOCKETS_AND_SIGNALS if known >= _SCOPES else 0)
    rules = _checked(_call(_CREATE, ctypes.byref(wanted), ctypes.sizeof(wanted), 0))
    try:
        for folder in folders:
            _allow(rules, folder, wanted.files)
        _allow(rules, devices, _WRITE_FILE | truncate)
        _checked(ctypes.CDLL(None, use_errno=True).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
        _checked(_call(_RESTRICT, rules, 0))
    finally:
        os.close(rules)
    return True


def _allow(rules: int, folder: Path, what: int) -> None:
    place = os.open(folder, os.O_PATH | os.O_CLOEXEC)
    try:
        _checked(_call(_ADD, rules, _BENEATH, ctypes.byref(_Rule(what, place)), 0))
    finally:
        os.close(place)


def _call(*words: object) -> int:
    result: int = ctypes.CDLL(None, use_errno=True).syscall(*words)
    return result


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"Landlock: {os.strerror(number)}")
    return result
