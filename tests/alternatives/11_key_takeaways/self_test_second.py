"""Right answers in other styles than the reference's."""


def self_test_second_computed():
    answers = {"h": -0.5 * 4, "i": 1 - 24 * 12 / 48**2, "k": (30 * 1 + 10 * 3) / 40, "m": 2 / 2**5}
    answers.update(j="mirrored", l="the weights that validated best", n="not told apart", o="too small")
    return answers


def self_test_second_in_quotes():
    return dict(
        h="-2",
        i="87.5e-2",
        j="Mirrored",
        k="1.5",
        l="The weights that validated best.",
        m="0.0625",
        n="not told apart",
        o="Too small.",
    )


def self_test_second_in_another_order():
    return {
        "o": "too small",
        "n": "Not told apart",
        "m": 0.0625,
        "l": "the weights that validated best",
        "k": 1.5,
        "j": "mirrored",
        "i": 0.875,
        "h": -2.0,
    }
