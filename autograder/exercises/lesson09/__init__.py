"""The exercises of lesson 9, the comparison of strategies, in the order in which it asks them."""

from autograder.exercises.lesson09 import (
    bootstrap_interval,
    compare_strategies,
    comparison_questions,
    paired_permutation_test,
    recommend_strategy,
)

EXERCISES = (
    bootstrap_interval.EXERCISE,
    paired_permutation_test.EXERCISE,
    compare_strategies.EXERCISE,
    comparison_questions.EXERCISE,
    recommend_strategy.EXERCISE,
)
