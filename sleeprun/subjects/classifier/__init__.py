"""Perceptrons that learn to classify images, and sleep."""
