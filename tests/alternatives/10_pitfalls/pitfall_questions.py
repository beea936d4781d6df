"""Right answers in other styles than the reference's."""


def pitfall_questions_computed():
    gradients = [3, -3]
    mean = sum(gradients) / 2
    answers = {"a": mean**2, "b": sum(g**2 for g in gradients) / 2, "c": "far smaller"}
    answers["d"] = 100 / 2 * 0.5 * (1.2 - 1) ** 2
    answers.update(e="running statistics", f="cannot be said", g=10 - 1, h="too high")
    return answers


def pitfall_questions_as_floats():
    return dict(a=0.0, b=9.0, c="far smaller", d=1.0, e="running statistics", f="cannot be said", g=9.0, h="too high")


def pitfall_questions_in_another_order():
    return {
        "h": "too high",
        "g": 9,
        "f": "cannot be said",
        "e": "running statistics",
        "d": 0.9999999,
        "c": "Far smaller",
        "b": 9,
        "a": 0,
    }
