"""Exercise: the learning-rate range test."""

import itertools
import math
from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.exercises.lesson05 import range_test_mistakes as mistakes
from autograder.probes import lesson05 as probes
from lib.range_test import lr_range_test


def _cases(seed: int) -> list[Case]:
    generator = seeded(seed)

    def case(words: str, count: int, sgd: bool = True, mode: bool = True, broken: int = 0, **arguments: float) -> Case:
        labels = torch.randint(3, (count,), generator=generator)
        images = torch.randn(count, 4, generator=generator) + 2 * F.one_hot(labels, 4)
        images[:broken] = math.nan
        inputs = {"seed": seed, "images": images, "labels": labels, "mode": mode, "sgd": sgd}
        return Case(words, inputs | arguments)

    return [
        case("9 steps from 0.001 to 0.1, 8 of 20 rows at a time", 20, lowest=1e-3, highest=0.1, steps=9, batch_size=8),
        case("a network in evaluation mode, AdamW, 5 rows, 7 steps", 5, sgd=False, mode=False, highest=0.01, steps=7),
        case("30 steps from 0.01 to 10,000, which no loss survives", 20, lowest=1e-2, highest=1e4, steps=30),
        case("40 steps on 20 rows, one of which holds NaN", 20, broken=1, highest=0.1, steps=40, batch_size=2),
        Case(
            "80 steps of a single row; one row in ten has another class's label",
            _mislabelled(seed, _telling_draw(seed)),
        ),
    ]


def _mislabelled(seed: int, draw: int) -> dict[str, Any]:
    """Rows that are learnt until the one with a wrong label comes up."""
    generator = seeded(1000 * seed + draw)
    labels = torch.randint(3, (10,), generator=generator)
    images = 0.5 * torch.randn(10, 4, generator=generator) + 4 * F.one_hot(labels, 4)
    labels[0] = (labels[0] + 1) % 3
    inputs = {"seed": seed, "images": images, "labels": labels, "mode": True, "sgd": True}
    return inputs | {"lowest": 0.3, "highest": 1.0, "steps": 80, "batch_size": 1}


@lru_cache(maxsize=4)
def _telling_draw(seed: int) -> int:
    """Which draw is the first on which it makes a difference whether a loss is held against the first or the lowest."""
    return next(draw for draw in itertools.count() if _tells(_mislabelled(seed, draw)))


def _tells(inputs: dict[str, Any]) -> bool:
    tests, device = (lr_range_test, mistakes.OF_THE_FIRST), torch.device("cpu")
    ends, goes_on = (len(probes.lr_range_test(test, device, **inputs)["losses"]) for test in tests)
    return 10 < ends < goes_on


EXERCISE = Exercise(
    lesson="05_learning_rates",
    reference=lr_range_test,
    probe=probes.lr_range_test,
    cases=_cases,
    properties=(
        Property("The rates rise by a constant factor from lowest to highest.", 1, ("rates",), cases=(0, 1)),
        Property(
            "Each loss is that of a step in training mode, smoothed, its start corrected.",
            2,
            ("first loss", "losses", "it tests in training mode"),
            cases=(0, 1),
            relative=1e-3,
        ),
        Property("The test ends early when the loss has exploded.", 1, ("how many rates and losses",), cases=(2, 3, 4)),
        Property(
            "The model keeps its weights, its modes and its gradients.",
            1,
            (
                "how many rates and losses",
                "parameters of the model that moved",
                "the model's modes are left alone",
                "the model's gradients are left alone",
            ),
            cases=(0, 1),
        ),
    ),
    misconceptions=(
        Misconception(
            "linear",
            mistakes.With(mistakes.linear),
            "Your rates rise by a constant amount. From 10⁻⁶ to 1, nearly all of them would lie above 0.01: let each "
            "be a constant multiple of the one before.",
        ),
        Misconception(
            "never-there",
            mistakes.With(mistakes.never_there),
            "Your last rate is not `highest`: of `steps` rates, counted from 0, the last has t = steps − 1.",
        ),
        Misconception(
            "start-not-corrected",
            mistakes.With(corrected=False),
            "Your average begins at 0 and is not corrected for it: the first losses look ten times too small. Divide "
            "by 1 − 0.9^(t+1).",
        ),
        Misconception(
            "not-smoothed",
            mistakes.With(smoothing=0.0),
            "These are raw losses. From batch to batch they jump so much that the lowest is an accident.",
        ),
        Misconception(
            "weights-swapped",
            mistakes.With(smoothing=0.1),
            "You weigh the new loss with 0.9 and the past with 0.1. The other way round it becomes smooth.",
        ),
        Misconception(
            "never-stops",
            mistakes.With(explodes=math.inf),
            "Your test goes on after the loss has exploded: what comes then tells nothing, and costs time.",
        ),
        Misconception(
            "of-the-first",
            mistakes.OF_THE_FIRST,
            "You compare with the first loss. The contract compares with the lowest so far: a loss that has fallen to "
            "a tenth and rises again to half has exploded.",
        ),
        Misconception(
            "last-one-dropped",
            mistakes.With(recorded=False),
            "You stop in time, but leave the exploded loss out. The contract records it, so that a reader sees why "
            "the curve ends.",
        ),
        Misconception(
            "in-place",
            mistakes.With(in_place=True),
            "You test on the model itself. The last rates have thrown its weights away: test on a deep copy.",
        ),
        Misconception(
            "restores-weights-only",
            mistakes.restores_nothing_but_weights,
            "You put the weights back, and leave the model in another mode or without its gradients. A deep copy "
            "leaves everything as it was.",
        ),
        Misconception(
            "evaluation-mode",
            mistakes.With(mode=False),
            "You test in evaluation mode, without dropout, on running statistics. Training will not be like that.",
        ),
        Misconception(
            "gradients-pile-up",
            mistakes.With(cleared=False),
            "Your gradients are never cleared: each step adds to those before. zero_grad belongs before backward.",
        ),
        Misconception(
            "one-step-late",
            mistakes.With(late=True),
            "You record one rate and step with the one before: the curve is shifted. Set the rate before the step.",
        ),
        Misconception(
            "loss-after-the-step",
            mistakes.With(after=True),
            "Your losses are taken after the step, on the very batch that it was fitted to. The contract takes them "
            "before.",
        ),
        Misconception(
            "each-row-once",
            mistakes.With(replaced=False),
            "Your batches hold no row twice, as randperm deals them. The contract draws them by torch.randint.",
        ),
        Misconception(
            "nan-goes-on",
            mistakes.With(nan_ends=False),
            "Your test goes on when the loss is no number: NaN is not above anything. Ask `not loss <= …` instead.",
        ),
        Misconception(
            "own-draws",
            mistakes.With(own_draws=True),
            "Your batches are not drawn from `generator`: the same call gives another curve each time.",
        ),
    ),
    difficulty=3,
    minutes=25,
    hints=(
        "Write the loop without smoothing and without an end first: deep copy, training mode, optimiser; then for "
        "each t the rate, the rows, loss, zero_grad, backward, step. optimiser.param_groups[0]['lr'] sets a rate.",
        "Before the loop: rates, losses, v = [], [], 0.0. In it, after the step: v = 0.9 · v + 0.1 · loss.item(), "
        "append v / (1 − 0.9 ** (t + 1)), and break if that is not <= 4 · min(losses): written so, NaN ends it too. "
        "Return RangeTest(tuple(rates), tuple(losses)).",
    ),
)
