"""The exercises of lesson 6, domain adaptation, in the order in which it asks them."""

from autograder.exercises.lesson06 import (
    adaptation_questions,
    adversarial_step,
    coral_loss,
    domain_adversarial_network,
    gaussian_kernel,
    gradient_reversal,
    median_bandwidth,
    mmd_squared,
    reversal_strength,
)

EXERCISES = (
    gaussian_kernel.EXERCISE,
    median_bandwidth.EXERCISE,
    mmd_squared.EXERCISE,
    coral_loss.EXERCISE,
    gradient_reversal.EXERCISE,
    reversal_strength.EXERCISE,
    domain_adversarial_network.EXERCISE,
    adversarial_step.EXERCISE,
    adaptation_questions.EXERCISE,
)
