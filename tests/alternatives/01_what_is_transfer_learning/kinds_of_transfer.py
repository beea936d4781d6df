"""Right answers, written otherwise."""


def kinds_of_transfer_in_another_order():
    inductive = "Inductive"
    return {
        "f": "Domain",
        "e": inductive,
        "a": inductive,
        "b": "Domain  adaptation",
        "c": "Multi-task",
        "d": "UNSUPERVISED",
    }


def kinds_of_transfer_with_one_answer_more():
    answers = dict.fromkeys("ae", "inductive")
    answers.update(b="domain adaptation", c="multi-task", d="unsupervised", f="domain", g="nobody asked")
    return answers


class kinds_of_transfer_as_a_class:
    """Called like a function."""

    def __new__(cls):
        words = (" inductive", "domain adaptation ", "multi-task", "unsupervised", "inductive", "domain")
        return dict(zip("abcdef", words, strict=True))
