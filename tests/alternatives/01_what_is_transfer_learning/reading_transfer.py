"""Right answers, written otherwise."""

import math


def reading_transfer_computed():
    unrelated = math.sqrt(480 / (20 + 480) * 480 / (20 + 480))
    return {"a": 100 * (0.30 - 0.20), "b": "undecided", "c": unrelated, "d": "early", "e": "Scratch"}


def reading_transfer_in_another_order():
    return {"e": " scratch ", "d": "Early", "c": 0.96, "b": "UNDECIDED", "a": 10.0}


def reading_transfer_rounded():
    return dict(zip("abcde", (10, "undecided", round(480 / 500, 2), "early", "scratch"), strict=True))
