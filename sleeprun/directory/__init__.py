"""The directory of a run: its record, checkpoints, snapshots and results, and whose they are."""
