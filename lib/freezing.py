"""Freezing: making part of a network a fixed function.

`requires_grad = False` is the smaller half of it. A batch-norm layer in training mode normalises by the batch at hand
and moves its running statistics whether or not its parameters may learn; dropout in training mode is noise; and a
gradient left over from an earlier step lets momentum and weight decay move a parameter that is called frozen.

What is frozen may be a module, a stage of `lib.stages`, everything before a stage, or whatever a pattern or a predicate
picks out. Frozen parts may be given to an optimiser: without a gradient it leaves them, and their state, alone.
"""

from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from functools import partial

from torch import nn

from lib.stages import Stage, stages

Part = nn.Module | nn.Parameter


def freeze(module: nn.Module) -> nn.Module:
    """Make `module` a fixed function: same input, same output, whatever is trained around it.

    In place; returns `module` itself. Afterwards, for every layer inside it, at any depth:

    - no parameter requires a gradient, and none keeps one: its `.grad` is None;
    - the layer is in evaluation mode and stays there through any later `.train()`, of its own or of a network around
      it: batch norm, 1-, 2- or 3-dimensional, uses its running statistics and does not move them; dropout is off;
    - layers, parameters and statistics are the same objects with the same values as before.

    Example:
        >>> backbone = freeze(nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)))
        >>> network = nn.Sequential(backbone, nn.Linear(3, 2)).train()
        >>> [layer.training for layer in network]
        [False, True]
    """
    for parameter in module.parameters():
        parameter.requires_grad_(False)
        parameter.grad = None
    for layer in module.modules():
        pin(layer)
    return module


def unfreeze(module: nn.Module) -> nn.Module:
    """Undo `freeze`: every parameter requires a gradient again, and `.train()` reaches every layer. In place.

    No layer changes its mode: call `.train()` on the network before it is trained on.

    Example:
        >>> model = unfreeze(freeze(nn.Linear(2, 1)))
        >>> model.weight.requires_grad, model.training, model.train().training
        (True, False, True)
    """
    module.requires_grad_(True)
    for layer in module.modules():
        unpin(layer)
    return module


def is_frozen(module: nn.Module) -> bool:
    """Whether `module` is a fixed function: nothing in it requires a gradient, and `.train()` leaves it as it is.

    Example:
        >>> norm = nn.BatchNorm1d(2).requires_grad_(False)
        >>> is_frozen(norm), is_frozen(freeze(norm))  # the first still moves its statistics
        (False, True)
    """
    pinned = all(map(is_pinned, module.modules()))
    return pinned and not any(parameter.requires_grad for parameter in module.parameters())


# ---- one layer: its mode ------------------------------------------------------------------------------------------


def pin(layer: nn.Module) -> None:
    """Put `layer` in evaluation mode, and keep it there through any later `.train()`. In place.

    The layer alone: its children follow `.train()` as before. `copy.deepcopy` and pickling keep it pinned.

    Example:
        >>> network = nn.Sequential(nn.Dropout(), nn.Linear(2, 2))
        >>> pin(network[0])
        >>> [layer.training for layer in network.train()]
        [False, True]
    """
    layer.training = False
    vars(layer)["train"] = partial(_stay_in_evaluation, layer)  # shadows the method for this one layer


def unpin(layer: nn.Module) -> None:
    """Let `layer` follow `.train()` again; until then it stays in evaluation mode. In place.

    Example:
        >>> layer = nn.Dropout()
        >>> pin(layer)
        >>> unpin(layer)
        >>> layer.training, layer.train().training
        (False, True)
    """
    vars(layer).pop("train", None)


def is_pinned(layer: nn.Module) -> bool:
    """Whether `layer` is kept in evaluation mode.

    Example:
        >>> is_pinned(nn.Dropout().eval()), is_pinned(freeze(nn.Dropout()))  # eval() holds only until the next train()
        (False, True)
    """
    return "train" in vars(layer)


def _stay_in_evaluation(layer: nn.Module, mode: bool = True) -> nn.Module:
    """What `.train(mode)` does to a pinned layer: pass the call on, for a new head may sit inside, and stay."""
    for child in layer.children():
        child.train(mode)
    return layer


# ---- parts of a network -------------------------------------------------------------------------------------------


