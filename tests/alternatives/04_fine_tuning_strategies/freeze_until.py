"""Right answers in other styles than the reference's."""

from lib.freezing import freeze, freeze_stage, unfreeze, unfreeze_stage
from lib.stages import stages


def freeze_until_by_flag(model, stage):
    """Walks down with a flag that goes up at the stage."""
    parts = stages(model)
    if stage not in parts:
        raise ValueError(f"no stage {stage}; there are {list(parts)}")
    reached = False
    for name in parts:
        if name == stage:
            reached = True
        if reached:
            unfreeze_stage(parts[name])
        else:
            freeze_stage(parts[name])
    return model


def freeze_until_by_slices(model, stage):
    names = list(stages(model))
    cut = names.index(stage)  # a ValueError where there is none
    for name in names[:cut]:
        freeze_stage(stages(model)[name])
    for name in names[cut:]:
        unfreeze_stage(stages(model)[name])
    return model


def freeze_until_everything_first(model, stage):
    """Unfreezes all, then freezes the beginning, layers and parameters by hand."""
    parts = stages(model)
    if stage not in parts:
        raise ValueError(stage)
    unfreeze(model)
    for name, part in parts.items():
        if name == stage:
            break
        for layer in part.modules:
            freeze(layer)
        for p in part.own_parameters:
            p.requires_grad = False
            p.grad = None
    return model


def freeze_until_from_the_head(model, stage):
    parts = list(stages(model).values())
    if all(part.name != stage for part in parts):
        raise ValueError(f"stage: {stage!r}")
    while parts:
        part = parts.pop()
        unfreeze_stage(part)
        if part.name == stage:
            break
    for part in parts:
        freeze_stage(part)
    return model
