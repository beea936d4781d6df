"""The exercises of lesson 5, learning rates, in the order in which it asks them."""

from autograder.exercises.lesson05 import (
    cosine_with_warmup,
    layer_learning_rates,
    lr_range_test,
    parameter_groups,
    rate_questions,
    slanted_triangular,
)

EXERCISES = (
    layer_learning_rates.EXERCISE,
    rate_questions.EXERCISE,
    parameter_groups.EXERCISE,
    cosine_with_warmup.EXERCISE,
    slanted_triangular.EXERCISE,
    lr_range_test.EXERCISE,
)
