"""Torchvision's 80 classifiers on the meta device, for tests that ask about their structure.

Stages, freezing, groups, gradual unfreezing and new heads, for every one of them: `pytest tests/lib -m classifiers`.
"""

import contextlib
import copy
import functools
from unittest.mock import patch

import pytest
import torch
import torchvision
from torch import nn

CLASSIFIERS = torchvision.models.list_models(module=torchvision.models)


# by hand from torchvision's pages: where each family keeps its output layer
OUTPUTS = {
    ("resnet", "resnext", "wide", "regnet", "shufflenet"): ["fc"],
    ("alexnet", "vgg"): ["classifier.6"],
    ("efficientnet", "mnasnet", "mobilenet_v2", "squeezenet"): ["classifier.1"],
    "convnext": ["classifier.2"],
    "densenet": ["classifier"],
    "googlenet": ["aux1.fc2", "aux2.fc2", "fc"],
    "inception": ["AuxLogits.fc", "fc"],
    "maxvit": ["classifier.5"],  # it has no bias
    "mobilenet_v3": ["classifier.3"],
    "swin": ["head"],
    "vit": ["heads.head"],
}


def outputs_of(name):
    [layers] = [layers for start, layers in OUTPUTS.items() if name.startswith(start)]
    return layers


def for_every_classifier(test):
    return pytest.mark.classifiers(pytest.mark.parametrize("name", CLASSIFIERS)(test))


def build(name):
    """The network on the meta device, a new one each time."""
    return copy.deepcopy(_built(name))


@functools.cache
def _built(name):
    """The 15 RegNets do not build on the meta device: they are moved there undrawn."""
    options = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    if not name.startswith("regnet"):
        with torch.device("meta"):
            return torchvision.models.get_model(name, **options)
    initialisers = [n for n in dir(nn.init) if n.endswith("_") and not n.startswith("_")]
    with contextlib.ExitStack() as stack:
        for initialiser in initialisers:
            stack.enter_context(patch.object(nn.init, initialiser, lambda tensor, *_, **__: tensor))
        return torchvision.models.get_model(name).to("meta")
