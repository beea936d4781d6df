"""A command run to its end: how long it took, by the clock and of processors, and the most memory that it held at once.

Memory is proportional set size: what several processes share counts once, divided among them. Every half second it is
read for each process; where the system does not let it be read, resident set size stands for it. Processor time is
read with it, so up to half a second of it may be missing.
"""

import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_EVERY = 0.5  # seconds


@dataclass(frozen=True)
class Usage:
    """What a command took. seconds: by the clock; processor: of all processors together. peak: bytes of all its
    processes; worker: of the largest of those that it started itself, with all below; the whole where it started one.
    """

    seconds: float
    processor: float
    peak: int
    worker: int
    output: str = ""


def measured(command: Sequence[str], *, folder: Path, environment: Mapping[str, str]) -> Usage:
    """Run `command` in `folder` with memory watched. Raises RuntimeError, with its last words, where it fails."""
    begun, processor, peak, worker = time.perf_counter(), 0.0, 0, 0
    log = folder / "benchmark.log"
    with open(log, "wb") as said:
        process = subprocess.Popen(command, cwd=folder, env=dict(environment), stdout=said, stderr=subprocess.STDOUT)
        try:
            while process.poll() is None:
                processor, (whole, parts) = max(processor, used(process.pid)), held(process.pid)
                peak, worker = max(peak, whole), max(worker, *(parts if len(parts) > 1 else [whole]))
                _wait(process)
        except BaseException:
            process.terminate()
            process.wait()
            raise
    seconds, output = time.perf_counter() - begun, log.read_text("utf-8", errors="replace")
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {output[-2000:]}")
    return Usage(seconds, processor, peak, worker, output)


def held(process: int) -> tuple[int, list[int]]:
    """Bytes that a process and all below it hold, and of these what each of its own children holds with all below."""
    try:
        root = psutil.Process(process)
        parts = [sum(map(_bytes, [child, *child.children(recursive=True)])) for child in root.children()]
    except psutil.NoSuchProcess:
        return 0, []
    return _bytes(root) + sum(parts), parts


def used(process: int) -> float:
    """Seconds of processor time of a process and all below it, with those that have ended and were waited for."""
    try:
        root = psutil.Process(process)
        times = [one.cpu_times() for one in [root, *root.children(recursive=True)]]
    except psutil.NoSuchProcess:
        return 0.0
    return sum(one.user + one.system + one.children_user + one.children_system for one in times)


def _wait(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(_EVERY)
    except subprocess.TimeoutExpired:
        return


def _bytes(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().pss
    except (psutil.AccessDenied, AttributeError):
        return process.memory_info().rss if process.is_running() else 0
    except psutil.NoSuchProcess:
        return 0
