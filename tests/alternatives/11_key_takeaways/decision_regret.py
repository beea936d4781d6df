"""Right answers in other styles than the reference's."""

import numpy as np
import torch


def decision_regret_by_numpy(table, guide):
    cases = []
    for case, runs in table.items():
        names, values = list(runs), np.array(list(runs.values()))
        others = (values.sum(1, keepdims=True) - values) / (values.shape[1] - 1)
        rivals = np.take_along_axis(values, others.argmax(0)[None], 0)[0]
        cases.append((rivals - values[names.index(guide[case])]).mean())
    return 100 * np.mean(cases)


def decision_regret_by_torch(table, guide):
    total = torch.zeros((), dtype=torch.float64)
    for case in table:
        names = sorted(table[case])
        runs = torch.tensor([table[case][name] for name in names], dtype=torch.float64)
        rest = runs.sum(dim=1, keepdim=True) - runs
        rival = rest.argmax(dim=0)
        own = runs[names.index(guide[case])]
        total += (runs.gather(0, rival.unsqueeze(0)).squeeze(0) - own).mean()
    return 100 * total / len(table)


def decision_regret_by_loops(table, guide):
    sum_of_cases = 0
    for case in table:
        runs = table[case]
        named = guide[case]
        seeds = len(runs[named])
        lost = 0
        for judge in range(seeds):
            best, rival = -1, None
            for name in runs:
                score = sum(runs[name][s] for s in range(seeds) if s != judge)
                if score > best:
                    best, rival = score, name
            lost += runs[rival][judge] - runs[named][judge]
        sum_of_cases += lost / seeds * 100
    return sum_of_cases / len(table)


def decision_regret_with_the_judge_popped(table, guide):
    """From a copy of each strategy's runs the judge is taken out by its place."""
    of_cases = []
    for case, runs in table.items():
        differences = []
        for judge in range(len(runs[guide[case]])):
            others = {name: list(values) for name, values in runs.items()}
            at_judge = {name: values.pop(judge) for name, values in others.items()}
            rival = max((sum(values), name) for name, values in others.items())[1]
            differences.append(at_judge[rival] - at_judge[guide[case]])
        of_cases.append(np.mean(differences))
    return float(np.mean(of_cases)) * 100
