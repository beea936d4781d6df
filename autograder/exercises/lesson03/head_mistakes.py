"""Heads as people put them on, each with one thing wrong."""

import copy
from collections.abc import Callable

import torch
from torch import nn

from lib.backbones import replace_head


def _output_name(model: nn.Module) -> str:
    return [name for name, module in model.named_modules() if isinstance(module, nn.Linear)][-1]


def right_head(old: nn.Linear, classes: int, hidden: int | None, dropout: float) -> nn.Module:
    """The head of the contract, but for its mode: new layers train."""
    if hidden is None:
        return nn.Sequential(nn.Dropout(dropout), nn.Linear(old.in_features, classes)).to(old.weight)
    return nn.Sequential(
        nn.Linear(old.in_features, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, classes)
    ).to(old.weight)


Make = Callable[[nn.Linear, int, int | None, float], nn.Module]


def put_on(make: Make) -> Callable[..., nn.Module]:
    """The right place, and the head that `make` makes."""

    def replace(model: nn.Module, classes: int, *, hidden: int | None = None, dropout: float = 0.0) -> nn.Module:
        name = _output_name(model)
        old = model.get_submodule(name)
        assert isinstance(old, nn.Linear)
        model.set_submodule(name, make(old, classes, hidden, dropout))
        return model

    return replace


def always_fc(model: nn.Module, classes: int, *, hidden: int | None = None, dropout: float = 0.0) -> nn.Module:
    """The head becomes `model.fc`, whatever the output layer is called."""
    old = model.fc if isinstance(getattr(model, "fc", None), nn.Linear) else nn.Linear(1, 1)
    assert isinstance(old, nn.Linear)
    model.fc = right_head(old, classes, hidden, dropout)
    return model


def whole_classifier(model: nn.Module, classes: int, *, hidden: int | None = None, dropout: float = 0.0) -> nn.Module:
    """The head takes the place of the whole last block."""
    name, part = list(model.named_children())[-1]
    first = next(module for module in part.modules() if isinstance(module, nn.Linear))
    setattr(model, name, right_head(first, classes, hidden, dropout))
    return model


def number_only(model: nn.Module, classes: int, *, hidden: int | None = None, dropout: float = 0.0) -> nn.Module:
    """The number of outputs is changed, and the weight is not."""
    old = model.get_submodule(_output_name(model))
    assert isinstance(old, nn.Linear)
    old.out_features = classes
    return model


def on_top(model: nn.Module, classes: int, *, hidden: int | None = None, dropout: float = 0.0) -> nn.Module:
    """The head is put on the old one's scores."""
    name = _output_name(model)
    old = model.get_submodule(name)
    assert isinstance(old, nn.Linear)
    after = nn.Linear(old.out_features, old.out_features).to(old.weight)
    model.set_submodule(name, nn.Sequential(old, right_head(after, classes, hidden, dropout)))
    return model


def in_a_copy(model: nn.Module, classes: int, *, hidden: int | None = None, dropout: float = 0.0) -> nn.Module:
    """The right head, in a copy of the model."""
    return put_on(right_head)(copy.deepcopy(model), classes, hidden=hidden, dropout=dropout)


def returns_nothing(model: nn.Module, classes: int, *, hidden: int | None = None, dropout: float = 0.0) -> None:
    """The right head, and no return."""
    replace_head(model, classes, hidden=hidden, dropout=dropout)


def in_evaluation(model: nn.Module, classes: int, *, hidden: int | None = None, dropout: float = 0.0) -> nn.Module:
    """The right head, and the model put into evaluation mode."""
    return replace_head(model, classes, hidden=hidden, dropout=dropout).eval()


def old_rows(old: nn.Linear, classes: int, hidden: int | None, dropout: float) -> nn.Module:
    """A head that begins with rows of the old one."""
    head = right_head(old, classes, hidden, dropout)
    last = [layer for layer in head.modules() if isinstance(layer, nn.Linear)][-1]
    if hidden is None:
        last.load_state_dict({"weight": old.weight[:classes], "bias": old.bias[:classes]})
    return head


def frozen_too(old: nn.Linear, classes: int, hidden: int | None, dropout: float) -> nn.Module:
    """A head that is frozen where the model is."""
    return right_head(old, classes, hidden, dropout).requires_grad_(old.weight.requires_grad)


def single_precision(old: nn.Linear, classes: int, hidden: int | None, dropout: float) -> nn.Module:
    """A head in float32, whatever the model's type."""
    return right_head(old, classes, hidden, dropout).to(old.weight.device, torch.float32)


def linear_only(old: nn.Linear, classes: int, hidden: int | None, dropout: float) -> nn.Module:
    """A hidden layer without its ReLU."""
    head = right_head(old, classes, hidden, dropout)
    return nn.Sequential(*(layer for layer in head.children() if not isinstance(layer, nn.ReLU)))


def dropout_last(old: nn.Linear, classes: int, hidden: int | None, dropout: float) -> nn.Module:
    """Dropout behind the output layer."""
    layers = list(right_head(old, classes, hidden, dropout).children())
    return nn.Sequential(*(layer for layer in layers if not isinstance(layer, nn.Dropout)), nn.Dropout(dropout))


def hidden_ignored(old: nn.Linear, classes: int, hidden: int | None, dropout: float) -> nn.Module:
    """A single layer, whatever `hidden` says."""
    return right_head(old, classes, None, dropout)
