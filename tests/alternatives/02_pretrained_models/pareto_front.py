"""Right answers in other styles than the reference's."""

import itertools
import math

import numpy as np
import torch


def _check(costs, accuracies):
    if len(costs) != len(accuracies):
        raise ValueError("lengths")
    if len(costs) == 0:
        raise ValueError("nothing")
    for number in itertools.chain(costs, accuracies):
        if math.isnan(number) or math.isinf(number):
            raise ValueError("not finite")


def pareto_front_by_double_loop(costs, accuracies):
    _check(costs, accuracies)
    front = []
    for i in range(len(costs)):
        beaten = False
        for j in range(len(costs)):
            if costs[j] <= costs[i] and accuracies[j] >= accuracies[i]:
                if costs[j] < costs[i] or accuracies[j] > accuracies[i]:
                    beaten = True
                    break
        if not beaten:
            front.append(i)
    front.sort(key=lambda i: costs[i])
    return front


def pareto_front_by_numpy(costs, accuracies):
    _check(costs, accuracies)
    c, a = np.asarray(costs, float), np.asarray(accuracies, float)
    no_worse = (c[:, None] <= c) & (a[:, None] >= a)
    better = (c[:, None] < c) | (a[:, None] > a)
    front = np.flatnonzero(~(no_worse & better).any(axis=0))
    return front[np.argsort(c[front], kind="stable")].tolist()


def pareto_front_by_torch(costs, accuracies):
    """A tensor of indices; the best accuracy so far by cummax, over the distinct costs."""
    _check(costs, accuracies)
    best = {}
    for cost, accuracy in zip(costs, accuracies, strict=True):
        best[cost] = max(best.get(cost, -math.inf), accuracy)
    distinct = sorted(best)
    tops = torch.tensor([best[cost] for cost in distinct], dtype=torch.float64)
    before = torch.cat([torch.tensor([-math.inf], dtype=torch.float64), tops.cummax(0).values[:-1]])
    keep = {cost for cost, is_new in zip(distinct, (tops > before).tolist(), strict=True) if is_new}
    front = [i for i in range(len(costs)) if costs[i] in keep and accuracies[i] == best[costs[i]]]
    return torch.tensor(sorted(front, key=lambda i: (costs[i], i)))


def pareto_front_by_elimination(costs, accuracies):
    """Throws out until nothing dominates anything."""
    _check(costs, accuracies)
    left = list(enumerate(zip(costs, accuracies, strict=True)))
    for _, (cost, accuracy) in list(left):
        left = [(i, (c, a)) for i, (c, a) in left if (c, a) == (cost, accuracy) or c < cost or a > accuracy]
    return tuple(i for i, _ in sorted(left, key=lambda one: one[1][0]))
