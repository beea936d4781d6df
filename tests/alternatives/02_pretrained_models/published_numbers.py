"""Right answers in other dress than the reference's."""


def published_numbers_in_capitals():
    return {"a": "Several networks together", "b": 100 - 97.1, "c": "How it was trained"}


def published_numbers_with_spaces():
    return {"c": " how it was  trained ", "b": 2.90, "a": "several networks together"}


def published_numbers_and_more():
    answers = {}
    answers["a"] = "several networks together"
    answers["b"] = round((1 - 0.971) * 100, 1)
    answers["c"] = "how it was trained"
    answers["d"] = "a note to myself"
    return answers
