"""Exercise: which networks are worth considering at all?"""

from collections.abc import Callable, Sequence

import torch

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson02 as probes
from lib.architectures import pareto_front

Numbers = Sequence[float]


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)
    costs = (torch.randperm(90, generator=generator)[:14] + 5).tolist()
    accuracies = [50 + 0.3 * cost + 20 * float(torch.rand(1, generator=generator)) for cost in costs]
    costs, accuracies = [*costs, 3, 99, 97], [*accuracies, 40.0, 90.0, 89.0]
    order = torch.randperm(len(costs), generator=generator).tolist()
    cases = {
        "17 networks, no two alike": ([float(costs[i]) for i in order], [round(accuracies[i], 3) for i in order]),
        "networks of equal cost": ([2.0, 2.0, 1.0, 3.0, 2.0, 1.0], [0.7, 0.8, 0.5, 0.9, 0.6, 0.4]),
        "networks of equal accuracy": ([4.0, 1.0, 2.0, 3.0, 5.0], [0.8, 0.6, 0.8, 0.6, 0.9]),
        "networks that are equal in both": ([2.0, 1.0, 2.0, 1.0, 3.0], [0.7, 0.6, 0.7, 0.6, 0.65]),
        "one network": ([2.0], [0.5]),
        "one that beats all others, with costs below zero": ([-1.0, -3.0, 0.0, 2.0], [0.2, 0.9, 0.8, 0.9]),
        "accuracies below zero, as a log-likelihood is": ([3.0, 1.0, 2.0, 2.0], [-0.2, -0.9, -0.4, -0.4]),
        "three costs and two accuracies": ([1.0, 2.0, 3.0], [0.5, 0.6]),
        "no network": ([], []),
        "an accuracy that is not a number": ([1.0, 2.0, 3.0], [0.5, float("nan"), 0.7]),
        "an infinite cost": ([1.0, float("inf")], [0.5, 0.9]),
    }
    return [Case(words, {"costs": c, "accuracies": a}) for words, (c, a) in cases.items()]


# ---- misconceptions -----------------------------------------------------------------------------------------------


def _checked(front: Callable[[list[float], list[float]], list[int]]) -> Callable[..., list[int]]:
    def checked(costs: Numbers, accuracies: Numbers) -> list[int]:
        every = torch.tensor([*costs, *accuracies])
        if len(costs) != len(accuracies) or not len(costs) or not every.isfinite().all():
            raise ValueError("costs, accuracies")
        return front(list(costs), list(accuracies))

    return checked


def _undominated(dominates: Callable[[float, float, float, float], bool]) -> Callable[..., list[int]]:
    """Cheapest first; dominates(cost of j, accuracy of j, cost of i, accuracy of i)."""

    def front(costs: list[float], accuracies: list[float]) -> list[int]:
        points = list(zip(costs, accuracies, strict=True))
        kept = [i for i, point in enumerate(points) if not any(dominates(*other, *point) for other in points)]
        return sorted(kept, key=lambda i: (costs[i], i))

    return front


def _dominates(cost: float, accuracy: float, of: float, than: float) -> bool:
    return cost <= of and accuracy >= than and (cost < of or accuracy > than)


_right = _undominated(_dominates)


def _running_best(costs: list[float], accuracies: list[float], *, ties: bool, both: bool) -> list[int]:
    front: list[int] = []
    for i in sorted(range(len(costs)), key=lambda i: (costs[i], -accuracies[i] if both else i)):
        best = accuracies[front[-1]] if front else float("-inf")
        if accuracies[i] > best or (ties and accuracies[i] == best):
            front.append(i)
    return front


def _best_above_zero(costs: list[float], accuracies: list[float]) -> list[int]:
    return [i for i in _right(costs, accuracies) if accuracies[i] > 0]


def _dearest_wins(costs: list[float], accuracies: list[float]) -> list[int]:
    return _right([-cost for cost in costs], accuracies)


def _best_ratio(costs: list[float], accuracies: list[float]) -> list[int]:
    ratios = [accuracy / (abs(cost) or 1) for cost, accuracy in zip(costs, accuracies, strict=True)]
    return sorted(range(len(costs)), key=lambda i: -ratios[i])[: len(_right(costs, accuracies))]


def _hull(costs: list[float], accuracies: list[float]) -> list[int]:
    """The upper convex hull of the front."""
    hull: list[int] = []
    for i in _right(costs, accuracies):
        while len(hull) > 1 and _turns_up(hull[-2], hull[-1], i, costs, accuracies):
            hull.pop()
        hull.append(i)
    return hull


def _turns_up(a: int, b: int, c: int, costs: list[float], accuracies: list[float]) -> bool:
    first = (accuracies[b] - accuracies[a]) * (costs[c] - costs[a])
    return first < (accuracies[c] - accuracies[a]) * (costs[b] - costs[a])


def _by_index(costs: list[float], accuracies: list[float]) -> list[int]:
    return sorted(_right(costs, accuracies))


