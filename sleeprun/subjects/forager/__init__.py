"""Spiking agents that forage, and sleep."""
