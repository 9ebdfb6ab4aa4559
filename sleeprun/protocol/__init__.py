"""A protocol is a tuple of phases: plain data, which a run folds over a state."""
