"""Right answers in other styles than the reference's."""

from contextlib import nullcontext

import torch
import torch.nn.functional as F


def train_one_epoch_with_two_branches(
    model, batches, optimiser, *, criterion=F.cross_entropy, clip_norm=1.0, schedule=None, precision=None, scaler=None
):
    """As tutorials write it, in two branches: with a scaler and without."""
    model.train()
    running = 0.0
    seen = 0
    for x, y in batches:
        optimiser.zero_grad(set_to_none=True)
        if precision is None:
            loss = criterion(model(x), y)
        else:
            with torch.autocast(device_type=x.device.type, dtype=precision):
                loss = criterion(model(x), y)
        if scaler is not None:
            scaler.scale(loss).backward()
            scaler.unscale_(optimiser)
            torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=clip_norm)
            scaler.step(optimiser)
            scaler.update()
        else:
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=clip_norm)
            optimiser.step()
        if schedule:
            schedule.step()
        running += loss.item() * x.size(0)
        seen += x.size(0)
    if seen == 0:
        raise ValueError("there is no batch to train on")
    return running / seen


def train_one_epoch_clears_after_the_step(
    model, batches, optimiser, *, criterion=F.cross_entropy, clip_norm=1.0, schedule=None, precision=None, scaler=None
):
    """Gradients are cleared before the first batch and after each step; clipping is written out."""
    model.train()
    optimiser.zero_grad()
    total, count = torch.tensor(0.0, dtype=torch.float64), 0
    context = nullcontext() if precision is None else None
    for images, targets in batches:
        with context or torch.autocast(images.device.type, dtype=precision):
            scores = model(images)
            loss = criterion(scores, targets)
        (loss if scaler is None else scaler.scale(loss)).backward()
        if scaler is not None:
            scaler.unscale_(optimiser)
        gradients = [p.grad for p in model.parameters() if p.grad is not None]
        norm = torch.sqrt(sum(g.square().sum() for g in gradients))
        for gradient in gradients:
            gradient.mul_(torch.clamp(clip_norm / (norm + 1e-6), max=1.0))
        if scaler is None:
            optimiser.step()
        else:
            scaler.step(optimiser)
            scaler.update()
        optimiser.zero_grad()
        schedule and schedule.step()
        total += len(images) * loss.detach().double().cpu()
        count += len(images)
    if not count:
        raise ValueError("batches")
    return float(total / count)


def train_one_epoch_by_a_closure(
    model, batches, optimiser, *, criterion=F.cross_entropy, clip_norm=1.0, schedule=None, precision=None, scaler=None
):
    """Losses go into a list with their weights; a helper does one batch."""
    model = model.train()
    scaler = scaler or torch.amp.GradScaler("cpu", enabled=False)
    weights = [p for group in optimiser.param_groups for p in group["params"] if p.requires_grad]

    def one(images, targets):
        with torch.autocast(images.device.type, dtype=precision or torch.bfloat16, enabled=bool(precision)):
            loss = criterion(model(images), targets)
        for p in weights:
            p.grad = None
        scaler.scale(loss).backward()
        scaler.unscale_(optimiser)
        torch.nn.utils.clip_grad_norm_(weights, clip_norm)
        scaler.step(optimiser)
        scaler.update()
        if schedule is not None:
            schedule.step()
        return loss.item(), len(targets)

    pairs = [one(images, targets) for images, targets in batches]
    if not pairs:
        raise ValueError("no batches")
    return sum(loss * n for loss, n in pairs) / sum(n for _, n in pairs)
