"""Continual-learning methods for gradient-trained networks: one small file each."""
