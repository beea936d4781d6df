"""The exercises of lesson 2, pre-trained networks, in the order in which it asks them."""

from autograder.exercises.lesson02 import (
    choose_backbone,
    count_parameters,
    pareto_front,
    published_numbers,
    residual_block,
    scaling_arithmetic,
    squeeze_excitation,
)

EXERCISES = (
    published_numbers.EXERCISE,
    count_parameters.EXERCISE,
    residual_block.EXERCISE,
    squeeze_excitation.EXERCISE,
    scaling_arithmetic.EXERCISE,
    pareto_front.EXERCISE,
    choose_backbone.EXERCISE,
)
