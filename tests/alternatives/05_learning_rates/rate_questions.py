"""Right answers, written otherwise."""


def rate_questions_computed():
    precedence = 1e-3 * 0.5**0 / (6 - 1)
    return {"a": precedence, "b": 6 - 1, "c": "bn1", "d": 2 * 64, "e": "summed up", "f": "above the head's"}


def rate_questions_in_another_order():
    return {"f": "Above the head's", "e": "Summed  up", "d": 128.0, "c": "bn1", "b": 5.0, "a": 0.0002}


class rate_questions_as_a_class:
    """Called like a function."""

    def __new__(cls):
        return dict(zip("abcdef", (0.2e-3, 5, " BN1 ", 128, "summed up", "ABOVE the head's"), strict=True))
