"""Right answers in other styles than the reference's."""


def self_test_first_computed():
    answers = {"a": 52 - 60, "c": 0 + 1, "d": 512 * 10 + 10, "f": 0.5 ** (6 - 1)}
    answers |= {"b": "new images of the target", "g": "weights but neither biases nor norms"}
    answers["e"] = "the lowest stage that learns"
    return answers


def self_test_first_in_quotes():
    return dict(
        a="-8",
        b="New images of the target.",
        c="1",
        d="5130",
        e="the lowest stage that learns",
        f="0.03125",
        g="Weights but neither biases nor norms.",
    )


def self_test_first_in_another_order():
    return {
        "g": "weights but neither biases nor norms",
        "f": 0.0313,
        "e": "The lowest stage that learns",
        "d": 5130.0,
        "c": 1.0,
        "b": "new images of the target",
        "a": -8.0,
    }
