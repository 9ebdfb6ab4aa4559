"""The command: what the user types in, what Hydra calls, and what the user reads of both."""
