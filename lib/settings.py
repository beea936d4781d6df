"""Where the course runs and how much it may cost: device, budget, seeds. Two environment variables decide."""

import os
from typing import Literal

import torch

Budget = Literal["quick", "full"]


def device() -> torch.device:
    """CUDA where there is one, else the CPU.

    The environment variable COURSE_DEVICE overrides it ("cpu", "cuda:1"). Raises ValueError where it
    names no device, or one that this machine does not have.

    Example:
        >>> device().type in ("cpu", "cuda")
        True
    """
    wanted = os.environ.get("COURSE_DEVICE", "")
    if not wanted:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(wanted)
    except RuntimeError as error:
        raise ValueError(f"COURSE_DEVICE: expected a device such as 'cpu' or 'cuda', got {wanted!r}") from error
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        raise ValueError(f"COURSE_DEVICE: expected one of {torch.cuda.device_count()} CUDA devices, got {wanted!r}")
    return chosen


def budget() -> Budget:
    """How much a lesson may cost: "quick" (about a minute on two CPU cores) or "full".

    The environment variable COURSE_BUDGET decides; without it, "quick". Raises ValueError on any other value.

    Example:
        >>> budget() in ("quick", "full")
        True
    """
    match os.environ.get("COURSE_BUDGET") or "quick":
        case "quick":
            return "quick"
        case "full":
            return "full"
        case other:
            raise ValueError(f"COURSE_BUDGET: expected 'quick' or 'full', got {other!r}")


def generator(seed: int, device: torch.device | str = "cpu") -> torch.Generator:
    """A source of random numbers of its own, on `device`, that begins at `seed`: 0 ≤ seed < 2⁶³.

    Example:
        >>> torch.equal(torch.rand(2, generator=generator(7)), torch.rand(2, generator=generator(7)))
        True
    """
    return torch.Generator(device).manual_seed(seed)
