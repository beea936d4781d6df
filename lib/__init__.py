"""The reference library of the course: one page a topic, each right where others go wrong."""
