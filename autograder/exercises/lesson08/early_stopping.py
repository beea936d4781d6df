"""Exercise: a class that says when to stop, and which epoch was the best."""

import math
from typing import Any

from autograder.exercise import Case, Exercise, Misconception, Property
from autograder.exercises.lesson08.stopping_mistakes import With
from autograder.probes import lesson08_stopping as probes
from lib.epochs import EarlyStopping


def _cases(seed: int) -> list[Case]:
    def case(words: str, eighths: tuple[float, ...], **inputs: Any) -> Case:
        scores = [(eighth + seed / 4) / 8 for eighth in eighths]  # exact in binary: equal is equal
        return Case(f"scores {', '.join(f'{one:.4g}' for one in scores)}; {words}", {"scores": scores} | inputs)

    return [
        case("patience 2", (2, 4, 3, 5, 5, 4, 3), patience=2),
        case("patience 1", (1, 2, 3, 3, 2, 6, 5), patience=1),
        case("patience 3", (4, 3, 2, 3, 5, 3, 3, 4, 4), patience=3),
        case("patience 2, threshold 0.25", (1, 3, 4, 5, 6, 7, 11, 8, 13, 14), patience=2, threshold=0.25),
        case("patience 2", (-9, -8, -8.5, -7, -7.5, -8, -9), patience=2),
        case("patience 2", (math.nan, 2, 4, math.nan, 5, math.nan, math.nan, 1), patience=2),
        case(
            "patience 3, resumed after 3 by one with patience 2 and threshold 0.25",
            (2, 6, 5, 4, 3, 9, 7),
            patience=3,
            resumed_after=3,
            resumed_with={"patience": 2, "threshold": 0.25},
        ),
        Case("patience 0, and a threshold below 0", {"scores": [], "refused": True}),
    ]


_ROWS = ("what step returns", "best after each step", "best_epoch after each step", "epochs after each step")

