"""Exercise: the learning-rate range test."""

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from autograder.exercise import Case, Exercise, Misconception, Property, seeded
from autograder.probes import lesson05 as probes
from lib.range_test import RangeTest, lr_range_test


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
    ]


# ---- misconceptions -----------------------------------------------------------------------------------------------

Rate = Callable[[int, int, float, float], float]


def _geometric(step: int, steps: int, lowest: float, highest: float) -> float:
    return float(lowest * (highest / lowest) ** (step / (steps - 1)))


def _linear(step: int, steps: int, lowest: float, highest: float) -> float:
    return lowest + (highest - lowest) * step / (steps - 1)


def _never_there(step: int, steps: int, lowest: float, highest: float) -> float:
    return float(lowest * (highest / lowest) ** (step / steps))


def _drawn(count: int, size: int, generator: torch.Generator | None) -> Tensor:
    return torch.randint(count, (min(size, count),), generator=generator)


def _dealt(count: int, size: int, generator: torch.Generator | None) -> Tensor:
    return torch.randperm(count, generator=generator)[:size]


@dataclass(frozen=True)
class _With:
    """The test with one thing done otherwise."""

    rate: Rate = _geometric
    smoothing: float = 0.9
    corrected: bool = True
    explodes: float = 4.0
    recorded: bool = True
    in_place: bool = False
    mode: bool = True
    cleared: bool = True
    late: bool = False
    after: bool = False
    own_draws: bool = False
    replaced: bool = True
    nan_ends: bool = True

    def __call__(
        self,
        model: nn.Module,
        images: Tensor,
        labels: Tensor,
        *,
        lowest: float = 1e-6,
        highest: float = 1.0,
        steps: int = 60,
        batch_size: int = 32,
        generator: torch.Generator,
        optimiser: Callable[..., torch.optim.Optimizer] = torch.optim.AdamW,
    ) -> RangeTest:
        """What it finds."""
        trial = (model if self.in_place else copy.deepcopy(model)).train(self.mode)
        stepper = optimiser([p for p in trial.parameters() if p.requires_grad], lr=lowest)
        rates, losses, average = list[float](), list[float](), 0.0
        for step in range(steps):
            rates.append(self.rate(step, steps, lowest, highest))
            stepper.param_groups[0]["lr"] = [lowest, *rates][-2 if self.late else -1]
            rows = (_drawn if self.replaced else _dealt)(len(images), batch_size, None if self.own_draws else generator)
            value = self._step(trial, stepper, images[rows], labels[rows])
            average = self.smoothing * average + (1 - self.smoothing) * value
            smoothed = average / (1 - self.smoothing ** (step + 1)) if self.corrected else average
            exploded = not smoothed <= self.explodes * min([*losses, smoothed])
            exploded &= self.nan_ends or not math.isnan(smoothed)
            losses += [smoothed] if self.recorded or not exploded else []
            if exploded:
                break
        return RangeTest(tuple(rates[: len(losses)]), tuple(losses))

    def _step(self, trial: nn.Module, stepper: torch.optim.Optimizer, images: Tensor, labels: Tensor) -> float:
        loss = F.cross_entropy(trial(images), labels)
        if self.cleared:
            stepper.zero_grad()
        loss.backward()
        stepper.step()
        return F.cross_entropy(trial(images), labels).item() if self.after else loss.item()


def _restores_nothing_but_weights(model: nn.Module, *arguments: Any, **named: Any) -> RangeTest:
    """Trains the model itself and puts the weights back, but neither modes nor gradients."""
    state = copy.deepcopy(model.state_dict())
    found = _With(in_place=True)(model, *arguments, **named)
    model.load_state_dict(state)
    return found


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
        Property("The test ends early when the loss has exploded.", 1, ("how many rates and losses",), cases=(2, 3)),
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
            _With(_linear),
            "Your rates rise by a constant amount. From 10⁻⁶ to 1, nearly all of them would lie above 0.01: let each "
            "be a constant multiple of the one before.",
        ),
        Misconception(
            "never-there",
            _With(_never_there),
            "Your last rate is not `highest`: of `steps` rates, counted from 0, the last has t = steps − 1.",
        ),
        Misconception(
            "start-not-corrected",
            _With(corrected=False),
            "Your average begins at 0 and is not corrected for it: the first losses look ten times too small. Divide "
            "by 1 − 0.9^(t+1).",
        ),
        Misconception(
            "not-smoothed",
            _With(smoothing=0.0),
            "These are raw losses. From batch to batch they jump so much that the lowest is an accident.",
        ),
        Misconception(
            "weights-swapped",
            _With(smoothing=0.1),
            "You weigh the new loss with 0.9 and the past with 0.1. The other way round it becomes smooth.",
        ),
        Misconception(
            "never-stops",
            _With(explodes=math.inf),
            "Your test goes on after the loss has exploded: what comes then tells nothing, and costs time.",
        ),
        Misconception(
            "last-one-dropped",
            _With(recorded=False),
            "You stop in time, but leave the exploded loss out. The contract records it, so that a reader sees why "
            "the curve ends.",
        ),
        Misconception(
            "in-place",
            _With(in_place=True),
            "You test on the model itself. The last rates have thrown its weights away: test on a deep copy.",
        ),
        Misconception(
            "restores-weights-only",
            _restores_nothing_but_weights,
            "You put the weights back, and leave the model in another mode or without its gradients. A deep copy "
            "leaves everything as it was.",
        ),
        Misconception(
            "evaluation-mode",
            _With(mode=False),
            "You test in evaluation mode, without dropout, on running statistics. Training will not be like that.",
        ),
        Misconception(
            "gradients-pile-up",
            _With(cleared=False),
            "Your gradients are never cleared: each step adds to those before. zero_grad belongs before backward.",
        ),
        Misconception(
            "one-step-late",
            _With(late=True),
            "You record one rate and step with the one before: the curve is shifted. Set the rate before the step.",
        ),
        Misconception(
            "loss-after-the-step",
            _With(after=True),
            "Your losses are taken after the step, on the very batch that it was fitted to. The contract takes them "
            "before.",
        ),
        Misconception(
            "each-row-once",
            _With(replaced=False),
            "Your batches hold no row twice, as randperm deals them. The contract draws them by torch.randint.",
        ),
        Misconception(
            "nan-goes-on",
            _With(nan_ends=False),
            "Your test goes on when the loss is no number: NaN is not above anything. Ask `not loss <= …` instead.",
        ),
        Misconception(
            "own-draws",
            _With(own_draws=True),
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
