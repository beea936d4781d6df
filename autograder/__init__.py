"""Exercises, their proof, their check in the notebook, their release and their grading."""