def freeze_until(model: nn.Module, stage: str) -> nn.Module:
    """Freeze every stage before `stage`, and unfreeze `stage` and all that follow it: partial fine-tuning.

    In place; returns `model` itself. stage: a name among `lib.stages.stages(model)`, which go from the input to the
    head: the first one leaves nothing frozen, "head" leaves only the head to learn. What was frozen before, and what
    was not, makes no difference. Frozen is meant as in `freeze`, for the layers of a stage and for parameters that the
    network holds itself: `freeze_stage(part)` and `unfreeze_stage(part)` do it for one value of `stages(model)`.
    Raises ValueError for another name; then nothing has been frozen or unfrozen.

    Example:
        >>> model = freeze_until(models.resnet18(), "layer4")
        >>> [name for name, stage in stages(model).items() if next(stage.parameters()).requires_grad]
        ['layer4', 'head']
    """
    parts = stages(model)
    if stage not in parts:
        raise ValueError(f"stage: expected one of {', '.join(parts)}, got {stage!r}")
    position = list(parts).index(stage)
    for number, part in enumerate(parts.values()):
        (freeze_stage if number < position else unfreeze_stage)(part)
    return model


def freeze_stage(stage: Stage) -> None:
    """Freeze every layer of a stage, and the parameters that the network holds itself. In place.

    Example:
        >>> model = models.squeezenet1_1()
        >>> freeze_stage(stages(model)["stem"])
        >>> [name for name, parameter in model.named_parameters() if not parameter.requires_grad]
        ['features.0.weight', 'features.0.bias']
    """
    parts: tuple[Part, ...] = (*stage.modules, *stage.own_parameters)
    for part in parts:
        _freeze_part(part)


def unfreeze_stage(stage: Stage) -> None:
    """Undo `freeze_stage`, for every layer and parameter of the stage. In place.

    Example:
        >>> model = freeze(models.squeezenet1_1())
        >>> unfreeze_stage(stages(model)["head"])
        >>> [name for name, parameter in model.named_parameters() if parameter.requires_grad]
        ['classifier.1.weight', 'classifier.1.bias']
    """
    for layer in stage.modules:
        unfreeze(layer)
    for parameter in stage.own_parameters:
        parameter.requires_grad_(True)


def freeze_where(model: nn.Module, which: str | Callable[[str, Part], bool]) -> list[str]:
    """Freeze the layers and parameters that `which` picks out of `model`, and nothing else; return their names.

    which: a pattern of dotted names, in which * stands for anything, such as "features.*" or "*.bias"; or a predicate,
    called with the dotted name and the layer or parameter. A layer is frozen with all that is inside it, as `freeze`
    does; a parameter picked by itself gets no gradient, while its layer keeps its mode. In place.
    Raises ValueError where nothing is picked out.

    Example:
        >>> freeze_where(nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)), "*.bias")
        ['0.bias', '1.bias']
    """
    picked = {name: part for name, part in _parts(model) if _picks(which, name, part)}
    if not picked:
        raise ValueError(f"which: expected to pick out a layer or a parameter of the model, {which!r} picks none")
    for part in picked.values():
        _freeze_part(part)
    return list(picked)


def _parts(model: nn.Module) -> Iterable[tuple[str, Part]]:
    layers = ((name, layer) for name, layer in model.named_modules() if name)
    return (*layers, *model.named_parameters())


def _picks(which: str | Callable[[str, Part], bool], name: str, part: Part) -> bool:
    return fnmatchcase(name, which) if isinstance(which, str) else which(name, part)


def _freeze_part(part: Part) -> None:
    if isinstance(part, nn.Module):
        freeze(part)
    else:
        part.requires_grad_(False)
        part.grad = None


# ---- what is left to train ----------------------------------------------------------------------------------------


def trainable_parameters(module: nn.Module) -> Iterator[nn.Parameter]:
    """The parameters that an optimiser should be given: those that require a gradient, each once.

    Example:
        >>> model = nn.Sequential(freeze(nn.Linear(9, 9)), nn.Linear(9, 2))
        >>> [tuple(parameter.shape) for parameter in trainable_parameters(model)]
        [(2, 9), (2,)]
    """
    return (parameter for parameter in module.parameters() if parameter.requires_grad)


def trainable_fraction(model: nn.Module) -> float:
    """Share of the model's parameters that training may change, between 0 and 1.

    Numbers are counted, not tensors: a 256 × 10 weight counts 2,560. A parameter that two layers share counts once;
    buffers, such as batch norm's running statistics, do not count. A model without parameters has the share 0.

    Example:
        >>> model = nn.Sequential(nn.Linear(9, 10), nn.Linear(10, 10, bias=False))
        >>> model[0].requires_grad_(False)
        Linear(in_features=9, out_features=10, bias=True)
        >>> trainable_fraction(model)
        0.5
    """
    parameters = list(model.parameters())
    total = sum(parameter.numel() for parameter in parameters)
    trainable = sum(parameter.numel() for parameter in parameters if parameter.requires_grad)
    return trainable / total if total else 0.0
