"""The exercises of lesson 8, implementation in PyTorch, in the order in which it asks them."""

from autograder.exercises.lesson08 import (
    early_stopping,
    evaluate,
    export_onnx,
    fine_tune_two_phase,
    implementation_questions,
    predict,
    train_one_epoch,
)

EXERCISES = (
    evaluate.EXERCISE,
    train_one_epoch.EXERCISE,
    early_stopping.EXERCISE,
    fine_tune_two_phase.EXERCISE,
    export_onnx.EXERCISE,
    predict.EXERCISE,
    implementation_questions.EXERCISE,
)
