"""Spiking networks that fall asleep by neuromodulation."""
