"""Many jobs: launched together, computed together, and told of in one table."""
