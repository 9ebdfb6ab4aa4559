"""A run: the fold over a protocol's phases, its directory, and who carries it."""
