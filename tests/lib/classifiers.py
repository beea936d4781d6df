"""Torchvision's 80 classifiers on the meta device, for tests that ask about their structure."""

import contextlib
from unittest.mock import patch

import torch
import torchvision
from torch import nn

CLASSIFIERS = torchvision.models.list_models(module=torchvision.models)


def build(name):
    """The network on the meta device; the 15 RegNets, which do not build there, are moved there undrawn."""
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    if not name.startswith("regnet"):
        with torch.device("meta"):
            return torchvision.models.get_model(name, **options)
    initialisers = [n for n in dir(nn.init) if n.endswith("_") and not n.startswith("_")]
    with contextlib.ExitStack() as stack:
        for initialiser in initialisers:
            stack.enter_context(patch.object(nn.init, initialiser, lambda tensor, *_, **__: tensor))
        return torchvision.models.get_model(name).to("meta")
