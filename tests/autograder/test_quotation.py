"""What a lesson quotes of the reference: it runs alone, and what is left without its solution runs too."""

import importlib
import math
import re

import pytest
import torch

from autograder.exercises import EXERCISES
from autograder.quotation import quote
from lib.epochs import EarlyStopping
from lib.features import fit_linear_head
from lib.freezing import freeze
from lib.gradient_reversal import GradientReversal
from lib.unfreezing import GradualUnfreezer

SETUP = """
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.transforms import v2

from lib.ablation_summary import Ablation
from lib.adversarial import AdversarialLosses, DomainAdversarialNetwork
from lib.architectures import Classifier
from lib.datasets.task import Split
from lib.epochs import Batches, Scores
from lib.grid_table import Row
from lib.inference import Picture, Preparation
from lib.practice import Adaptation, Outcome, Race
from lib.protocol import Training
from lib.range_test import RangeTest
from lib.results import Value
from lib.statistics import Numbers, row_means
from lib.strategies import Recommendation
from lib.unfreezing import Schedule
"""


def ran(source):
    namespace: dict = {}
    exec(SETUP, namespace)
    exec(source, namespace)
    return namespace


def stub(source):
    """What nbgrader makes of a quotation: each region becomes a line that raises."""
    return re.sub(r"### BEGIN SOLUTION\n.*?### END SOLUTION", "raise NotImplementedError()", source, flags=re.DOTALL)


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda exercise: exercise.name)
def test_quote_runs_on_its_own_after_the_setup_cell(exercise):
    assert ran(quote(exercise.reference, SETUP))[exercise.name].__doc__ == exercise.reference.__doc__


def test_quote_puts_helpers_and_missing_imports_inside_the_marks():
    source = quote(freeze, SETUP)
    head, solution = source.split("### BEGIN SOLUTION")
    assert head.startswith("def freeze(module: nn.Module)")
    assert "from functools import partial" in solution
    assert "def _stay_in_evaluation" in solution
    assert solution.endswith("### END SOLUTION")


def test_quote_keeps_a_comment_before_the_first_statement_inside_the_marks():
    head, solution = quote(fit_linear_head, SETUP).split("### BEGIN SOLUTION")
    assert "# skip_init" not in head
    assert "# skip_init" in solution


MODULE = '''
import math
from functools import lru_cache
from dataclasses import dataclass

_FACTOR: float = 2.0
_UNUSED = 3.0


@dataclass(frozen=True)
class _Pair:
    one: float
    other: float


@lru_cache
def _area(radius):
    return math.pi * radius**2 * _FACTOR


def areas(one, other):
    """Two areas."""
    return _Pair(_area(one), _area(other))
'''


def test_quote_brings_along_all_that_a_helper_needs(tmp_path, monkeypatch):
    (tmp_path / "quoted_here.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    reference = importlib.import_module("quoted_here").areas
    source = quote(reference, SETUP)
    assert "_UNUSED" not in source
    found = ran(source)["areas"](1.0, 2.0)
    assert (found.one, found.other) == pytest.approx((2 * math.pi, 8 * math.pi))


def test_quote_of_a_function_with_helpers_works_when_it_is_called():
    assert not ran(quote(freeze, SETUP))["freeze"](torch.nn.BatchNorm1d(2)).train().training


CLASSES = [GradientReversal, GradualUnfreezer, EarlyStopping]


@pytest.mark.parametrize("reference", CLASSES, ids=lambda reference: reference.__name__)
def test_quote_of_a_class_leaves_a_stub_with_the_same_methods(reference):
    [left, full] = (ran(text)[reference.__name__] for text in (stub(quote(reference, SETUP)), quote(reference, SETUP)))
    assert left.__doc__ == full.__doc__ == reference.__doc__
    public = [name for name in vars(reference) if not name.startswith("_") or name == "__init__"]
    assert [name for name in vars(left) if name in public] == public
    for name in public:
        assert getattr(left, name).__doc__ == getattr(reference, name).__doc__
    with pytest.raises(NotImplementedError):
        left(torch.nn.Linear(2, 2))


def test_quote_of_a_class_works_when_it_is_used():
    stopping = ran(quote(EarlyStopping, SETUP))["EarlyStopping"](patience=1)
    assert [stopping.step(score) for score in (0.5, 0.7, 0.7)] == [False, False, True]
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
    unfreezer = ran(quote(GradualUnfreezer, SETUP))["GradualUnfreezer"](model)
    assert (unfreezer.trainable, unfreezer.step(0.5)) == (["head"], ["0"])
    x = torch.ones(2, requires_grad=True)
    ran(quote(GradientReversal, SETUP))["GradientReversal"](0.5)(x).sum().backward()
    assert x.grad.tolist() == [-0.5, -0.5]


def test_quote_gives_what_a_class_only_shows_itself_by():
    assert "strength={self.strength:g}" in stub(quote(GradientReversal, SETUP))


@pytest.mark.parametrize(
    ("reference", "setup", "sentence"),
    [
        (freeze, "import torch", "freeze: the setup cell does not import nn"),
        (EarlyStopping, "import torch", "EarlyStopping: the setup cell does not import Any, Mapping"),
    ],
    ids=["function", "class"],
)
def test_quote_names_what_a_signature_needs_of_the_setup_cell(reference, setup, sentence):
    with pytest.raises(ValueError, match=sentence):
        quote(reference, setup)


def test_quote_refuses_what_has_no_definition_of_its_own():
    with pytest.raises(ValueError, match="GAIN is no function or class at the top of its module"):
        quote(type("GAIN", (), {"__module__": "lib.freezing"}), SETUP)
