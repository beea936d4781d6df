"""Exercise: a warm-up, then half a cosine down."""

import math
from collections.abc import Callable

from autograder.exercise import Case, Exercise, Misconception, Property
from autograder.probes import lesson05 as probes
from lib.learning_rates import cosine_with_warmup


def _cases(seed: int) -> list[Case]:
    warmup = (4, 5, 9)[seed % 3]

    def case(words: str, at: list[int], **arguments: float) -> Case:
        return Case(words, {"at": at} | arguments)

    return [
        case(f"the warm-up, {warmup} of 50 steps", [*range(warmup + 1)], steps=50, warmup=warmup),
        case(f"the descent after {warmup} of 50 steps", [warmup + 1, 20, 35, 49], steps=50, warmup=warmup),
        case("12 steps without a warm-up", [0, 3, 6, 9, 11], steps=12),
        case("20 steps, 4 of them warm-up, floor 0.1", [4, 8, 12, 16, 19], steps=20, warmup=4, floor=0.1),
        case("steps 10, 11, 15 and 20 of 10, floor 0.2", [10, 11, 15, 20], steps=10, warmup=3, floor=0.2),
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------

Part = Callable[[int, int, int, float], float]
"""A factor from step, steps, warmup and floor."""


def _rise(step: int, steps: int, warmup: int, floor: float) -> float:
    return (step + 1) / (warmup + 1)


def _fall(step: int, steps: int, warmup: int, floor: float) -> float:
    progress = min(1.0, (step - warmup) / (steps - warmup))
    return floor + (1 - floor) * (1 + math.cos(math.pi * progress)) / 2


def _with(rise: Part = _rise, fall: Part = _fall) -> Callable[..., float]:
    def schedule(step: int, *, steps: int, warmup: int = 0, floor: float = 0.0) -> float:
        return (rise if step < warmup else fall)(step, steps, warmup, floor)

    return schedule


def _from_zero(step: int, steps: int, warmup: int, floor: float) -> float:
    return step / warmup


def _early_peak(step: int, steps: int, warmup: int, floor: float) -> float:
    return (step + 1) / warmup


def _of_the_cosine(step: int, steps: int, warmup: int, floor: float) -> float:
    return _rise(step, steps, warmup, floor) * _fall(step, steps, 0, floor)


def _warmup_forgotten(step: int, steps: int, warmup: int, floor: float) -> float:
    return _fall(step, steps, 0, floor)


def _not_halved(step: int, steps: int, warmup: int, floor: float) -> float:
    return floor + (1 - floor) * (1 + math.cos(math.pi * min(1.0, (step - warmup) / (steps - warmup))))


def _a_quarter(step: int, steps: int, warmup: int, floor: float) -> float:
    progress = min(1.0, (step - warmup) / (steps - warmup))
    return floor + (1 - floor) * math.cos(math.pi / 2 * progress)


def _rises_again(step: int, steps: int, warmup: int, floor: float) -> float:
    return floor + (1 - floor) * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup))) / 2


def _straight(step: int, steps: int, warmup: int, floor: float) -> float:
    return floor + (1 - floor) * (1 - min(1.0, (step - warmup) / (steps - warmup)))


def _floor_cuts(step: int, steps: int, warmup: int, floor: float) -> float:
    return max(floor, _fall(step, steps, warmup, 0.0))


def _floor_added(step: int, steps: int, warmup: int, floor: float) -> float:
    return floor + _fall(step, steps, warmup, 0.0)


def _floor_forgotten(step: int, steps: int, warmup: int, floor: float) -> float:
    return _fall(step, steps, warmup, 0.0)


def _lasts_too_long(step: int, steps: int, warmup: int, floor: float) -> float:
    return floor + (1 - floor) * (1 + math.cos(math.pi * min(1.0, (step - warmup) / steps))) / 2


EXERCISE = Exercise(
    lesson="05_learning_rates",
    reference=cosine_with_warmup,
    probe=probes.factors,
    cases=_cases,
    properties=(
        Property(
            "The warm-up rises in a straight line, from above 0 to 1 at step = warmup.", 1, ("factors",), cases=(0,)
        ),
        Property("After it, half a cosine takes what is left of the steps.", 1, ("factors",), cases=(1, 2)),
        Property("With a floor, the descent ends there instead of at 0.", 1, ("factors",), cases=(3,)),
        Property("From step = steps on it stays at the floor.", 1, ("factors",), cases=(4,)),
    ),
    misconceptions=(
        Misconception(
            "from-zero",
            _with(rise=_from_zero),
            "Your warm-up begins at 0: the first batch is computed and nothing is learnt from it. See the + 1 in the "
            "formula.",
        ),
        Misconception(
            "early-peak",
            _with(rise=_early_peak),
            "Your factor is 1 one step too early, and then 1 again. The formula has + 1 above and below the line.",
        ),
        Misconception(
            "warm-up-of-the-cosine",
            _with(rise=_of_the_cosine, fall=_warmup_forgotten),
            "Your cosine runs from step 0 and the warm-up is multiplied on top of it: the factor never reaches 1.",
        ),
        Misconception(
            "warm-up-forgotten",
            _with(fall=_warmup_forgotten),
            "After the warm-up your cosine is already under way: the factor jumps at step = warmup. It begins there.",
        ),
        Misconception(
            "lasts-too-long",
            _with(fall=_lasts_too_long),
            "Your descent would take all `steps`, but it begins only after the warm-up: at the end it is not yet down. "
            "How many steps are left for it?",
        ),
        Misconception(
            "not-halved",
            _with(fall=_not_halved),
            "1 + cos lies between 0 and 2. Your factor begins its descent at 2, twice the rate that was meant.",
        ),
        Misconception(
            "a-quarter",
            _with(fall=_a_quarter),
            "You take a quarter of a cosine, which ends in full fall. Half of one, lifted by 1, is flat at both ends.",
        ),
        Misconception(
            "rises-again",
            _with(fall=_rises_again),
            "Beyond the last step your cosine turns and rises. A run that is a few steps longer than planned would "
            "find its rate growing again.",
        ),
        Misconception(
            "straight-line",
            _with(fall=_straight),
            "Your descent is a straight line; the contract asks for half a cosine.",
        ),
        Misconception(
            "floor-cuts",
            _with(fall=_floor_cuts),
            "You cut the cosine off at the floor. The formula scales it to lie between floor and 1.",
        ),
        Misconception(
            "floor-added",
            _with(fall=_floor_added),
            "You add the floor and leave the cosine as high as it was: at the peak the factor is 1 + floor.",
        ),
        Misconception(
            "floor-forgotten", _with(fall=_floor_forgotten), "Where does `floor` enter? Your descent ends at 0."
        ),
    ),
    difficulty=1,
    minutes=10,
    hints=(
        "Two cases: before `warmup` and from it on. For the second, how far along is the descent, as a share between "
        "0 and 1, and what keeps that share from growing past 1?",
        "progress = min(1, (step − warmup) / (steps − warmup)); half a cosine between 1 and 0 is "
        "(1 + math.cos(math.pi · progress)) / 2; between 1 and the floor it is scaled by 1 − floor and lifted by the "
        "floor.",
    ),
)
