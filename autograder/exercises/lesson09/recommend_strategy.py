"""Exercise: the rule of thumb as a function."""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson09 as probes
from lib.strategies import Recommendation, recommend_strategy

_LIMITS = (1_000, 10_000, 100_000)


def _cases(seed: int) -> list[Case]:
    shares = (0.1 + 0.8 * torch.rand(4, generator=seeded(seed))).tolist()
    ranges = zip((1, *_LIMITS), (*_LIMITS, 2_000_000), shares, strict=True)
    inside = [int(low + (high - low) * share) for low, high, share in ranges]
    edges = [limit + step for limit in _LIMITS for step in (-1, 0)]

    def asked(domain: str, compute: str, sizes: Sequence[int]) -> dict[str, Any]:
        return {"cases": [{"images": size, "domain": domain, "compute": compute} for size in sizes]}

    return [
        Case("a similar domain, from few images to many", asked("similar", "plenty", inside)),
        Case("a distant domain, from few images to many", asked("distant", "plenty", inside)),
        Case("little compute, similar domain", asked("similar", "little", inside)),
        Case("little compute, distant domain", asked("distant", "little", inside)),
        Case("999, 1,000, 9,999, 10,000, 99,999 and 100,000 images", asked("similar", "plenty", edges)),
        Case("the same, distant domain", asked("distant", "plenty", edges)),
        Case("nothing but the number of images", {"cases": [{"images": size} for size in inside]}),
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------

_SIMILAR = ("extraction", "partial", "full", "full")
_DISTANT = ("gradual", "gradual", "full", "scratch")
_LITTLE = ("extraction", "partial", "partial", "partial")


def _row(images: int) -> int:
    return sum(images >= limit for limit in _LIMITS)


def _with(
    similar: Sequence[str] = _SIMILAR,
    distant: Sequence[str] = _DISTANT,
    little: Sequence[str] | None = _LITTLE,
    *,
    row: Callable[[int], int] = _row,
    domain: str = "similar",
    compute: str = "plenty",
) -> Callable[..., Recommendation]:
    """The table with other columns, another way to find the row, other defaults. little: None where it is not asked."""

    def recommend(images: int, domain: str = domain, compute: str = compute) -> Recommendation:
        column = similar if domain == "similar" else distant
        if compute == "little" and little is not None:
            column = little
        return Recommendation(column[row(images)], "as the table says")

    return recommend


def _bare(images: int, domain: Any = "similar", compute: Any = "plenty") -> str:
    return recommend_strategy(images, domain, compute).strategy


EXERCISE = Exercise(
    lesson="09_strategy_comparison",
    reference=recommend_strategy,
    probe=probes.recommend_strategy,
    cases=_cases,
    properties=(
        Property("With plenty of compute, the domain decides the column.", 2, ("strategies",), cases=(0, 1)),
        Property("With little compute, the last column holds, whatever the domain.", 1, ("strategies",), cases=(2, 3)),
        Property("At 1,000, 10,000 and 100,000 images a new row begins.", 1, ("strategies",), cases=(4, 5)),
        Property("A similar domain and plenty of compute are taken for granted.", 1, ("strategies",), cases=(6,)),
        Property("A reason comes with each strategy.", 1, ("each with a reason in words",), cases=(0, 1, 2, 3)),
    ),
    misconceptions=(
        Misconception(
            "one-too-late",
            _with(row=lambda images: sum(images > limit for limit in _LIMITS)),
            "At exactly 1,000 images you are still in the row of fewer than 1,000.",
        ),
        Misconception(
            "columns-exchanged",
            _with(_DISTANT, _SIMILAR, domain="distant"),
            "You have exchanged similar and distant. Where the domain is similar, the features may stay.",
        ),
        Misconception(
            "compute-ignored",
            _with(little=None),
            "You do not ask how much compute there is. With little, full fine-tuning is out of reach, whatever the "
            "domain.",
        ),
        Misconception(
            "always-extraction-on-little",
            _with(little=("extraction",) * 4),
            "With little compute you always recommend extraction. From 1,000 images on the last stages open.",
        ),
        Misconception(
            "never-from-scratch",
            _with(distant=("gradual", "gradual", "full", "full")),
            "From 100,000 images of a distant domain on, the table begins anew.",
        ),
        Misconception(
            "scratch-for-similar-too",
            _with(similar=("extraction", "partial", "full", "scratch")),
            "With many images of a *similar* domain a good start is still worth keeping: from scratch is for distant "
            "ones.",
        ),
        Misconception(
            "little-by-default",
            _with(compute="little"),
            "Without a word about compute you assume little. The signature says what is taken for granted.",
        ),
        Misconception(
            "no-reason",
            _bare,
            "You return the strategy's name alone. The contract asks for a Recommendation: the name, and a reason in "
            "a sentence.",
        ),
    ),
    difficulty=1,
    minutes=10,
    hints=(
        "The table has four rows and three columns. Which of the arguments decides the column, and which the row?",
        'Ask for compute first: with "little" the domain does not matter. The row is how many of the three limits '
        "`images` has reached. A dictionary of columns, each a tuple of four names, is enough.",
    ),
)
