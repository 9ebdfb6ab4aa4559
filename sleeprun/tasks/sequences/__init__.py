"""Sequences of groups of cells: how they are stimulated, and how their recall is scored."""
