"""Who listens to a run beside its record: the terminal and W&B."""