def _dearest_first(costs: list[float], accuracies: list[float]) -> list[int]:
    return sorted(_right(costs, accuracies), key=lambda i: (-costs[i], i))


def _one_of_equals(costs: list[float], accuracies: list[float]) -> list[int]:
    first: dict[tuple[float, float], int] = {}
    for i in _right(costs, accuracies):
        first.setdefault((costs[i], accuracies[i]), i)
    return list(first.values())


def _unchecked(costs: Numbers, accuracies: Numbers) -> list[int]:
    count = min(len(costs), len(accuracies))
    return _right(list(costs[:count]), list(accuracies[:count]))


EXERCISE = Exercise(
    lesson="02_pretrained_models",
    reference=pareto_front,
    probe=probes.pareto_front,
    cases=_cases,
    properties=(
        Property(
            "It keeps what nothing dominates, and nothing else.",
            2,
            ("indices, sorted", "costs and accuracies are left alone"),
            cases=(0, 4, 5, 6),
        ),
        Property("The cheapest comes first.", 1, ("indices",), cases=(0,)),
        Property(
            "Of equal costs the most accurate stay, and of equal accuracies the cheapest.",
            1,
            ("indices",),
            cases=(1, 2),
        ),
        Property(
            "Networks that are equal in both all stay, in the order of their indices.", 1, ("indices",), cases=(3,)
        ),
        Property(
            "Unequal numbers, none, and what is not finite are a ValueError.", 1, ("indices",), cases=(7, 8, 9, 10)
        ),
    ),
    misconceptions=(
        Misconception(
            "strictly-better-in-both",
            _checked(_undominated(lambda cost, accuracy, of, than: cost < of and accuracy > than)),
            "With you, a network only falls if another is better in both. One that costs the same and is less accurate "
            "is not worth considering either: one strict difference is enough.",
        ),
        Misconception(
            "equals-dominate-each-other",
            _checked(
                lambda costs, accuracies: sorted(
                    (
                        i
                        for i in range(len(costs))
                        if not any(
                            costs[j] <= costs[i] and accuracies[j] >= accuracies[i] for j in range(len(costs)) if j != i
                        )
                    ),
                    key=lambda i: (costs[i], i),
                )
            ),
            "Two equal networks throw each other out, and nothing remains of them. To dominate, one must be strictly "
            "better in something.",
        ),
        Misconception(
            "one-of-equals",
            _checked(_one_of_equals),
            "Of networks that are equal in both you keep the first alone. None of them dominates another: all stay.",
        ),
        Misconception(
            "equal-accuracy-stays",
            _checked(lambda c, a: _running_best(c, a, ties=True, both=True)),
            "You keep networks that cost more for the same accuracy. Walking from the cheapest on, a network has to be "
            "more accurate than the best so far, or equal to it in cost too.",
        ),
        Misconception(
            "ties-in-cost-by-chance",
            _checked(lambda c, a: _running_best(c, a, ties=False, both=False)),
            "Sorted by cost alone, equal costs stand in any order, and a less accurate one may come first and be kept. "
            "What should decide between equal costs?",
        ),
        Misconception(
            "dearest-wins",
            _checked(_dearest_wins),
            "You treat a high cost as a good thing. Cost should be low, accuracy high.",
        ),
        Misconception(
            "best-ratio",
            _checked(_best_ratio),
            "You rank by accuracy per cost. A front knows no exchange rate between the two: it keeps every network "
            "that some budget would choose.",
        ),
        Misconception(
            "convex-hull",
            _checked(_hull),
            "You keep the corners of the convex hull. A network below the straight line between two others can still "
            "be the best that a budget affords.",
        ),
        Misconception(
            "by-index",
            _checked(_by_index),
            "The right networks, in the order of the table. The cheapest should come first.",
        ),
        Misconception(
            "dearest-first", _checked(_dearest_first), "The right networks, backwards: the cheapest should come first."
        ),
        Misconception(
            "best-begins-at-zero",
            _checked(_best_above_zero),
            "Your best accuracy so far begins at 0, and what lies below zero can never beat it. Begin below every "
            "number, at −infinity, or at the first network.",
        ),
        Misconception(
            "unchecked",
            _unchecked,
            "All is right until the lists do not fit. Two lists of unequal length, or a nan, which compares as false "
            "with everything, give an answer that means nothing: check before you compare.",
        ),
    ),
    difficulty=2,
    minutes=15,
    hints=(
        "Say in words when network j makes network i superfluous. It takes three comparisons, one of them strict. Then "
        "keep every i that no j makes superfluous.",
        "The double loop is short: keep i if not any(costs[j] <= costs[i] and accuracies[j] >= accuracies[i] and "
        "(costs[j], accuracies[j]) != (costs[i], accuracies[i]) for j …). Sort what is kept by (cost, index). "
        "math.isfinite finds what cannot be compared.",
    ),
)
