"""Lesson 12 grades results: whether an honest answer passes must not depend on the seed of the cases."""

import pytest

from autograder.exercises.lesson12 import EXERCISES
from autograder.judge import assess
from autograder.verify import alternatives_of

SEEDS = 100


@pytest.mark.slow
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda one: one.name)
def test_honest_answers_of_lesson_12_pass_at_a_hundred_seeds(exercise):
    """Training is handed in and the same for all, so results are compared, and no threshold has to allow for luck.

    Measured: 100 of 100 pass, for each exercise and every alternative.
    """
    for name, alternative in alternatives_of(exercise):
        failed = [seed for seed in range(SEEDS) if not assess(exercise, alternative, seed).passed]
        assert not failed, (name, failed)
