"""Right answers in other styles than the reference's."""

import numpy as np


def layer_learning_rates_by_loop(names, base, decay):
    if not 0 < decay <= 1:
        raise ValueError("decay")
    rates = {}
    rate = base
    for name in reversed(names):
        rates[name] = rate
        rate = rate * decay
    return {name: rates[name] for name in names}


def layer_learning_rates_by_numpy(names, base, decay):
    depth = len(names)
    return dict(zip(names, base * np.power(float(decay), np.arange(depth - 1, -1, -1)), strict=True))


def layer_learning_rates_by_logarithm(names, base, decay):
    """In the formula's own l, from 1 to L."""
    L = len(names)
    result = dict.fromkeys(names)
    for l in range(1, L + 1):
        result[names[l - 1]] = float(np.exp(np.log(base) + (L - l) * np.log(decay)))
    return result


def layer_learning_rates_by_recursion(names, base, decay):
    if len(names) == 1:
        return {names[0]: base}
    rest = layer_learning_rates_by_recursion(names[1:], base, decay)
    return {names[0]: decay * rest[names[1]], **rest}
