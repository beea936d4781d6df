"""Exercise: a fine-tuning run in two phases, with an epoch's training and its validation given."""

from typing import Any

import torch

from autograder.exercise import Case, Exercise, Misconception, Property
from autograder.exercises.lesson08.phase_mistakes import With
from autograder.probes import lesson08_phases as probes
from lib.phases import fine_tune_two_phase


def _cases(seed: int) -> list[Case]:
    def case(words: str, eighths: list[int], steps: int = 2, **options: Any) -> Case:
        scores = [(eighth + seed / 4) / 8 for eighth in eighths]  # exact in binary: equal is equal
        said = f"{words}; accuracies {', '.join(f'{one:.3g}' for one in scores)}"
        return Case(said, {"seed": seed, "scores": scores, "steps": steps} | options)

    return [
        case("2 and 3 epochs of 2 steps", [4, 3, 2, 5, 5], first=2, second=3),
        case("3 and 2 epochs, rate=0.02, decay=0.25", [4, 6, 3, 2, 5], first=3, second=2, rate=0.02, decay=0.25),
        case("at most 4 and 3 epochs, patience=1", [4, 4, 2, 3, 3], first=4, second=3, patience=1),
        case("epochs, rate and decay as they are by default, 1 step an epoch", [1, 2, 3], steps=1, rows_alone=True),
        case("first=0, or second=0", [1], refused=True),
    ]


_ENDS = ("weights and statistics at the end",)

