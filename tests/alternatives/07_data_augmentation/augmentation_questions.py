"""Right answers, written otherwise."""


def augmentation_questions_computed():
    kept, smoothed, twice = 1 - 2 * 2 / 64, 0.9 * 0.8 + 0.1 / 10, 1 - 0.9**2
    return dict(a="partly mixed", b=kept, c=smoothed, d=twice, e="source", f="the source's mean")


def augmentation_questions_in_another_order():
    return {"f": "The source's mean", "e": "Source", "d": 0.19, "c": 0.73, "b": 15 / 16, "a": "partly  mixed"}


class augmentation_questions_as_a_class:
    """Called like a function."""

    def __new__(cls):
        answers = ("Partly mixed", 0.9375, 73 / 100, 0.1900, " SOURCE ", "the source's mean")
        return dict(zip("abcdef", answers, strict=True))
