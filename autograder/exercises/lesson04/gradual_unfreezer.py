"""Exercise: a class that opens stage after stage from the top down, and can be stopped and resumed."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import unfreezer as probes
from lib.freezing import freeze_stage, pin, unfreeze_stage
from lib.stages import Stage, stages
from lib.unfreezing import GradualUnfreezer, Schedule, every_epochs


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, what: str, due: tuple[int, ...], **options: bool) -> Case:
        images = torch.randn(4, 3, 8, 8, generator=generator)
        return Case(words, {"what": what, "seed": seed, "images": images, "due": list(due)} | options)

    network = "a network of the stages stem, layer1, layer2, layer3 and head"
    return [
        case(f"{network}; the schedule asks for 1, 2, 3, 4 stages", "opening", (1, 2, 3, 4)),
        case("the same network; the schedule asks for 0, 2, 2, 3, 9 stages", "opening", (0, 2, 2, 3, 9)),
        case("the same network, no schedule given; another whose schedule asks for fewer", "by default", (1, 2)),
        case("the same network, four epochs of .train()", "modes", (1, 2, 3, 4)),
        case(
            "the same network, four epochs of .train(), frozen_norms=False", "modes", (1, 2, 3, 4), frozen_norms=False
        ),
        case("the same network, trained with one AdamW", "training", (1, 1, 3, 4, 4)),
        case("the same network, stopped after two of four epochs", "resuming", (1, 3, 3, 4)),
    ]


# ---- misconceptions: a right unfreezer in parts, each of which can be wrong -----------------------------------------


class _Unfreezer:
    """Right, and written to be taken apart: subclasses get one thing wrong."""

    def __init__(self, model: nn.Module, schedule: Schedule | None = None, *, frozen_norms: bool = True) -> None:
        self.model, self.schedule, self.frozen_norms = model, schedule or every_epochs(1), frozen_norms
        self.losses: list[float] = []
        self.open = 0
        for stage in self.below():
            self.close_stage(stage)
        self.pin_norms()

    def below(self) -> list[Stage]:
        """The stages below the head, in the order in which they open."""
        return list(stages(self.model).values())[-2::-1]

    def close_stage(self, stage: Stage) -> None:
        freeze_stage(stage)

    def open_stage(self, stage: Stage) -> None:
        unfreeze_stage(stage)

    def pin_norms(self) -> None:
        for layer in self.model.modules():
            if self.frozen_norms and getattr(layer, "running_mean", None) is not None:
                pin(layer)

    @property
    def trainable(self) -> list[str]:
        opened = {stage.name for stage in self.below()[: self.open]}
        return [name for name in stages(self.model) if name in opened or name == "head"]

    def due(self, loss: float) -> int:
        self.losses.append(loss)
        return self.schedule(self.losses)

    def step(self, loss: float) -> list[str]:
        return self.open_until(self.due(loss))

    def open_until(self, due: int) -> list[str]:
        if due < self.open:
            raise ValueError(f"schedule: {due}")
        fresh = self.below()[self.open : due]
        for stage in fresh:
            self.open_stage(stage)
        self.open += len(fresh)
        self.pin_norms()
        return [stage.name for stage in fresh]

    def state_dict(self) -> dict[str, Any]:
        return {"losses": list(self.losses), "open": self.open}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.open_until(state["open"])
        self.losses = list(state["losses"])


class _BottomUp(_Unfreezer):
    def below(self) -> list[Stage]:
        return list(stages(self.model).values())[:-1]


class _AllAtOnce(_Unfreezer):
    def open_until(self, due: int) -> list[str]:
        return super().open_until(len(self.below()) if due else self.open)


class _OneAtATime(_Unfreezer):
    def open_until(self, due: int) -> list[str]:
        return super().open_until(min(due, self.open + 1))


class _AtConstruction(_Unfreezer):
    def __init__(self, model: nn.Module, schedule: Schedule | None = None, *, frozen_norms: bool = True) -> None:
        super().__init__(model, schedule, frozen_norms=frozen_norms)
        self.open_until(1)


class _ForgetsStem(_Unfreezer):
    """conv1 and bn1 belong to no group: frozen with everything, opened by nobody."""

    def __init__(self, model: nn.Module, schedule: Schedule | None = None, *, frozen_norms: bool = True) -> None:
        super().__init__(model, schedule, frozen_norms=frozen_norms)
        for stage in list(stages(model).values())[:1]:
            freeze_stage(stage)

    def below(self) -> list[Stage]:
        return super().below()[:-1]


class _NeverFreezesStem(_Unfreezer):
    """conv1 and bn1 belong to no group: they are never frozen."""

    def below(self) -> list[Stage]:
        return super().below()[:-1]


class _LayersOnly(_Unfreezer):
    def close_stage(self, stage: Stage) -> None:
        freeze_stage(Stage(stage.name, stage.modules))


class _FlagsOnly(_Unfreezer):
    def close_stage(self, stage: Stage) -> None:
        for parameter in stage.parameters():
            parameter.requires_grad_(False)
            parameter.grad = None

    def open_stage(self, stage: Stage) -> None:
        for parameter in stage.parameters():
            parameter.requires_grad_(True)


class _FreezesAgain(_Unfreezer):
    """Only the newest stage learns, with the head."""

    def open_until(self, due: int) -> list[str]:
        for stage in self.below()[: self.open] if due > self.open else []:
            freeze_stage(stage)
        return super().open_until(due)


class _NormsLost(_Unfreezer):
    """Pins the norms once, and unfreezing takes the pins out again."""

    def open_until(self, due: int) -> list[str]:
        keep, self.frozen_norms = self.frozen_norms, False
        names = super().open_until(due)
        self.frozen_norms = keep
        return names


class _NormsAlways(_Unfreezer):
    def pin_norms(self) -> None:
        self.frozen_norms = True
        super().pin_norms()


class _LatestLoss(_Unfreezer):
    def due(self, loss: float) -> int:
        self.losses.append(loss)
        return self.schedule([loss])


class _AsksFirst(_Unfreezer):
    def due(self, loss: float) -> int:
        due = self.schedule(list(self.losses))
        self.losses.append(loss)
        return due


class _CountsOn(_Unfreezer):
    """Takes what the schedule says as how many more to open."""

    def open_until(self, due: int) -> list[str]:
        return super().open_until(self.open + due)


class _BottomFirstNames(_Unfreezer):
    def open_until(self, due: int) -> list[str]:
        return super().open_until(due)[::-1]


class _Forgiving(_Unfreezer):
    def open_until(self, due: int) -> list[str]:
        return super().open_until(max(due, self.open))


class _ComesBackFrozen(_Unfreezer):
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.open, self.losses = state["open"], list(state["losses"])


class _ForgetsLosses(_Unfreezer):
    def state_dict(self) -> dict[str, Any]:
        return {"open": self.open}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.open_until(state["open"])


class _SharesLosses(_Unfreezer):
    def state_dict(self) -> dict[str, Any]:
        return {"losses": self.losses, "open": self.open}


class _SharesLoaded(_Unfreezer):
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.open_until(state["open"])
        self.losses = state["losses"]


class _NewParameters(_Unfreezer):
    """Opens a stage by putting fresh parameters in place of the frozen ones."""

    def open_stage(self, stage: Stage) -> None:
        super().open_stage(stage)
        for layer in (inner for module in stage.modules for inner in module.modules()):
            for name, parameter in list(layer.named_parameters(recurse=False)):
                setattr(layer, name, nn.Parameter(parameter.detach().clone()))


_OPENING = ("what learns after each epoch", "what step returns", "what .trainable says")

EXERCISE = Exercise(
    lesson="04_fine_tuning_strategies",
    reference=GradualUnfreezer,
    probe=probes.gradual_unfreezer,
    cases=_cases,
    properties=(
        Property(
            "At first the head alone learns; every stage below is frozen, with the network's own parameters.",
            1,
            ("what learns at first", "frozen parameters that keep a gradient", "layers that follow .train() at first"),
            cases=(0,),
        ),
        Property("Stages open one after the other, from the deepest to the first.", 2, _OPENING, cases=(0,)),
        Property(
            "The schedule decides: none, several at once, all where it asks for more; every epoch when none is given.",
            2,
            (*_OPENING, "losses that the schedule was asked with"),
            cases=(1,),
        ),
        Property(
            "Without a schedule a stage opens every epoch; one that asks for fewer is a ValueError.",
            1,
            ("what learns after each epoch", "asked for fewer"),
            cases=(2,),
        ),
        Property(
            "Norms keep their statistics in stages that learn, and follow .train() there if frozen_norms is False.",
            1,
            (
                "norms that follow .train() in each epoch",
                "other layers that follow .train() in each epoch",
                "statistics that moved",
            ),
            cases=(3, 4),
        ),
        Property(
            "An optimiser made once moves what is open and nothing else, and keeps its state.",
            1,
            ("what each epoch moved", "steps that the optimiser counts", "parameters are the same objects"),
            cases=(5,),
        ),
        Property(
            "A new unfreezer that loads the state finds open what was open, and goes on as the old one would have.",
            2,
            (
                "the state holds plain values",
                "the state stays as it was while the old one goes on",
                "the state stays as it was while the new one goes on",
                "what learns after loading",
                "layers that follow .train() after loading",
                "what the next steps return",
                "losses that the schedule is asked with",
                "what learns at the end",
            ),
            cases=(6,),
        ),
    ),
    misconceptions=(
        Misconception(
            "bottom-up",
            _BottomUp,
            "Yours opens the stem first. stages(model) goes from the input to the head; unfreezing goes the other "
            "way, for the deepest stage is the most specific and has the most to change.",
        ),
        Misconception(
            "all-at-once",
            _AllAtOnce,
            "As soon as one stage is due, everything opens. The schedule says how many.",
        ),
        Misconception(
            "one-at-a-time",
            _OneAtATime,
            "You open one stage a step even where the schedule asks for two more. It may ask for several at once.",
        ),
        Misconception(
            "opens-at-construction",
            _AtConstruction,
            "A stage is open before the first epoch. A new head should learn alone until the schedule has spoken, and "
            "it speaks in step.",
        ),
        Misconception(
            "stem-forgotten",
            _ForgetsStem,
            "The first convolution and its norm are frozen with everything else and belong to none of your groups: "
            "they stay frozen for ever. The stem is a stage too.",
        ),
        Misconception(
            "stem-never-frozen",
            _NeverFreezesStem,
            "The stem belongs to none of your groups, so nobody freezes it: it learns from the first step on, at the "
            "far end from where learning should begin.",
        ),
        Misconception(
            "own-parameters-forgotten",
            _LayersOnly,
            "A parameter that the network holds itself, outside of every layer, is never frozen. freeze_stage takes "
            "the whole stage, with those.",
        ),
        Misconception(
            "flags-only",
            _FlagsOnly,
            "You set flags. A frozen stage's dropout and norms still follow .train(): frozen is meant as freeze_stage "
            "does it.",
        ),
        Misconception(
            "freezes-again",
            _FreezesAgain,
            "When a stage opens, the one above it is frozen again. What has begun to learn goes on learning.",
        ),
        Misconception(
            "norms-lost",
            _NormsLost,
            "When a stage opens, its norms come loose: unfreeze_stage takes their pins out, and at the next .train() "
            "their statistics move. Pin them again after each opening.",
        ),
        Misconception(
            "norms-always-frozen",
            _NormsAlways,
            "With frozen_norms=False the norms of a stage that learns should follow .train(). Yours keep them pinned.",
        ),
        Misconception(
            "latest-loss-only",
            _LatestLoss,
            "The schedule is asked with the latest loss alone. It needs all losses so far, or it cannot see a plateau.",
        ),
        Misconception(
            "asks-before-noting",
            _AsksFirst,
            "You ask the schedule before the new loss is in the list, so everything happens one epoch late.",
        ),
        Misconception(
            "counts-on",
            _CountsOn,
            "The schedule says how many stages are to learn in all, not how many more.",
        ),
        Misconception(
            "names-from-the-bottom",
            _BottomFirstNames,
            "The right stages open, but step names them from the bottom up. They are asked for in the order in which "
            "they open.",
        ),
        Misconception(
            "fewer-forgiven",
            _Forgiving,
            "A schedule that asks for fewer stages than learn is a mistake of whoever wrote it. Say so: ValueError.",
        ),
        Misconception(
            "comes-back-frozen",
            _ComesBackFrozen,
            "The number of open stages is restored and the stages are not: a new unfreezer has just frozen them all. "
            "The resumed run would train its head alone, and nothing would complain.",
        ),
        Misconception(
            "losses-forgotten",
            _ForgetsLosses,
            "After loading, the schedule is asked with the new losses alone, as if the run had just begun. The losses "
            "are part of the state.",
        ),
        Misconception(
            "state-shares-losses",
            _SharesLosses,
            "Your state holds the very list that later epochs append to: what you saved changes behind your back. Put "
            "a copy in.",
        ),
        Misconception(
            "loaded-state-shared",
            _SharesLoaded,
            "After loading, your list of losses is the state's own, and the next step appends to what you were given. "
            "Take a copy.",
        ),
        Misconception(
            "new-parameters",
            _NewParameters,
            "You put new parameters in place of the frozen ones. The optimiser holds the old ones: what opens never "
            "learns.",
        ),
    ),
    difficulty=3,
    minutes=30,
    hints=(
        "Keep three things: the losses, how many stages are open below the head, and the stages below it in the order "
        "in which they open. step and load_state_dict then share one helper that opens until a given number is open; "
        "in a class it may be a method of its own.",
        "list(stages(model).items())[-2::-1] goes from the deepest stage to the stem. Open those from position open up "
        "to due, then pin every layer with a running_mean again, for unfreeze_stage lets go of them. In "
        "load_state_dict, open first, then take a copy of the losses.",
    ),
)
