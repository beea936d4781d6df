"""Exercise: a fine-tuning run in two phases, with an epoch's training and its validation given."""

from typing import Any

from autograder.exercise import Case, Exercise, Property
from autograder.exercises.lesson08.phase_misconceptions import MISCONCEPTIONS
from autograder.probes import lesson08_phases as probes
from lib.phases import fine_tune_two_phase


def _cases(seed: int) -> list[Case]:
    def case(words: str, eighths: list[int], steps: int = 2, **options: Any) -> Case:
        scores = [(eighth + seed / 4) / 8 if eighth else 0.0 for eighth in eighths]  # exact in binary: equal is equal
        said = f"{words}; accuracies {', '.join(f'{one:.3g}' for one in scores)}"
        return Case(said, {"seed": seed, "scores": scores, "steps": steps} | options)

    return [
        case("2 and 3 epochs of 2 steps", [0, 0, 2, 5, 5], first=2, second=3),
        case(
            "3 and 2 epochs of 1 step, rate=0.02, decay=0.25",
            [4, 6, 3, 2, 5],
            1,
            first=3,
            second=2,
            rate=0.02,
            decay=0.25,
        ),
        case("at most 4 and 3 epochs of 1 step, patience=1", [4, 4, 2, 3, 3], 1, first=4, second=3, patience=1),
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
    misconceptions=MISCONCEPTIONS,
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