EXERCISE = Exercise(
    lesson="08_implementation",
    reference=EarlyStopping,
    probe=probes.early_stopping,
    cases=_cases,
    properties=(
        Property(
            "It is time to stop once `patience` epochs in a row have not risen; a rise begins the count anew.",
            2,
            _ROWS[:1],
            (0, 1, 2),
        ),
        Property(
            "best, best_epoch and epochs say what was, from before the first step on; patience and threshold are kept.",
            1,
            (*_ROWS[1:], "patience and threshold"),
            (0, 1, 2, 3),
        ),
        Property("Only a score above best + threshold counts as risen.", 1, _ROWS[:1], (3,)),
        Property("The first number counts as risen, a negative one too.", 1, _ROWS[:1], (4,)),
        Property("NaN never counts as risen.", 1, (_ROWS[0], _ROWS[3]), (5,)),
        Property(
            "A new one goes on where the state was taken; the state is a copy in plain values.",
            2,
            (
                "the state holds plain values",
                "the state stays as it was while the old one goes on",
                "the state stays as it was while the new one goes on",
                "answer, best, best_epoch, epochs after loading, and after each step",
                "patience and threshold of the new one",
            ),
            (6,),
        ),
        Property("patience < 1 and threshold < 0 are a ValueError.", 1, ("patience 0", "threshold -0.1"), (7,)),
    ),
    misconceptions=(
        Misconception(
            "one-epoch-late",
            With(late=1),
            "You stop one epoch late. With patience 2, the second epoch in a row that has not risen is the one to stop "
            "at: is there a > where a >= belongs?",
        ),
        Misconception(
            "one-epoch-early",
            With(late=-1),
            "You stop one epoch early: with patience 1, even at a new best. The best epoch itself does not count.",
        ),
        Misconception(
            "equal-counts-as-risen",
            With(over="best, or equal"),
            "You take an equal score for a rise. On a plateau training would never stop. It has to be higher.",
        ),
        Misconception(
            "threshold-ignored",
            With(over="best alone"),
            "Any rise counts with you, however small. It has to be above best by more than the threshold.",
        ),
        Misconception(
            "threshold-as-a-share",
            With(over="best times"),
            "You take the threshold as a share of the best. It is added to it, in units of the score.",
        ),
        Misconception(
            "compared-with-the-last",
            With(over="the last"),
            "You compare with the epoch before. After a fall, any small rise would count. Compare with the best.",
        ),
        Misconception(
            "lower-is-better",
            With(over="below"),
            "You wait for a lower score, as for a loss. Here higher is better.",
        ),
        Misconception(
            "count-never-begins-anew",
            With(counts="all that fell"),
            "You count all epochs that have not risen, since the beginning. A rise begins the count anew.",
        ),
        Misconception(
            "best-creeps",
            With(keeps="the highest"),
            "Your best follows every small rise that did not count. So many small steps never add up to one that "
            "counts: keep the last score that did.",
        ),
        Misconception(
            "counted-from-one",
            With(first_epoch=1),
            "Your best_epoch is one too large. Epochs are counted from 0.",
        ),
        Misconception(
            "begins-at-zero",
            With(start=0.0),
            "Your best begins at 0, and a score below it, such as a loss with its sign turned, never counts. Before "
            "the first it is -∞.",
        ),
        Misconception(
            "begins-at-none",
            With(start=None, over="best, or the first"),
            "Your best begins at None, and the first score counts whatever it is, NaN too. Begin at -∞: a first number "
            "rises by itself.",
        ),
        Misconception(
            "best-epoch-begins-at-zero",
            With(unset=0),
            "Before any score there is no best epoch, and 0 is one. Until then best_epoch is -1.",
        ),
        Misconception(
            "best-epoch-begins-at-none",
            With(unset=None),
            "Before the first score best_epoch is -1, a number like all others, and not None.",
        ),
        Misconception(
            "nan-no-epoch",
            With(over="nothing if NaN"),
            "An epoch whose score is NaN isn't counted at all with you. It is one without a rise, and makes the "
            "best older.",
        ),
        Misconception(
            "nan-counts",
            With(over="not below"),
            "NaN counts as risen with you: it is not below the best, but it is not above it either. Ask whether the "
            "score is higher, not whether it isn't lower.",
        ),
        Misconception(
            "first-nan-counts",
            With(over="best, or the first"),
            "The first score always counts with you, NaN too: then the best is NaN, and nothing is ever above it. "
            "Begin at -∞, and a first number rises by itself.",
        ),
        Misconception(
            "stopped-for-ever",
            With(latches=True),
            "Once it said stop, yours says so for ever. The contract lets a caller go on, and a rise begins anew.",
        ),
        Misconception(
            "stopped-once",
            With(stops_at="=="),
            "You say stop at one epoch alone, and a caller who goes on hears no more of it. It stays time to stop "
            "until a score rises.",
        ),
        Misconception(
            "count-returned",
            With(answers="count"),
            "step tells how long the best is past. The question is whether it is time to stop: True or False.",
        ),
        Misconception(
            "nothing-returned",
            With(answers="nothing"),
            "All is counted rightly, and step returns nothing. The answer is what it returns.",
        ),
        Misconception(
            "state-shared",
            With(state="shared"),
            "Your state is the object's own memory, and later steps change what was saved. Return a copy.",
        ),
        Misconception(
            "loaded-state-shared",
            With(state="loaded shared"),
            "After loading you keep working in the state that you were given, and change it. Take a copy.",
        ),
        Misconception(
            "best-alone-in-state",
            With(state="best alone"),
            "The state lacks how many epochs there were: a resumed run counts them from 0 again.",
        ),
        Misconception(
            "patience-taken-over",
            With(state="with patience"),
            "Loading replaces the new one's patience and threshold by those of the old. They are the caller's choice, "
            "made when the new one was made: take what was counted alone.",
        ),
        Misconception(
            "nothing-loaded",
            With(state="not loaded"),
            "After loading, best, best_epoch or epochs is not what the state says.",
        ),
        Misconception(
            "patience-begins-anew",
            With(state="without the counter"),
            "After loading, the count of epochs that have not risen begins at 0: each interruption buys a run new "
            "patience. It follows from best_epoch and epochs, or belongs in the state.",
        ),
        Misconception(
            "nothing-refused",
            With(lowest_patience=0, lowest_threshold=-math.inf),
            "Patience 0 would stop at a new best, and below 0 a threshold would call a fall a rise. Each is to be a "
            "ValueError.",
        ),
        Misconception(
            "patience-zero-accepted",
            With(lowest_patience=0),
            "Patience 0 would stop at a new best. Refuse it, by a ValueError.",
        ),
        Misconception(
            "negative-threshold-accepted",
            With(lowest_threshold=-math.inf),
            "Below 0, a threshold would call a fall a rise. Refuse it, by a ValueError.",
        ),
    ),
    difficulty=2,
    minutes=15,
    hints=(
        "Three numbers are all the memory it needs: best, best_epoch, epochs. How long the best is past follows from "
        "the last two.",
        "In step: if the score has risen, note it and its number, which is `epochs` as it stands; then add 1 to it. "
        "The number of epochs since the best is epochs - 1 - best_epoch.",
    ),
)
