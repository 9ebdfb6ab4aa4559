"""Where a network meets its tasks: what each phase does to the state of all seeds."""
