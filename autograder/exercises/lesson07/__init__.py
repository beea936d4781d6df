"""The exercises of lesson 7, data augmentation, in the order in which it asks them."""

from autograder.exercises.lesson07 import (
    augmentation_questions,
    cutmix,
    cutmix_box,
    mixup,
    soft_target_cross_entropy,
    train_transform,
)

EXERCISES = (
    train_transform.EXERCISE,
    mixup.EXERCISE,
    soft_target_cross_entropy.EXERCISE,
    cutmix_box.EXERCISE,
    cutmix.EXERCISE,
    augmentation_questions.EXERCISE,
)
