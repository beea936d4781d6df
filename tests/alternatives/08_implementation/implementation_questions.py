"""Right answers in other dresses."""

import math

import torch


def implementation_questions_worked_out():
    return {
        "a": (30 * 0.2 + 10 * 1.0) / 40,
        "b": torch.tensor([0.70, 0.78, 0.74]).argmax(),
        "c": "Later epochs may have done harm.",
        "d": "averages of gradients",
        "e": ("bias", "weight"),
        "f": 1 + 1 + 2,
        "g": (1 + math.cos(math.pi * 10 / 200)) / 2,
        "h": ["best weights", "schedule", "optimiser", "weights"],
        "i": "Fails",
        "j": 18.0,
        "k": "other batch sizes",
    }


def implementation_questions_in_quotes():
    return {
        "a": "0.4",
        "b": "1",
        "c": " later epochs may have done harm ",
        "d": "Averages of gradients",
        "e": {"weight", "bias"},
        "f": "4",
        "g": "0.99",
        "h": {"weights", "optimiser", "schedule", "best weights"},
        "i": "FAILS",
        "j": "18",
        "k": "Other batch sizes.",
    }


def implementation_questions_in_another_order():
    answers = dict(k="other batch sizes", j=18, i="fails", g=0.99, f=4, d="averages of gradients", b=1, a=2 / 5)
    answers["c"] = "later epochs may have done harm"
    answers["e"] = ["bias", "weight"]
    answers["h"] = ["optimiser", "weights", "best weights", "schedule"]
    return answers
