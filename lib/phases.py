"""The phases of a fine-tuning run: what learns in each, at which rates, and the best weights, put back after each.

`fine_tune_two_phase` is the run's bones, with an epoch's training and its validation left to the caller. `lib.pipeline`
opens phases and copies weights by this page's own functions; around them it resumes, caches, averages and reports.
"""

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from lib.batchnorm import keep_batchnorm_frozen
from lib.freezing import freeze_until, unfreeze
from lib.learning_rates import cosine_with_warmup, parameter_groups
from lib.plan import Phase, two_phases
from lib.stages import stages

Schedule = torch.optim.lr_scheduler.LRScheduler
Row = tuple[int, float, float]


def fine_tune_two_phase(
    model: nn.Module,
    train: Callable[[torch.optim.Optimizer, Schedule], float],
    validate: Callable[[], float],
    steps: int,
    *,
    first: int = 5,
    second: int = 10,
    rate: float = 1e-3,
    decay: float = 0.5,
    patience: int | None = None,
) -> list[Row]:
    """Fine-tune `model` in place, in two phases; it ends with the weights that validated best, in evaluation mode.

    Phase 0, of `first` epochs: the head and the stage below it learn; all earlier ones are frozen. Phase 1, of
    `second` epochs: every stage learns. The head's rate is `rate` in phase 0 and rate/10 in phase 1; every earlier
    stage's is `decay` times the next one's (`parameter_groups`). In both, norms keep their source statistics
    (`keep_batchnorm_frozen`), and the optimiser is a new AdamW with weight decay 0.01, but none on biases and norms.
    Its schedule, a new one too, multiplies every rate by (1 + cos(π·t/T))/2 after t of the phase's T = epochs · steps.

    An epoch is `train(optimiser, schedule)`, which makes `steps` steps of each and returns the training loss, then
    `validate()`, the accuracy. Whenever that is higher than all before it, in either phase, weights and statistics are
    copied (of equal ones the first counts); at the end of each phase the copy is put back. patience: a phase ends
    earlier, once its own best accuracy is so many epochs old; None for never.

    Returns one row (phase, training loss, accuracy) for each epoch. Raises ValueError for fewer than one epoch in a
    phase.

    Example:
        >>> model, scores = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2)), iter([0.5, 0.8, 0.7])
        >>> fine_tune_two_phase(model, lambda *_: 1.0, lambda: next(scores), steps=1, first=1, second=2)
        [(0, 1.0, 0.5), (1, 1.0, 0.8), (1, 1.0, 0.7)]
    """
    highest, best, rows = -math.inf, copy_of_weights(model), list[Row]()
    for number, phase in enumerate(two_phases(first, second, rate, decay)):
        open_phase(model, phase)
        optimiser = torch.optim.AdamW(parameter_groups(model, phase.rate, phase.decay, weight_decay=0.01))
        factor = partial(cosine_with_warmup, steps=phase.epochs * steps, warmup=0)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, factor)
        own, age = -math.inf, 0
        for _ in range(phase.epochs):
            rows.append((number, train(optimiser, schedule), validate()))
            accuracy = rows[-1][2]
            if accuracy > highest:
                highest, best = accuracy, copy_of_weights(model)
            own, age = (accuracy, 0) if accuracy > own else (own, age + 1)
            if patience and age >= patience:
                break
        model.load_state_dict(best)
    model.eval()
    return rows


def open_phase(model: nn.Module, phase: Phase, frozen_norms: bool = True) -> None:
    """Freeze what `phase` leaves alone and unfreeze the rest, in place; frozen_norms: norms keep their statistics.

    Example:
        >>> model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
        >>> open_phase(model, Phase(epochs=1, rate=1e-3, stages=1))
        >>> [parameter.requires_grad for parameter in model.parameters()]
        [False, False, True, True]
    """
    unfreeze(model)
    freeze_until(model, list(stages(model))[0 if phase.stages is None else -phase.stages])
    if frozen_norms:
        keep_batchnorm_frozen(model)


def copy_of_weights(network: nn.Module) -> dict[str, Tensor]:
    """Copies of all weights and statistics, by name, which training does not reach; for `load_state_dict`.

    Example:
        >>> norm = nn.BatchNorm1d(1)
        >>> before = copy_of_weights(norm)
        >>> _ = norm(torch.ones(2, 1))
        >>> before["running_mean"].item(), round(norm.running_mean.item(), 2)
        (0.0, 0.1)
    """
    return {name: value.detach().clone() for name, value in network.state_dict().items()}
