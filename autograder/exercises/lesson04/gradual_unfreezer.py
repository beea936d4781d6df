"""Exercise: a class that opens stage after stage from the top down, and can be stopped and resumed."""

import torch

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.exercises.lesson04 import unfreezer_mistakes as mistakes
from autograder.exercises.lesson04 import unfreezer_reports as reports
from autograder.probes import unfreezer as probes
from lib.unfreezing import GradualUnfreezer


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
            "An optimiser made once moves what is open, and nothing else; a step leaves the model's mode alone.",
            1,
            (
                "what each epoch moved",
                "steps that the optimiser counts",
                "parameters are the same objects",
                "layers in training mode after a step in evaluation mode",
            ),
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
            mistakes.BottomUp,
            "Yours opens the stem first. stages(model) goes from the input to the head; unfreezing goes the other "
            "way, for the deepest stage is the most specific and has the most to change.",
        ),
        Misconception(
            "all-at-once",
            mistakes.AllAtOnce,
            "As soon as one stage is due, everything opens. The schedule says how many.",
        ),
        Misconception(
            "one-at-a-time",
            mistakes.OneAtATime,
            "You open one stage a step even where the schedule asks for two more. It may ask for several at once.",
        ),
        Misconception(
            "opens-at-construction",
            mistakes.AtConstruction,
            "A stage is open before the first epoch. A new head should learn alone until the schedule has spoken, and "
            "it speaks in step.",
        ),
        Misconception(
            "stem-forgotten",
            mistakes.ForgetsStem,
            "The first convolution and its norm are frozen with everything else and belong to none of your groups: "
            "they stay frozen for ever. The stem is a stage too.",
        ),
        Misconception(
            "stem-never-frozen",
            mistakes.NeverFreezesStem,
            "The stem belongs to none of your groups, so nobody freezes it: it learns from the first step on, at the "
            "far end from where learning should begin.",
        ),
        Misconception(
            "own-parameters-forgotten",
            mistakes.LayersOnly,
            "A parameter that the network holds itself, outside of every layer, is never frozen. freeze_stage takes "
            "the whole stage, with those.",
        ),
        Misconception(
            "flags-only",
            mistakes.FlagsOnly,
            "You set flags. A frozen stage's dropout and norms still follow .train(): frozen is meant as freeze_stage "
            "does it.",
        ),
        Misconception(
            "freezes-again",
            mistakes.FreezesAgain,
            "When a stage opens, the one above it is frozen again. What has begun to learn goes on learning.",
        ),
        Misconception(
            "norms-lost",
            mistakes.NormsLost,
            "When a stage opens, its norms come loose: unfreeze_stage takes their pins out, and at the next .train() "
            "their statistics move. Pin them again after each opening.",
        ),
        Misconception(
            "trains-in-step",
            reports.TrainsInStep,
            "Your step calls .train(). Whoever has just validated is in evaluation mode and may want to go on in it: "
            "the contract leaves the mode to the caller.",
        ),
        Misconception(
            "norms-always-frozen",
            mistakes.NormsAlways,
            "With frozen_norms=False the norms of a stage that learns should follow .train(). Yours keep them pinned.",
        ),
        Misconception(
            "latest-loss-only",
            mistakes.LatestLoss,
            "The schedule is asked with the latest loss alone. It needs all losses so far, or it cannot see a plateau.",
        ),
        Misconception(
            "asks-before-noting",
            mistakes.AsksFirst,
            "You ask the schedule before the new loss is in the list, so everything happens one epoch late.",
        ),
        Misconception(
            "counts-on",
            mistakes.CountsOn,
            "The schedule says how many stages are to learn in all, not how many more.",
        ),
        Misconception(
            "names-from-the-bottom",
            mistakes.BottomFirstNames,
            "The right stages open, but step names them from the bottom up. They are asked for in the order in which "
            "they open.",
        ),
        Misconception(
            "step-says-nothing",
            reports.SaysNothing,
            "The right stages open, and step returns None. It tells which ones it has just opened, [] if none.",
        ),
        Misconception(
            "step-names-all",
            reports.NamesAll,
            "The right stages open, and step names all that learn by now. Asked for are those that it has just opened.",
        ),
        Misconception(
            "trainable-from-the-top",
            reports.TrainableFromTheTop,
            "The right stages learn; `trainable` names them from the head down. The contract goes from the input up.",
        ),
        Misconception(
            "fewer-forgiven",
            mistakes.Forgiving,
            "A schedule that asks for fewer stages than learn is a mistake of whoever wrote it. Say so: ValueError.",
        ),
        Misconception(
            "comes-back-frozen",
            mistakes.ComesBackFrozen,
            "The number of open stages is restored and the stages are not: a new unfreezer has just frozen them all. "
            "The resumed run would train its head alone, and nothing would complain.",
        ),
        Misconception(
            "losses-forgotten",
            mistakes.ForgetsLosses,
            "After loading, the schedule is asked with the new losses alone, as if the run had just begun. The losses "
            "are part of the state.",
        ),
        Misconception(
            "state-shares-losses",
            mistakes.SharesLosses,
            "Your state holds the very list that later epochs append to: what you saved changes behind your back. Put "
            "a copy in.",
        ),
        Misconception(
            "loaded-state-shared",
            mistakes.SharesLoaded,
            "After loading, your list of losses is the state's own, and the next step appends to what you were given. "
            "Take a copy.",
        ),
        Misconception(
            "new-parameters",
            mistakes.NewParameters,
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
