"""Right answers, written otherwise."""


def comparison_questions_computed():
    answers = {"a": 2 / 2**5, "b": "No: test the differences", "c": "the mean of many more seeds", "d": 2**2}
    answers["e"] = 1 - (1 - 0.05) ** 15
    return answers | {
        "f": "lower",
        "g": "a test for independent samples",
        "h": "the data do not tell them apart",
    }


def comparison_questions_rounded():
    return {
        "h": "The data do not tell them apart.",
        "g": "A test for independent samples",
        "f": "LOWER",
        "e": 0.54,
        "d": "4",
        "c": "The mean of many more seeds.",
        "b": "no: test the differences",
        "a": 0.0625,
    }


class comparison_questions_as_a_class:
    """Called like a function."""

    def __new__(cls):
        words = ("no: test the differences", "the mean of many more seeds", "lower")
        b, c, f = words
        g, h = "a test for independent samples", "the data do not tell them apart"
        return dict(zip("abcdefgh", (1 / 16, b, c, 4.0, 0.5367, f, g, h), strict=True))
