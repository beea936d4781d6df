"""The exercises of lesson 12, practice, in the order in which it asks them."""

from autograder.exercises.lesson12 import ablation_table

EXERCISES = (ablation_table.EXERCISE,)
