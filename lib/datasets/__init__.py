"""Tasks to transfer from and to: made here or from files that scikit-learn ships, without a network."""
