"""Right answers in other styles than the reference's."""

import itertools

import torch


def plateau_schedule_by_torch(losses, patience=2, threshold=1e-3):
    """ReduceLROnPlateau counts in the same way, with a patience that is smaller by one."""
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimiser, factor=0.5, patience=patience - 1, threshold=threshold, threshold_mode="abs", eps=0.0
    )
    for loss in losses:
        schedule.step(loss)
    return round(-torch.tensor(optimiser.param_groups[0]["lr"], dtype=torch.float64).log2().item())


def plateau_schedule_by_index(losses, patience=2, threshold=1e-3):
    """Remembers where the row began instead of how long it is."""
    count, start, mark = 0, 0, None
    for epoch, loss in enumerate(losses, start=1):
        if mark is None or mark - loss > threshold:
            mark, start = loss, epoch
        elif epoch - start == patience:
            count += 1
            start = epoch
    return count


def plateau_schedule_by_groups(losses, patience=2, threshold=1e-3):
    """First which epochs improve, then the rows of those that do not."""
    improved, mark = [], float("inf")
    for loss in losses:
        better = loss < mark - threshold
        improved.append(better)
        if better:
            mark = loss
    rows = (len(list(group)) for better, group in itertools.groupby(improved) if not better)
    return sum(length // patience for length in rows)


def plateau_schedule_by_recursion(losses, patience=2, threshold=1e-3):
    def walk(rest, mark, waited):
        if not rest:
            return 0
        loss, *others = rest
        if loss < mark - threshold:
            return walk(others, loss, 0)
        full = waited + 1 >= patience
        return int(full) + walk(others, mark, 0 if full else waited + 1)

    return walk(list(losses), float("inf"), 0)
