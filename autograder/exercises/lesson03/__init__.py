"""The exercises of lesson 3, feature extraction against fine-tuning, in the order in which it asks them."""

from autograder.exercises.lesson03 import extract_features, fit_linear_head, freeze, replace_head, trainable_fraction

EXERCISES = (
    trainable_fraction.EXERCISE,
    freeze.EXERCISE,
    replace_head.EXERCISE,
    extract_features.EXERCISE,
    fit_linear_head.EXERCISE,
)
