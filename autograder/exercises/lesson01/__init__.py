"""The exercises of lesson 1, what transfer learning is, in the order in which it asks them."""

from autograder.exercises.lesson01 import (
    kinds_of_transfer,
    linear_cka,
    linear_probe_accuracy,
    reading_transfer,
    transfer_gain,
)

EXERCISES = (
    kinds_of_transfer.EXERCISE,
    transfer_gain.EXERCISE,
    linear_probe_accuracy.EXERCISE,
    linear_cka.EXERCISE,
    reading_transfer.EXERCISE,
)
