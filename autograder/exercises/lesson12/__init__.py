"""The exercises of lesson 12, practice, in the order in which it asks them."""

from autograder.exercises.lesson12 import ablation_table, adapt_digits, three_strategies, unfreezing_race

EXERCISES = (three_strategies.EXERCISE, unfreezing_race.EXERCISE, adapt_digits.EXERCISE, ablation_table.EXERCISE)
