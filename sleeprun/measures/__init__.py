"""What is computed of scores: forgetting, and statistics over seeds. Pure functions of arrays."""
