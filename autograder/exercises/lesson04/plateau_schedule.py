"""Exercise: when the next stage is due, if the loss is to say so."""

from collections.abc import Callable, Sequence

import torch

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson04 as probes
from lib.unfreezing import plateau_schedule

_UNIT = 1 / 64  # losses and thresholds are whole multiples of it: no verdict hangs on rounding


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, losses: Sequence[int], patience: int, threshold: int = 0) -> Case:
        offset = int(torch.randint(64, (), generator=generator))
        drawn = [_UNIT * (loss + offset) for loss in losses]
        return Case(words, {"losses": drawn, "patience": patience, "threshold": _UNIT * threshold})

    return [
        case("losses that fall and rise again, patience 2", (640, 480, 512, 544, 320, 352, 384, 160), 2),
        case("a loss that never falls, patience 3", (320, 384, 352, 448, 416, 480, 512, 576, 544, 640), 3),
        case("better losses between worse ones, patience 3", (640, 672, 704, 480, 512, 544, 416, 448, 608), 3),
        case("losses that fall after a jump, patience 2", (320, 640, 576, 512, 448, 384, 352, 256), 2),
        case("small steps, threshold 1/8, patience 2", (64, 60, 56, 52, 48, 44, 40, 39, 38, 37, 36), 2, 8),
        case("steps as large as the threshold 1/8, patience 1", (64, 56, 55, 47, 46, 38, 30), 1, 8),
        case("large losses, threshold 1/8, patience 2", (6400, 6380, 6360, 6340, 6360, 6355, 6350), 2, 8),
        case("three losses alike, patience 1", (32, 32, 32), 1),
    ]


# ---- misconceptions: the reference, with one thing wrong ------------------------------------------------------------

Schedule = Callable[..., int]


def _counting(
    improves: Callable[[float, float, float], bool] = lambda loss, mark, threshold: loss < mark - threshold,
    *,
    mark_after: Callable[[float, float, bool], float] = lambda mark, loss, better: loss if better else mark,
    mark_at_plateau: Callable[[float, float], float] = lambda mark, _: mark,
    starts_again: bool = True,
    in_a_row: bool = True,
    late: int = 0,
    most: float = float("inf"),
) -> Schedule:
    def schedule(losses: Sequence[float], patience: int = 2, threshold: float = 1e-3) -> int:
        mark, waited, plateaus = float("inf"), 0, 0
        for loss in losses:
            better = improves(loss, mark, threshold)
            mark = mark_after(mark, loss, better)
            waited = (0 if in_a_row else waited) if better else waited + 1
            if waited >= patience + late and not better:
                plateaus += 1
                waited = 0 if starts_again else waited
                mark = mark_at_plateau(mark, loss)
        return int(min(plateaus, most))

    return schedule


def _since_the_last(losses: Sequence[float], patience: int = 2, threshold: float = 1e-3) -> int:
    """Whether there is a plateau just now, not how many there were."""
    before = plateau_schedule(losses[:-1], patience, threshold) if losses else 0
    return plateau_schedule(losses, patience, threshold) - before


EXERCISE = Exercise(
    lesson="04_fine_tuning_strategies",
    reference=plateau_schedule,
    probe=probes.plateau_schedule,
    cases=_cases,
    properties=(
        Property(
            "Every `patience` epochs in a row without improvement are a plateau, from the first epoch on.",
            2,
            ("stages due after 0, 1, 2, … epochs", "losses are left alone"),
            cases=(0, 1, 7),
        ),
        Property(
            "An improvement begins the row anew; what counts is the mark, not the epoch before.",
            1,
            ("stages due after 0, 1, 2, … epochs",),
            cases=(2, 3),
        ),
        Property(
            "An improvement is more than `threshold` below the mark; smaller steps add up.",
            1,
            ("stages due after 0, 1, 2, … epochs",),
            cases=(4, 5, 6),
        ),
    ),
    misconceptions=(
        Misconception(
            "against-the-epoch-before",
            _counting(mark_after=lambda _mark, loss, _better: loss),
            "You compare each loss with the one before it. After a jump every small step down then looks like an "
            "improvement, although the run is worse than it has been.",
        ),
        Misconception(
            "mark-forgotten",
            _counting(mark_at_plateau=lambda _mark, _loss: float("inf")),
            "After a plateau you forget how good the loss has been, and the next epoch improves whatever it brings. "
            "The counting begins again; the mark stays.",
        ),
        Misconception(
            "counting-goes-on",
            _counting(starts_again=False),
            "After the first plateau every further epoch opens a stage: the count of epochs has to begin again at "
            "zero.",
        ),
        Misconception(
            "one-epoch-late",
            _counting(late=1),
            "You wait for one epoch more than `patience`. (torch's ReduceLROnPlateau does; this contract does not.)",
        ),
        Misconception(
            "not-in-a-row",
            _counting(in_a_row=False),
            "You add up all epochs without improvement. The row is broken by one that improves.",
        ),
        Misconception(
            "threshold-ignored",
            _counting(lambda loss, mark, _: loss < mark),
            "Where does `threshold` enter? A loss that creeps down by a hair is a plateau.",
        ),
        Misconception(
            "threshold-relative",
            _counting(lambda loss, mark, threshold: loss < mark * (1 - threshold)),
            "Your threshold is a share of the mark. It is meant as a difference: the loss must be below mark − "
            "threshold.",
        ),
        Misconception(
            "equal-counts",
            _counting(lambda loss, mark, threshold: loss <= mark - threshold),
            "A loss of exactly mark − threshold counts as an improvement in yours; so does an equal one at threshold "
            "0. It must be more.",
        ),
        Misconception(
            "mark-follows-the-minimum",
            _counting(mark_after=lambda mark, loss, _: min(mark, loss)),
            "Your mark goes down with every lower loss, however little. Then a run that falls in small steps never "
            "improves. The mark is the loss of the last epoch that improved.",
        ),
        Misconception(
            "one-at-most",
            _counting(most=1),
            "Yours ends after the first plateau. There are more stages than one: count all plateaus.",
        ),
        Misconception(
            "just-now",
            _since_the_last,
            "You return how many stages to open now. Asked for is how many are due in all, since the first epoch.",
        ),
    ),
    difficulty=2,
    minutes=15,
    hints=(
        "Walk through the losses once with three numbers in hand: the mark, how many epochs you have waited, how many "
        "plateaus there were. The mark begins at infinity.",
        "If loss < mark − threshold: the mark is the loss, and you have waited 0. Otherwise you have waited one more; "
        "if that makes `patience`, count a plateau and wait from 0 again.",
    ),
)
