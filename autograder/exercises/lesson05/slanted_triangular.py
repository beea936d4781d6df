"""Exercise: the slanted triangular schedule, a short rise and a long fall."""

import math
from collections.abc import Callable

from autograder.exercise import Case, Exercise, Misconception, Property
from autograder.probes import lesson05 as probes
from lib.learning_rates import slanted_triangular


def _cases(seed: int) -> list[Case]:
    steps = (40, 60, 80)[seed % 3]

    def case(words: str, at: list[int], **arguments: float) -> Case:
        return Case(words, {"at": at} | arguments)

    return [
        case(f"the rise, steps 0 to 9 of {steps}, cut 0.25", [0, 3, 6, 9], steps=steps, cut=0.25, ratio=5.0),
        case(
            f"the fall, from a quarter of {steps} steps on, cut 0.25",
            [steps // 4, steps // 4 + 5, steps // 2, steps - 1],
            steps=steps,
            cut=0.25,
            ratio=5.0,
        ),
        case("100 steps with the default cut and ratio", [0, 5, 10, 50, 99], steps=100),
        case("23 steps, cut 0.2, which do not divide evenly", [0, 3, 4, 5, 12, 19], steps=23, cut=0.2, ratio=10.0),
        case("6 steps, cut 0.1: less than one step of rise", [0, 1, 2, 5], steps=6, cut=0.1, ratio=8.0),
        case("beyond the end: steps 10 to 40 of 10", [10, 11, 15, 40], steps=10, cut=0.2, ratio=4.0),
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------

Shape = Callable[[int, int, float], float]


def _with(p: Shape, scaled: Callable[[float, float], float] | None = None) -> Callable[..., float]:
    """The schedule with another p (from step, steps and cut), or another factor (from p and ratio)."""

    def schedule(step: int, *, steps: int, cut: float = 0.1, ratio: float = 32.0) -> float:
        share = p(step, steps, cut)
        return scaled(share, ratio) if scaled else (1 + share * (ratio - 1)) / ratio

    return schedule


def _peak(steps: int, cut: float) -> int:
    return max(1, math.floor(steps * cut))


def _right(step: int, steps: int, cut: float) -> float:
    c = _peak(steps, cut)
    return step / c if step < c else max(0.0, 1 - (step - c) / (c * (1 / cut - 1)))


def _unclamped(step: int, steps: int, cut: float) -> float:
    c = _peak(steps, cut)
    return step / c if step < c else 1 - (step - c) / (c * (1 / cut - 1))


def _no_room_to_rise(step: int, steps: int, cut: float) -> float:
    c = math.floor(steps * cut)
    return step / c if step < c else max(0.0, 1 - (step - c) / (c * (1 / cut - 1)))


def _unrounded(step: int, steps: int, cut: float) -> float:
    c = max(1.0, steps * cut)
    return step / c if step < c else max(0.0, 1 - (step - c) / (c * (1 / cut - 1)))


def _counted_from_one(step: int, steps: int, cut: float) -> float:
    return _right(step + 1, steps, cut)


def _precedence(step: int, steps: int, cut: float) -> float:
    c = _peak(steps, cut)
    return step / c if step < c else max(0.0, 1 - (step - c) / (c * 1 / cut - 1))


def _symmetric(step: int, steps: int, cut: float) -> float:
    c = _peak(steps, cut)
    return step / c if step < c else max(0.0, 1 - (step - c) / c)


def _ends_at_steps(step: int, steps: int, cut: float) -> float:
    c = _peak(steps, cut)
    return step / c if step < c else max(0.0, 1 - (step - c) / (steps - c))


def _down_only(step: int, steps: int, cut: float) -> float:
    c = _peak(steps, cut)
    return min(1.0, _right(max(step, c), steps, cut))


EXERCISE = Exercise(
    lesson="05_learning_rates",
    reference=slanted_triangular,
    probe=probes.factors,
    cases=_cases,
    properties=(
        Property("It rises in a straight line from 1/ratio at step 0.", 1, ("factors",), cases=(0,)),
        Property("It is 1 at the cut, and falls in a straight line from there.", 1, ("factors",), cases=(1, 2)),
        Property("Where the steps do not divide evenly it still follows the formula.", 1, ("factors",), cases=(3, 4)),
        Property("Beyond the end it stays at 1/ratio.", 1, ("factors",), cases=(5,)),
    ),
    misconceptions=(
        Misconception(
            "down-to-zero",
            _with(_right, lambda p, _: p),
            "Your factor is p itself: it begins and ends at 0, and the first step is wasted. The formula lifts p to "
            "lie between 1/ratio and 1.",
        ),
        Misconception(
            "not-lifted",
            _with(_right, lambda p, ratio: max(p, 1 / ratio)),
            "You cut p off at 1/ratio from below. The formula scales it instead: (1 + p · (ratio − 1)) / ratio.",
        ),
        Misconception(
            "unclamped",
            _with(_unclamped),
            "After the last step your p goes below 0, and with it the rate: a negative rate climbs the loss. Never "
            "below 0, says the contract.",
        ),
        Misconception(
            "no-room-to-rise",
            _with(_no_room_to_rise),
            "With few steps ⌊steps · cut⌋ is 0, and you divide by it. The contract: c is at least 1.",
        ),
        Misconception(
            "unrounded",
            _with(_unrounded),
            "Your cut is a fraction of a step: the factor never is exactly 1. The formula rounds it down.",
        ),
        Misconception(
            "counted-from-one",
            _with(_counted_from_one),
            "You are one step ahead: at step 0 the factor is 1/ratio. Is your t counted from 0?",
        ),
        Misconception(
            "precedence",
            _with(_precedence),
            "Mind the parentheses: c · (1/cut − 1) is not c · 1/cut − 1. Yours falls a little too fast.",
        ),
        Misconception(
            "symmetric",
            _with(_symmetric),
            "Your fall is as short as your rise. Slanted means that it takes 1/cut − 1 times as long.",
        ),
        Misconception(
            "ends-at-steps",
            _with(_ends_at_steps),
            "You let the fall end exactly at `steps`. The paper's formula lets it last c · (1/cut − 1) steps, which "
            "is a little less or more where the steps do not divide evenly.",
        ),
        Misconception(
            "down-only",
            _with(_down_only),
            "There is no rise: before the cut p is t / c, from 0 up to 1.",
        ),
    ),
    difficulty=1,
    minutes=10,
    hints=(
        "Compute c first, then p in two cases, before c and from c on. Which of the two holds at t = c, and what does "
        "it give there?",
        "p is t / c before c; from c on it is the larger of 0 and 1 − (t − c) / (c · (1/cut − 1)). math.floor rounds "
        "down. The last line is the formula of the factor.",
    ),
)