EXERCISE = Exercise(
    lesson="08_implementation",
    reference=fine_tune_two_phase,
    probe=probes.two_phases,
    cases=_cases,
    properties=(
        Property(
            "Phase 0 trains the head and the stage below it, phase 1 everything.",
            2,
            ("what learns in each epoch",),
            (0,),
        ),
        Property("Norms keep their statistics in both phases.", 1, ("norms that follow .train() in each epoch",), (0,)),
        Property(
            "The head begins at `rate`, then at a tenth of it.",
            1,
            ("the head's rate at the beginning of each phase",),
            (0, 1),
        ),
        Property(
            "Every earlier stage learns `decay` times as fast.", 1, ("rates as shares of the next stage's",), (0, 1)
        ),
        Property(
            "The rates follow a cosine over the steps of each phase.",
            1,
            ("the head's rate at the beginning of each epoch",),
            (0, 1),
        ),
        Property(
            "Each phase has a new AdamW, whose decay spares biases and norms.",
            1,
            (
                "kind of optimiser",
                "weight decay",
                "epochs in which the optimiser is another than before",
                "steps that the optimiser remembers at the beginning of each epoch",
            ),
            (0, 1),
        ),
        Property(
            "Phase 1 begins at the best weights and statistics of phase 0.",
            2,
            ("weights and statistics at the beginning of each epoch",),
            (0, 1),
        ),
        Property(
            "The run ends at the best of both phases, in evaluation mode.",
            2,
            (*_ENDS, "layers in training mode at the end"),
            (0, 1),
        ),
        Property("A phase ends once its own best is `patience` epochs old.", 1, ("calls", *_ENDS), (2,)),
        Property(
            "Each epoch trains, validates, and gives a row.",
            1,
            ("rows (phase, training loss, accuracy)", "calls"),
            (0, 3),
        ),
        Property("A phase without epochs is a ValueError.", 1, ("first=0", "second=0"), (4,)),
    ),
    misconceptions=(
        Misconception(
            "best-not-put-back-between",
            With(put_back=(1,)),
            "Phase 1 begins where phase 0 happened to end, not at its best. Put the copy back after each phase.",
        ),
        Misconception(
            "best-not-put-back-at-the-end",
            With(put_back=(0,)),
            "After phase 1 the model has its last weights, not the best. The copy goes back at the end too.",
        ),
        Misconception(
            "best-not-kept",
            With(copy="reference"),
            "Each phase ends with its last weights. Either nothing is put back, or what you keep is no copy: "
            "state_dict() gives the very tensors that go on learning.",
        ),
        Misconception(
            "parameters-alone-copied",
            With(copy="parameters"),
            "You copy the parameters and not the buffers: the weights of one epoch meet the statistics of another. "
            "state_dict() has both.",
        ),
        Misconception(
            "last-of-equals",
            With(equal="the last"),
            "Of equally good epochs you keep the last. The first counts: it has to be beaten, not met.",
        ),
        Misconception(
            "best-forgotten-in-phase-1",
            With(best_of="the phase"),
            "You look for the best anew in phase 1, and its first epoch replaces better weights of phase 0. There is "
            "one best for the whole run.",
        ),
        Misconception(
            "same-optimiser",
            With(same_optimiser=True),
            "You take the old optimiser on into phase 1. Its averages belong to phase 0's gradients and to weights "
            "that are no longer there. Make a new one.",
        ),
        Misconception(
            "everything-in-phase-0",
            With(open_first=0),
            "Everything learns in phase 0 already. While the head is still random, its gradients spoil what the early "
            "stages know.",
        ),
        Misconception(
            "head-alone",
            With(open_first=1),
            "Phase 0 trains the head alone. The stage below it learns too.",
        ),
        Misconception(
            "never-unfrozen",
            With(open_second=2),
            "In phase 1 the early stages are still frozen. Open them before you make the optimiser.",
        ),
        Misconception(
            "norms-thawed",
            With(norms="in phase 0"),
            "Unfreezing for phase 1 lets go of the norms too: their statistics move again. Keep them frozen after each "
            "change of what learns.",
        ),
        Misconception(
            "norms-not-kept",
            With(norms="of frozen stages"),
            "Norms in stages that learn move their statistics. requires_grad doesn't stop that: keep_batchnorm_frozen "
            "does.",
        ),
        Misconception(
            "rate-not-divided",
            With(tenth=False),
            "Phase 1 begins at phase 0's rate. For weights that are good already it is a tenth of it.",
        ),
        Misconception(
            "decay-upside-down",
            With(decay="the head slowest"),
            "Your rates fall towards the head. What is new needs the highest rate, what is general the lowest.",
        ),
        Misconception(
            "one-rate",
            With(decay="none"),
            "Every stage has the head's rate: `decay` is not used.",
        ),
        Misconception(
            "no-schedule",
            With(span="none"),
            "The rates never fall. Each phase has a cosine from its rate down to 0.",
        ),
        Misconception(
            "one-cosine",
            With(span="run"),
            "One cosine spans the whole run: phase 1 begins with the rates half way down. Each phase has its own.",
        ),
        Misconception(
            "cosine-over-epochs",
            With(span="epochs"),
            "Your cosine is as long as the phase has epochs, and it is stepped at every step: the rates are at 0 long "
            "before the end. T is epochs · steps.",
        ),
        Misconception(
            "adam",
            With(kind=torch.optim.Adam),
            "Adam adds the decay to the gradient, where it is divided away again. AdamW takes it off the weights "
            "(Loshchilov & Hutter, 2019).",
        ),
        Misconception(
            "all-decay",
            With(decays_all=True),
            "Biases and norms decay too. parameter_groups has groups without decay for them.",
        ),
        Misconception(
            "patience-late",
            With(patience="late"),
            "A phase goes on for one epoch too long: with patience 1, the first epoch that is no better ends it.",
        ),
        Misconception(
            "patience-ignored",
            With(patience="ignored"),
            "Patience is not used: a phase always has all its epochs.",
        ),
        Misconception(
            "patience-of-the-run",
            With(patience="of the run"),
            "You hold phase 1 against the best of the whole run. It may need a few epochs to get there: only its own "
            "best counts for its patience.",
        ),
        Misconception(
            "left-in-training",
            With(mode="training"),
            "The model is left in training mode. The contract ends in evaluation mode.",
        ),
        Misconception(
            "validated-first",
            With(validates_first=True),
            "You validate before you train: each accuracy is that of the epoch before, and the wrong weights are kept.",
        ),
        Misconception(
            "phases-from-one",
            With(first_number=1),
            "Your rows count phases from 1. They are 0 and 1.",
        ),
        Misconception(
            "no-epochs-accepted",
            With(refuses=False),
            "A phase of 0 epochs is accepted. Refuse it, by a ValueError, before anything is trained.",
        ),
    ),
    difficulty=3,
    minutes=35,
    hints=(
        "Write one phase as a loop over its epochs, and a loop over the two phases around it. What has to outlive a "
        "phase: the highest accuracy, the copy, the rows. What is new in each: what learns, optimiser, schedule, "
        "patience.",
        "Number the phases of two_phases(first, second, rate, decay). In each: open_phase(model, phase), of which "
        "help(open_phase) says what it does; torch.optim.AdamW(parameter_groups(model, phase.rate, phase.decay, "
        "weight_decay=0.01)); torch.optim.lr_scheduler.LambdaLR(optimiser, partial(cosine_with_warmup, "
        "steps=phase.epochs * steps, warmup=0)). copy_of_weights(model) is a copy, model.load_state_dict puts it back.",
    ),
)
