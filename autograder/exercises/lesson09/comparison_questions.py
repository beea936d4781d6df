"""Exercise: how intervals and paired tests are read."""

from typing import Any

from autograder.questions import Question, concept_questions


def comparison_questions() -> dict[str, Any]:
    """Return a dictionary from each question's letter to its answer: a number, or one of the words offered.

    a: five seeds, and in each of them strategy A beats B. What is the smallest two-sided p that the exact test can
       give? A number.
    b: the 95 % intervals of two means overlap, and the runs are pairs. Does that show that the strategies are equally
       good? "yes", or "no: test the differences", or "no: one of them is better".
    c: a mean over five seeds has the 95 % interval 74 to 78 %. Within it lies, most likely, "the mean of many more
       seeds", "the next seed", or "the accuracy on another test set"?
    d: someone wants an interval half as wide. How many times as many seeds does it take, about?
    e: 15 comparisons of strategies that are in truth all equal, independent of each other, each tested at 0.05. What is
       the probability that at least one is called significant? A number, within 0.01.
    f: of ten runs, the one with the best test accuracy is reported. Its expected accuracy on new images is "lower",
       "the same" or "higher"?
    g: A was run with seeds 0 to 4, B with seeds 5 to 9, other images. What may be used: "the paired test", "a test for
       independent samples" or "none"?
    h: p = 0.6 in a paired test of five seeds. It says: "both are equally good", "the data do not tell them apart", or
       "A is better with probability 0.4"?
    """
    return {
        "a": 1 / 16,
        "b": "no: test the differences",
        "c": "the mean of many more seeds",
        "d": 4,
        "e": 1 - 0.95**15,
        "f": "lower",
        "g": "a test for independent samples",
        "h": "the data do not tell them apart",
    }


EXERCISE = concept_questions(
    "09_strategy_comparison",
    comparison_questions,
    (
        Question(
            "a",
            "The smallest p of five pairs",
            {
                1 / 32: "That is one pattern of 32. Two-sided, the pattern with all signs turned is as extreme.",
                0.05: "p comes in steps: how many patterns of five signs are there, and how many are as extreme?",
                0: "The data are a pattern themselves, so p cannot be 0.",
                0.1: "0.1 would be about three patterns in 32. How many are as extreme as five gains?",
            },
        ),
        Question(
            "b",
            "What overlapping intervals show",
            {
                "yes": "Each interval also holds what the seeds have in common, and that falls out of the differences. "
                "Intervals may overlap widely while every single seed gains.",
                "no: one of them is better": "Overlap alone does not show that either. What would?",
            },
        ),
        Question(
            "c",
            "What the interval is about",
            {
                "the next seed": "Single seeds scatter more widely than means of five do.",
                "the accuracy on another test set": "All five seeds were tested on the same images: how others would "
                "come out, they cannot say.",
            },
        ),
        Question(
            "d",
            "Seeds for half the width",
            {
                2: "The width goes with one over the square root of the number of seeds.",
                1.4142135: "Twice the seeds make it narrower by that factor. Half the width takes more.",
                16: "That would be a quarter of the width.",
            },
            relative=0.01,
        ),
        Question(
            "e",
            "At least one false finding in fifteen",
            {
                0.05: "That is the chance of each of them. There are fifteen.",
                0.75: "The probabilities of events that can happen together do not add up. What is the probability "
                "that none is called significant?",
                0.4633: "That is the probability that none is called significant.",
            },
            relative=0.0187,
        ),
        Question(
            "f",
            "The best of ten on the test split",
            {
                "the same": "It was chosen for its luck as well as for its merit, and the luck does not come again.",
                "higher": "It was chosen for being high on these images. What part of that stays on others?",
            },
        ),
        Question(
            "g",
            "Runs of different seeds",
            {
                "the paired test": "Which value of B belongs to the first one of A? There is no answer: they share "
                "nothing.",
                "none": "They are two samples, and samples can be compared; only more of the luck stays in the "
                "difference.",
            },
        ),
        Question(
            "h",
            "What p = 0.6 says",
            {
                "both are equally good": "So large a p would come of a small difference too, or of few seeds. Not "
                "having found a difference is not having found that there is none.",
                "A is better with probability 0.4": "p is a share of patterns of signs, computed as if both were "
                "equally good. It is no probability of either being better.",
            },
        ),
    ),
    difficulty=2,
    minutes=12,
    hints=(
        "For a, count patterns of five signs. For d, look for the square root in the interval's formula. For e, begin "
        "with the probability that all fifteen come out not significant.",
        "a: two of 32 patterns are as extreme as five gains. e: one minus 0.95 to the power of fifteen. For b, c, g "
        "ask what the runs have in common, and whether that falls out.",
    ),
)
