"""Fine-tuning from end to end: one call, two phases, and every part that such a run needs.

    model = replace_head(load_backbone("resnet10"), classes=10)
    history = fine_tune(model, task.train, task.validation, prepare=preprocessing("resnet10"))

`lib.plan` says what can be asked for, `lib.phases` what learns when and the bones of the run, `lib.feed` where batches
come from, `lib.optimisation` what happens at a step.
"""

import hashlib
import math
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from lib import distributed
from lib.checkpoints import load_checkpoint, save_checkpoint
from lib.datasets.task import Split
from lib.epochs import EarlyStopping, evaluate
from lib.feed import Feed, seed_of
from lib.learning_rates import parameter_groups
from lib.optimisation import Optimisation
from lib.phases import copy_of_weights, open_phase
from lib.plan import Epoch, History, Phase, Plan
from lib.stages import stages


def fine_tune(
    model: nn.Module,
    train: Split,
    validation: Split,
    plan: Plan | None = None,
    *,
    prepare: Callable[[Tensor], Tensor],
    checkpoint: Path | str | None = None,
    report: Callable[[Epoch], object] | None = None,
) -> History:
    """Train `model`, which has its new head, as `plan` says; it ends with the weights that validated best.

    In place, on the model's device; returns the history of all epochs. Every phase begins at the best weights so far;
    of equally good ones the first. prepare: makes of float images in [0, 1] what the network expects
    (`lib.backbones.preprocessing`). checkpoint: a file that is written whole after every epoch; if it is there, the run
    goes on where it stood, and on the CPU it ends with the same weights to the bit as one that was never stopped.
    report: called after every epoch. The global random state is left as it is; the model is left in evaluation mode,
    frozen as the last phase had it.

    Under `torchrun`, every process trains on its share of each batch (`lib.distributed`); the first writes checkpoints.
    Raises ValueError for a split without images, for a phase with more stages than the model has, and for a checkpoint
    that is damaged or of another run; FloatingPointError where the training loss of an epoch is not finite: the model
    then has the best weights so far, and the checkpoint is that of the epoch before.

    Example:
        >>> data = Split(torch.rand(6, 3, 8, 8), torch.arange(6) % 2)
        >>> model = nn.Sequential(nn.Flatten(), nn.Linear(192, 4), nn.Linear(4, 2))
        >>> plan = Plan((Phase(epochs=1, rate=0.01, stages=1), Phase(epochs=2, rate=0.01)))
        >>> history = fine_tune(model, data, data, plan, prepare=lambda images: images - 0.5)
        >>> [(epoch.phase, epoch.epoch) for epoch in history.epochs]
        [(0, 0), (1, 0), (1, 1)]
    """
    plan, device = plan or Plan(), next(model.parameters()).device
    train, validation = (Split(split.images.to(device), split.labels.to(device)) for split in (train, validation))
    _check(model, train, validation, plan)
    if plan.channels_last:
        model.to(memory_format=torch.channels_last)
    fingerprint = "" if checkpoint is None else _fingerprint(model, train, validation, plan)  # it reads all data
    run = _Run(model, checkpoint, fingerprint)
    for number, phase in enumerate(plan.phases):
        if number >= run.phase:
            open_phase(model, phase, frozen_norms=plan.frozen_norms)
            _train_phase(run, phase, Feed(model, train, validation, plan, prepare, number), report)
    return run.history


def _train_phase(run: "_Run", phase: Phase, feed: Feed, report: Callable[[Epoch], object] | None) -> None:
    """Train for the epochs that are left of the phase, keep the best weights, and put them back at the end."""
    plan, number = feed.plan, feed.number
    groups = parameter_groups(run.model, phase.rate, phase.decay, weight_decay=plan.weight_decay)
    steps = phase.epochs * math.ceil(len(feed.train) / plan.batch_size)
    optimisation = Optimisation(feed.network, groups, plan, steps)
    stopping = EarlyStopping(plan.patience or phase.epochs)
    for epoch in range(run.resume(number, feed.note, optimisation, stopping), phase.epochs):
        begun = time.perf_counter()
        with _dropout_from(seed_of(plan.seed, number, epoch)):
            loss = optimisation.epoch(feed.batches(epoch))
        if not math.isfinite(loss):
            run.restore_best()
            raise FloatingPointError(f"phase {number}, epoch {epoch}: expected a finite loss, got {loss}. {_HINT}")
        scores = evaluate(optimisation.validated, feed.validation_batches())
        seconds = time.perf_counter() - begun
        done = Epoch(number, epoch, loss, scores.loss, scores.accuracy, optimisation.rate, seconds, feed.cached)
        run.note(done, optimisation.validated)
        stops = stopping.step(scores.accuracy)
        run.save(number, phase.epochs if stops else epoch + 1, optimisation, stopping)
        if report is not None:
            report(done)
        if stops:
            break
    run.restore_best()


