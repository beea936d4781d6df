"""The exercises of lesson 4, fine-tuning strategies, in the order in which it asks them."""

from autograder.exercises.lesson04 import (
    freeze_until,
    gradient_norms,
    gradual_unfreezer,
    keep_batchnorm_frozen,
    plateau_schedule,
    where_the_gradient_goes,
)

EXERCISES = (
    gradient_norms.EXERCISE,
    freeze_until.EXERCISE,
    keep_batchnorm_frozen.EXERCISE,
    plateau_schedule.EXERCISE,
    gradual_unfreezer.EXERCISE,
    where_the_gradient_goes.EXERCISE,
)
