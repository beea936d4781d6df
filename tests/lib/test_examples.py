"""Every example in a docstring of the reference is run, and gives what it says."""

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest
import torch
from torch import nn
from torchvision import models

import lib

MODULES = sorted(module.name for module in pkgutil.walk_packages(lib.__path__, "lib."))
# what a reader takes for granted
AT_HAND = {"torch": torch, "nn": nn, "models": models, "Tensor": torch.Tensor, "lib": lib}


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_say_and_nothing_on_stderr(name, capfd):
    module = importlib.import_module(name)
    torch.manual_seed(0)
    results = doctest.testmod(module, extraglobs=AT_HAND, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert results.failed == 0, f"{results.failed} of {results.attempted} lines"
    assert capfd.readouterr().err == ""


def test_examples_are_all_found():
    finder, promised = doctest.DocTestFinder(exclude_empty=True), 0
    for name in MODULES:
        found = [one for one in finder.find(importlib.import_module(name)) if one.examples]
        promised += len(found)
        written = Path(importlib.import_module(name).__file__).read_text(encoding="utf-8").count(" Example:\n")
        assert len(found) >= written, name
    assert promised >= 19
