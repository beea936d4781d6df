"""The grader against stock nbgrader, on the same submissions: `python -m benchmarks.grading`."""
