"""Torchvision's weights by name: what there is, and a network with them, downloaded when they are asked for."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torchvision
from torch import nn

from lib.downloads import DownloadError, addresses, fetch


def published_weights(name: str, weights: str) -> Any:
    """The entry of torchvision's own list for the classifier `name`. Raises ValueError where there is none.

    Example:
        >>> published_weights("resnet50", "DEFAULT").name
        'IMAGENET1K_V2'
    """
    known = torchvision.models.get_model_weights(name)
    check_weights(name, weights, list(known.__members__))
    return known[weights]


def published_model(name: str, weights: Any) -> nn.Module:
    """The classifier `name` with these weights, an entry of torchvision's list: downloaded once, from COURSE_MIRROR
    first if that is set (lib.downloads.addresses), and checked against the hash in their file's name.

    Raises DownloadError where they cannot be downloaded.
    """
    path = Path(torch.hub.get_dir()) / "checkpoints" / Path(weights.url).name
    [hash_prefix] = re.findall(r"-([0-9a-f]{8,})\.pth$", path.name)
    try:
        urls = addresses(f"checkpoints/{path.name}", weights.url)
        fetch(urls, path, hash_prefix=hash_prefix, what=f"the weights {weights} of {name}")
    except DownloadError as error:
        raise DownloadError(f'{error} load_backbone("resnet10") is bundled and needs no network.') from error
    return seeded(partial(torchvision.models.get_model, name, weights=weights), seed=0)


def check_weights(name: str, weights: str, known: Sequence[str]) -> None:
    """Raise ValueError, naming what there is, unless `weights` are among those that are `known` for `name`."""
    if weights not in known:
        offer = ", ".join(map(repr, known))
        raise ValueError(f"weights: {name} has {offer}, or None for random ones; got {weights!r}")


def seeded(build: Callable[[], nn.Module], seed: int) -> nn.Module:
    """What `build` makes on the CPU when the global generator stands at `seed`; the generator is put back after."""
    with torch.random.fork_rng(devices=[]), torch.device("cpu"):
        torch.default_generator.manual_seed(seed)
        return build()
