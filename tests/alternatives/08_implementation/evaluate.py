"""Right answers in other styles than the reference's."""

import torch
import torch.nn.functional as F

from lib.epochs import Scores


def evaluate_all_at_once(model, batches, *, criterion=F.cross_entropy):
    """Scores and labels are put together first, and measured once."""
    model.eval()
    with torch.inference_mode():
        pairs = [(model(images), labels) for images, labels in batches]
        if not pairs:
            raise ValueError("batches: there is none")
        scores, labels = (torch.cat(parts) for parts in zip(*pairs, strict=True))
        return Scores(criterion(scores, labels).item(), (scores.argmax(dim=1) == labels).double().mean().item())


@torch.no_grad()
def evaluate_with_a_decorator(model, batches, *, criterion=F.cross_entropy):
    model.eval()
    total_loss = 0.0
    correct = 0
    total = 0
    for x, y in batches:
        output = model(x)
        loss = criterion(output, y)
        total_loss += loss.item() * x.size(0)
        _, predicted = output.max(1)
        correct += predicted.eq(y).sum().item()
        total += y.size(0)
    if total == 0:
        raise ValueError("no batch")
    return Scores(loss=total_loss / total, accuracy=correct / total)


def evaluate_by_lists(model, batches, *, criterion=F.cross_entropy):
    """One entry a sample, in float64; gradients are switched off and put back by hand."""
    was = torch.is_grad_enabled()
    model.train(False)
    losses, hits = [], []
    torch.set_grad_enabled(False)
    try:
        for images, labels in batches:
            scores = model(images)
            losses += [float(criterion(scores, labels))] * len(images)
            hits += (torch.topk(scores, 1).indices.squeeze(1) == labels).tolist()
    finally:
        torch.set_grad_enabled(was)
    if not losses:
        raise ValueError("batches")
    return Scores(sum(losses) / len(losses), sum(hits) / len(hits))
