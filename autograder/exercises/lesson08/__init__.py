"""The exercises of lesson 8, implementation in PyTorch, in the order in which it asks them."""

from autograder.exercises.lesson08 import early_stopping, evaluate, train_one_epoch

EXERCISES = (evaluate.EXERCISE, train_one_epoch.EXERCISE, early_stopping.EXERCISE)
