"""Right answers in other styles than the reference's."""

import copy
import math

import torch
from torch import nn

from lib.batchnorm import keep_batchnorm_frozen
from lib.epochs import EarlyStopping
from lib.freezing import freeze_until, unfreeze
from lib.learning_rates import parameter_groups
from lib.stages import stages


def fine_tune_two_phase_with_torchs_cosine(
    model, train, validate, steps, *, first=5, second=10, rate=1e-3, decay=0.5, patience=None
):
    """CosineAnnealingLR, a deep copy of the state, and early stopping as a class."""
    if first < 1 or second < 1:
        raise ValueError("each phase needs an epoch")
    rows, best, kept = [], -math.inf, copy.deepcopy(model.state_dict())
    for phase, (epochs, top) in enumerate([(first, rate), (second, rate / 10)]):
        unfreeze(model)
        if phase == 0:
            freeze_until(model, list(stages(model))[-2])
        keep_batchnorm_frozen(model)
        optimiser = torch.optim.AdamW(parameter_groups(model, top, decay, weight_decay=0.01))
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=epochs * steps)
        stopping = EarlyStopping(patience if patience is not None else epochs + 1)
        for _ in range(epochs):
            loss = train(optimiser, schedule)
            accuracy = validate()
            rows.append((phase, loss, accuracy))
            if accuracy > best:
                best, kept = accuracy, copy.deepcopy(model.state_dict())
            if stopping.step(accuracy):
                break
        model.load_state_dict(kept)
    model.eval()
    return rows


def _norms_stay(model):
    for layer in model.modules():
        if getattr(layer, "running_mean", None) is not None:
            layer.eval()
            layer.train = lambda mode=True, layer=layer: layer


def fine_tune_two_phase_by_hand(
    model, train, validate, steps, *, first=5, second=10, rate=1e-3, decay=0.5, patience=None
):
    """Nothing of the course is used: children are the stages, and norms answer .train() with .eval()."""
    if min(first, second) < 1:
        raise ValueError(f"{first=}, {second=}")
    _norms_stay(model)
    children = list(model.children())
    history, best_score, best_weights = [], float("-inf"), None
    for phase in (0, 1):
        learning = children[-2:] if phase == 0 else children
        model.requires_grad_(False)
        for child in learning:
            child.requires_grad_(True)
        groups = []
        for distance, child in enumerate(reversed(learning)):
            speed = (rate if phase == 0 else rate * 0.1) * decay**distance
            weights = [p for p in child.parameters() if p.ndim > 1]
            others = [p for p in child.parameters() if p.ndim <= 1]
            groups.append({"params": weights, "lr": speed, "weight_decay": 0.01})
            groups.append({"params": others, "lr": speed, "weight_decay": 0})
        optimiser = torch.optim.AdamW(groups)
        epochs = (first, second)[phase]
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda t, total=epochs * steps: 0.5 * (1 + math.cos(math.pi * t / total))
        )
        own_best, waited = float("-inf"), 0
        for _ in range(epochs):
            history.append((phase, train(optimiser, schedule), validate()))
            score = history[-1][-1]
            if score > best_score:
                best_score = score
                best_weights = [t.clone() for t in (*model.parameters(), *model.buffers())]
            waited = 0 if score > own_best else waited + 1
            own_best = max(own_best, score)
            if waited == patience:
                break
        with torch.no_grad():
            for now, kept in zip((*model.parameters(), *model.buffers()), best_weights, strict=True):
                now.copy_(kept)
    model.train(False)
    return history


class _Phases:
    def __init__(self, model: nn.Module, decay: float) -> None:
        self.model, self.decay = model, decay
        self.best: tuple[float, dict] = (-1.0, {})
        self.rows: list[list[float]] = []

    def run(self, number, names, rate, epochs, steps, train, validate, patience):
        for name, stage in stages(self.model).items():
            for parameter in stage.parameters():
                parameter.requires_grad = name in names
        keep_batchnorm_frozen(self.model)
        optimiser = torch.optim.AdamW(parameter_groups(self.model, rate, self.decay))
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, epochs * steps, eta_min=0.0)
        scores = []
        while len(scores) < epochs:
            loss, score = train(optimiser, schedule), validate()
            self.rows.append([number, loss, score])
            scores.append(score)
            if score > self.best[0]:
                self.best = score, {k: v.detach().clone() for k, v in self.model.state_dict().items()}
            if patience is not None and len(scores) > patience and max(scores[-patience:]) <= max(scores[:-patience]):
                break
        self.model.load_state_dict(self.best[1])


def fine_tune_two_phase_with_a_class(
    model, train, validate, steps, *, first=5, second=10, rate=1e-3, decay=0.5, patience=None
):
    if first <= 0 or second <= 0:
        raise ValueError("first, second: at least 1")
    phases, names = _Phases(model, decay), list(stages(model))
    phases.run(0, names[-2:], rate, first, steps, train, validate, patience)
    phases.run(1, names, rate / 10, second, steps, train, validate, patience)
    model.eval()
    return phases.rows
