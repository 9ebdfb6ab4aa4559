"""Spiking networks: neurons, synapses, plasticity, and the ways to simulate them. Knows arrays
only.
"""
