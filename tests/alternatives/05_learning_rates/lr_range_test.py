"""Right answers in other styles than the reference's."""

import copy
import math

import numpy as np
import torch
import torch.nn.functional as F

from lib.range_test import RangeTest


def lr_range_test_by_numpy(
    model,
    images,
    labels,
    *,
    lowest=1e-6,
    highest=1.0,
    steps=60,
    batch_size=32,
    generator,
    optimiser=torch.optim.AdamW,
):
    """All rates beforehand, and a list of raw losses that is smoothed anew at each step."""
    network = copy.deepcopy(model)
    network.train()
    opt = optimiser([p for p in network.parameters() if p.requires_grad], lr=lowest)
    all_rates = np.geomspace(lowest, highest, steps)
    raw, smooth = [], []
    for t, rate in enumerate(all_rates):
        for group in opt.param_groups:
            group["lr"] = float(rate)
        index = torch.randint(len(images), (min(batch_size, len(images)),), generator=generator)
        loss = torch.nn.CrossEntropyLoss()(network(images[index]), labels[index])
        opt.zero_grad(set_to_none=False)
        loss.backward()
        opt.step()
        raw.append(loss.item())
        weights = 0.9 ** np.arange(t, -1, -1)
        smooth.append(float((weights * np.array(raw)).sum() / weights.sum()))
        if smooth[-1] > 4 * min(smooth) or math.isnan(smooth[-1]):
            break
    return RangeTest(tuple(all_rates[: len(smooth)].tolist()), tuple(smooth))


def lr_range_test_by_scheduler(
    model,
    images,
    labels,
    *,
    lowest=1e-6,
    highest=1.0,
    steps=60,
    batch_size=32,
    generator,
    optimiser=torch.optim.AdamW,
):
    """torch raises the rate, and an exponential moving average does the rest."""
    trial = copy.deepcopy(model).train()
    sgd = optimiser(filter(lambda p: p.requires_grad, trial.parameters()), lr=lowest)
    schedule = torch.optim.lr_scheduler.ExponentialLR(sgd, (highest / lowest) ** (1 / (steps - 1)))
    rates, losses, average, weight, best = [], [], 0.0, 0.0, float("inf")
    while len(rates) < steps:
        rows = torch.randint(0, len(labels), (min(batch_size, len(labels)),), generator=generator)
        sgd.zero_grad()
        loss = F.cross_entropy(trial(images[rows]), labels[rows])
        loss.backward()
        rates.append(schedule.get_last_lr()[0])
        sgd.step()
        schedule.step()
        average, weight = average + 0.1 * (float(loss.detach()) - average), weight + 0.1 * (1 - weight)
        losses.append(average / weight)
        best = min(best, losses[-1])
        if not losses[-1] <= 4 * best:
            break
    return RangeTest(rates=tuple(rates), losses=tuple(losses))


def lr_range_test_that_puts_everything_back(
    model,
    images,
    labels,
    *,
    lowest=1e-6,
    highest=1.0,
    steps=60,
    batch_size=32,
    generator,
    optimiser=torch.optim.AdamW,
):
    """Works on the model itself and leaves it as it found it."""
    state = {name: value.clone() for name, value in model.state_dict().items()}
    modes = {layer: layer.training for layer in model.modules()}
    gradients = {p: p.grad for p in model.parameters()}
    for p in model.parameters():
        p.grad = None
    model.train()
    opt = optimiser([p for p in model.parameters() if p.requires_grad], lr=lowest)
    rates, losses, v = [], [], 0.0
    for t in range(steps):
        rate = lowest * math.exp(math.log(highest / lowest) * t / (steps - 1))
        opt.param_groups[0]["lr"] = rate
        batch = torch.randint(len(images), [min(batch_size, len(images))], generator=generator)
        loss = F.cross_entropy(model(images[batch]), labels[batch])
        opt.zero_grad()
        loss.backward()
        opt.step()
        v = 0.9 * v + 0.1 * loss.item()
        rates.append(rate)
        losses.append(v / (1 - 0.9 ** (t + 1)))
        if losses[-1] > 4 * min(losses) or losses[-1] != losses[-1]:
            break
    model.load_state_dict(state)
    for layer, mode in modes.items():
        layer.training = mode
    for p, gradient in gradients.items():
        p.grad = gradient
    return RangeTest(tuple(rates), tuple(losses))
