"""What is learned: worlds and sequences of data. Knows nothing of networks."""
