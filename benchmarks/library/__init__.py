"""The reference library against what a user would otherwise write or install: `python -m benchmarks.library`."""
