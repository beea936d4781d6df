"""Exercise: a learning rate for each stage."""

from collections.abc import Callable, Sequence

from autograder.exercise import Case, Exercise, Misconception, Property
from autograder.probes import lesson05 as probes
from lib.learning_rates import layer_learning_rates


def _cases(seed: int) -> list[Case]:
    stages = ["stem", "layer1", "layer2", "layer3", "layer4", "head"]
    rate, factor = (1e-3, 2e-3, 4e-3)[seed % 3], (0.5, 0.2, 0.25)[seed % 3]
    return [
        Case(
            f"six stages of a ResNet, base {rate:g}, decay {factor:g}", {"names": stages, "base": rate, "decay": factor}
        ),
        Case("three stages, base 0.01, decay 0.1", {"names": ["b", "a", "head"], "base": 1e-2, "decay": 0.1}),
        Case("four stages, decay 1", {"names": ["stem", "one", "two", "head"], "base": 3e-4, "decay": 1.0}),
        Case("a head and nothing else", {"names": ["head"], "base": 2e-2, "decay": 0.3}),
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------

Rates = dict[str, float]


def _with(rate: Callable[[int, int, float, float], float]) -> Callable[[Sequence[str], float, float], Rates]:
    """A rate from the position, counted from 0, the number of stages, the base and the decay."""

    def rates(names: Sequence[str], base: float, decay: float) -> Rates:
        return {name: rate(position, len(names), base, decay) for position, name in enumerate(names)}

    return rates


def _precedence(position: int, count: int, base: float, decay: float) -> float:
    return base * decay ** (count - 1 - position) / max(1, count - 1)


def _spread(position: int, count: int, base: float, decay: float) -> float:
    return base * float(decay ** ((count - 1 - position) / max(1, count - 1)))


def _upside_down(position: int, count: int, base: float, decay: float) -> float:
    return base * float(decay**position)


def _one_too_many(position: int, count: int, base: float, decay: float) -> float:
    return base * float(decay ** (count - position))


def _growing(position: int, count: int, base: float, decay: float) -> float:
    return base / float(decay ** (count - 1 - position))


def _times_the_distance(position: int, count: int, base: float, decay: float) -> float:
    below = count - 1 - position
    return base * decay * below if below else base


def _two_rates(position: int, count: int, base: float, decay: float) -> float:
    return base if position == count - 1 else base * decay


def _straight_line(position: int, count: int, base: float, decay: float) -> float:
    return base * (1 - (1 - decay) * (count - 1 - position) / max(1, count - 1))


def _from_the_top(names: Sequence[str], base: float, decay: float) -> Rates:
    return {name: base * decay**below for below, name in enumerate(reversed(names))}


def _sorted(names: Sequence[str], base: float, decay: float) -> Rates:
    return dict(sorted(layer_learning_rates(names, base, decay).items()))


EXERCISE = Exercise(
    lesson="05_learning_rates",
    reference=layer_learning_rates,
    probe=probes.layer_learning_rates,
    cases=_cases,
    properties=(
        Property(
            "The last stage gets the base rate, each earlier one `decay` times the next one's.",
            2,
            ("what it returns", "rates"),
            cases=(0, 1),
            relative=1e-6,
            absolute=0.0,
        ),
        Property("Every stage is there under its name, from the input to the output.", 1, ("stages", "rates"), (0, 1)),
        Property(
            "Decay 1 gives all stages the base rate, and so does a single stage, whatever the decay.",
            1,
            ("stages", "rates"),
            cases=(2, 3),
            relative=1e-6,
            absolute=0.0,
        ),
    ),
    misconceptions=(
        Misconception(
            "precedence",
            _with(_precedence),
            "The last stage does not get the base rate: all your rates are divided by L − 1. In Python `a ** b / c` "
            "is `(a ** b) / c`, and the formula has no division at all.",
        ),
        Misconception(
            "spread-over-the-depth",
            _with(_spread),
            "You divide the exponent by L − 1: the first stage then gets `decay` times the base rate, however deep the "
            "network is. Here α is the ratio of each stage to the next.",
        ),
        Misconception(
            "upside-down",
            _with(_upside_down),
            "Your first stage learns fastest. Early stages hold what is general; the head is what is new.",
        ),
        Misconception(
            "one-too-many",
            _with(_one_too_many),
            "Each of your rates has one factor too many: in the formula l runs from 1 to L, a loop counts from 0. What "
            "is the exponent at the last stage?",
        ),
        Misconception(
            "growing",
            _with(_growing),
            "You divide by the decay: earlier stages get larger rates than the head. Each step down multiplies.",
        ),
        Misconception(
            "times-the-distance",
            _with(_times_the_distance),
            "You multiply the decay by the distance to the head. The distance is an exponent: two stages down is "
            "α · α.",
        ),
        Misconception(
            "two-rates",
            _with(_two_rates),
            "All stages below the head share one rate. That was lesson 3's recipe; here each stage down multiplies by "
            "the decay once more.",
        ),
        Misconception(
            "straight-line",
            _with(_straight_line),
            "Your rates lie on a straight line between base and decay · base. The formula's neighbours have a constant "
            "ratio, not a constant difference.",
        ),
        Misconception(
            "from-the-top",
            _from_the_top,
            "The rates belong to the right stages, but your dictionary begins at the head. The contract: in the order "
            "of `names`.",
        ),
        Misconception(
            "sorted",
            _sorted,
            "Your stages come in alphabetical order. The order of `names` is the order of the network.",
        ),
    ),
    difficulty=1,
    minutes=8,
    hints=(
        "How many steps down from the last stage is a stage at position i of L, counted from 0? The last one must "
        "come out as 0.",
        "enumerate(names) gives position and name. With top = len(names) − 1, the rate is base times decay to the "
        "power of (top − position).",
    ),
)
