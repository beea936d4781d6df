"""Right answers in other styles than the reference's."""

import torch


def l2_sp_penalty_by_loop(model, anchor, alpha, beta):
    old_part = 0.0
    new_part = 0.0
    for name, w in model.named_parameters():
        if not w.requires_grad:
            continue
        if name in anchor:
            old_part = old_part + ((w - anchor[name].detach()) ** 2).sum()
        else:
            new_part = new_part + (w**2).sum()
    return alpha / 2 * old_part + beta / 2 * new_part


def l2_sp_penalty_by_norms(model, anchor, alpha, beta):
    learning = {n: w for n, w in model.named_parameters() if w.requires_grad}
    first = [(w - anchor[n].detach()).norm() ** 2 for n, w in learning.items() if n in anchor]
    second = [w.norm() ** 2 for n, w in learning.items() if n not in anchor]
    return 0.5 * (alpha * sum(first) + beta * sum(second))


def l2_sp_penalty_with_targets(model, anchor, alpha, beta):
    """Every parameter has a target, zero where there is no old value, and a strength."""
    total = torch.zeros((), dtype=next(model.parameters()).dtype)
    for name, w in model.named_parameters():
        if w.requires_grad:
            target = anchor.get(name, torch.zeros_like(w)).detach()
            strength = alpha if name in anchor else beta
            total = total + strength * torch.nn.functional.mse_loss(w, target, reduction="sum") / 2
    return total
