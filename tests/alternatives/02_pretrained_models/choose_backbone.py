"""Right answers in other styles than the reference's."""

import math

import numpy as np


def choose_backbone_by_loop(candidates, max_parameters=float("inf"), max_gflops=float("inf")):
    if math.isnan(max_parameters) or math.isnan(max_gflops):
        raise ValueError("not a number")
    if max_parameters <= 0 or max_gflops <= 0:
        raise ValueError("a limit must be positive")
    best = None
    for c in candidates:
        if c.parameters > max_parameters or c.gflops > max_gflops:
            continue
        if best is None or c.accuracy > best.accuracy:
            best = c
        elif c.accuracy == best.accuracy:
            if c.gflops < best.gflops:
                best = c
            elif c.gflops == best.gflops and c.parameters < best.parameters:
                best = c
    if best is None:
        raise ValueError("nothing fits")
    return best


def choose_backbone_by_sorting(candidates, max_parameters=math.inf, max_gflops=math.inf):
    """Sorts three times, by the least important first: Python's sort is stable. Raises by max() of nothing."""
    for limit in (max_parameters, max_gflops):
        if not limit > 0:
            raise ValueError(limit)
    rows = [c for c in candidates if c.parameters <= max_parameters]
    rows = [c for c in rows if c.gflops <= max_gflops]
    rows.sort(key=lambda c: c.parameters)
    rows.sort(key=lambda c: c.gflops)
    return max(rows, key=lambda c: c.accuracy)


def choose_backbone_by_numpy(candidates, max_parameters=np.inf, max_gflops=np.inf):
    rows = list(candidates)
    if not (max_parameters > 0) or not (max_gflops > 0) or not rows:
        raise ValueError("no choice")
    table = np.array([[c.parameters, c.gflops, c.accuracy] for c in rows], dtype=float)
    fits = (table[:, 0] <= max_parameters) & (table[:, 1] <= max_gflops)
    order = np.lexsort((table[:, 0], table[:, 1], -table[:, 2]))
    order = order[fits[order]]
    if order.size == 0:
        raise ValueError("nothing fits")
    return rows[order[0]]
