"""Right answers in other styles than the reference's."""


def adaptation_questions_in_words():
    return {"a": "nameerror", "b": 512, "c": 1 / 10, "d": 0.1 * 0.1, "e": 10 / 100 + 10 / 100}


def adaptation_questions_out_of_order():
    answers = {}
    answers["e"] = 0.2
    answers["d"] = 1e-2
    answers["c"] = 1e-1
    answers["b"] = 512.0
    answers["a"] = " NameError "
    return answers


def adaptation_questions_by_dict():
    return dict(a="NameError", b=512, c=0.1, d=0.1**2, e=2 * 0.1)
