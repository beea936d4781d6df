"""The exercises of lesson 10, common pitfalls, in the order in which it asks them."""

from autograder.exercises.lesson10 import (
    ewc_penalty,
    fisher_diagonal,
    h_score,
    l2_sp_penalty,
    leep,
    log_me,
    pitfall_questions,
    recalibrate_batchnorm,
)

EXERCISES = (
    fisher_diagonal.EXERCISE,
    ewc_penalty.EXERCISE,
    l2_sp_penalty.EXERCISE,
    h_score.EXERCISE,
    leep.EXERCISE,
    log_me.EXERCISE,
    recalibrate_batchnorm.EXERCISE,
    pitfall_questions.EXERCISE,
)
