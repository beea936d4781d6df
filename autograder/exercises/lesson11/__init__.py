"""The exercises of lesson 11, the key takeaways, in the order in which it asks them."""

from autograder.exercises.lesson11 import decision_regret, self_test_first, self_test_second

EXERCISES = (decision_regret.EXERCISE, self_test_first.EXERCISE, self_test_second.EXERCISE)