_HINT = "A lower rate, a lower clip_norm, or a plan without mixed precision may help."


class _Run:
    """The history and the best weights so far, and the checkpoint that holds them."""

    def __init__(self, model: nn.Module, checkpoint: Path | str | None, fingerprint: str) -> None:
        self.model, self.fingerprint = model, fingerprint
        self.path = None if checkpoint is None else Path(checkpoint)
        self.history, self.best, self.score = History(), copy_of_weights(model), -math.inf
        self.saved: dict[str, Any] | None = None
        if self.path is not None and self.path.exists():
            self.saved = self._load(self.path)
        self.phase = 0 if self.saved is None else self.saved["phase"]

    def note(self, epoch: Epoch, network: nn.Module) -> None:
        """Add an epoch to the history; copy the weights if they are the best: those of `network`, where it has them."""
        self.history.epochs.append(epoch)
        if epoch.validation_accuracy > self.score:
            self.score, self.best = epoch.validation_accuracy, copy_of_weights(self.model) | copy_of_weights(network)

    def restore_best(self) -> None:
        """Put the best weights into the model, and the model into evaluation mode."""
        self.model.load_state_dict(self.best)
        self.model.eval()

    def save(self, phase: int, epochs: int, optimisation: Optimisation, stopping: EarlyStopping) -> None:
        """Write where the run stands: `epochs` of the phase are done. The first process writes, the others wait."""
        state = {
            "fingerprint": self.fingerprint,
            "phase": phase,
            "epochs": epochs,
            "model": self.model.state_dict(),
            "optimisation": optimisation.state_dict(),
            "stopping": stopping.state_dict(),
            "history": self.history.state_dict(),
            "best": self.best,
            "score": self.score,
        }
        if self.path is not None and distributed.rank() == 0:
            save_checkpoint(self.path, state)
        distributed.wait_for_all()

    def resume(self, phase: int, note: str, optimisation: Optimisation, stopping: EarlyStopping) -> int:
        """How many epochs of the phase are done; where some are, every part is put where it stood after them."""
        saved, self.saved = self.saved, None
        if saved is None:
            self.history.notes.append(f"phase {phase}: {note}")
            return 0
        optimisation.load_state_dict(saved["optimisation"])
        stopping.load_state_dict(saved["stopping"])
        return saved["epochs"]

    def _load(self, path: Path) -> dict[str, Any]:
        saved = load_checkpoint(path, next(self.model.parameters()).device)
        if saved["fingerprint"] != self.fingerprint:
            raise ValueError(f"checkpoint: {path} is of another plan, data or network. Delete it to start anew")
        self.model.load_state_dict(saved["model"])
        self.history.load_state_dict(saved["history"])
        self.best, self.score = saved["best"], saved["score"]
        return saved


@contextmanager
def _dropout_from(seed: int) -> Iterator[None]:
    """Let dropout draw from `seed`, and put the global random state back."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        yield


def _check(model: nn.Module, train: Split, validation: Split, plan: Plan) -> None:
    for name, split in (("train", train), ("validation", validation)):
        if len(split) == 0:
            raise ValueError(f"{name}: expected at least one image, got none")
    most, wanted = len(stages(model)), [phase.stages for phase in plan.phases]
    if any(count is not None and count > most for count in wanted):
        raise ValueError(f"stages: expected at most the {most} that the model has, got {wanted}")


def _fingerprint(model: nn.Module, train: Split, validation: Split, plan: Plan) -> str:
    """A hash of all that decides a run but the weights: the plan, the data, the names and shapes of the network."""
    digest = hashlib.sha256()
    shapes = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    digest.update(re.sub(r" at 0x[0-9a-f]+", "", repr((plan, shapes))).encode())  # functions, without their address
    for split in (train, validation):
        for tensor in (split.images, split.labels):
            digest.update(tensor.contiguous().cpu().numpy().tobytes())
    return digest.hexdigest()
