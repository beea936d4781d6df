"""Right answers in other styles than the reference's."""


def where_the_gradient_goes_in_capitals():
    return {"frozen between": "Yes", "shortest": "LAYER4", "zero head": 0.0, "last": 16.0, "LP-FT": " smaller  errors "}


def where_the_gradient_goes_step_by_step():
    answers = {}
    answers["LP-FT"] = "smaller errors"
    answers["last"] = 5 * 3 + 1
    answers["zero head"] = 0
    answers["frozen between"] = "yes"
    answers["shortest"] = "layer4"
    return answers


class where_the_gradient_goes_as_a_class(dict):
    def __new__(cls):
        keys = ("frozen between", "shortest", "zero head", "last", "LP-FT")
        return dict(zip(keys, ("yes", "layer4", 0, 16, "smaller errors"), strict=True))
